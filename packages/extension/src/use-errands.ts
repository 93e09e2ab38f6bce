import { describeError, useStore } from '@cairn/web';
import { useEffect, useState } from 'react';
import { readForNote } from './notes/save-page-button.tsx';
import { useStorage } from './storage/panel-storage.ts';
import type { PanelState } from './storage/panel-state.ts';
import { usePanel } from './storage/use-panel.ts';
import type { Errand } from './worker-words.ts';

/** Does what the context menu of this window asked for, once. The answer says what went wrong with the last errand, or is null. */
export function useErrands(window_id: number): string | null {
  const { errand } = useStorage();
  const { change } = usePanel();
  const [problem, setProblem] = useState<string | null>(null);
  const asked = useStore(errand.store);
  useEffect(() => {
    if (asked?.window_id !== window_id) return;
    void errand.keep(null);
    runErrand(asked).then(
      (part) => {
        setProblem(null);
        change(part);
      },
      (error: unknown) => setProblem(`The page was not read: ${describeError(error).summary}`),
    );
  }, [asked, errand, change, window_id]);
  return problem;
}

async function runErrand(
  asked: Errand,
): Promise<Partial<PanelState> | ((now: PanelState) => Partial<PanelState>)> {
  if (asked.kind === 'save_page') return { place: 'notes', note_draft: await readForNote() };
  const source = asked.url === '' ? '' : ` (${asked.url})`;
  const quoted = asked.text.split('\n').map((line) => `> ${line}`);
  return ({ draft }) => ({ place: 'chat', draft: `${quoted.join('\n')}${source}\n\n${draft}` });
}
