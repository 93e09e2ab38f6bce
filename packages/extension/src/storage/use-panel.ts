import { useStore } from '@cairn/web';
import { useCallback } from 'react';
import { useStorage } from './panel-storage.ts';
import type { PanelState } from './panel-state.ts';

/** The state of the panel, and a way to change parts of it, from what it is at that moment. */
export function usePanel() {
  const { panel } = useStorage();
  const state = useStore(panel);
  const change = useCallback(
    (part: Partial<PanelState> | ((now: PanelState) => Partial<PanelState>)) => {
      const now = panel.get();
      panel.set({ ...now, ...(typeof part === 'function' ? part(now) : part) });
    },
    [panel],
  );
  return { state, change };
}
