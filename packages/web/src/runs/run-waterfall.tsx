import type { FullRun } from '@cairn/protocol';
import { useMemo } from 'react';
import { layOutWaterfall } from './lay-out-waterfall.ts';
import { NoneOf } from './none-of.tsx';
import { StepDetail } from './step-detail.tsx';
import { WaterfallView } from './waterfall.tsx';

/** Two panels: the steps on an axis of time, and the one of them that is chosen. */
export function RunWaterfall({
  run,
  read_at,
  chosen,
  onChoose,
}: {
  run: FullRun;
  /** When the run was read, in milliseconds: the end of one that goes on. */
  read_at: number;
  chosen: string | null;
  onChoose: (step: string) => void;
}) {
  const waterfall = useMemo(() => layOutWaterfall(run, read_at), [run, read_at]);
  const row = waterfall.rows.find(({ key }) => key === chosen);
  if (waterfall.rows.length === 0) {
    return (
      <NoneOf
        title={run.status === 'running' ? 'No step has been reported yet' : 'This run has no steps'}
      />
    );
  }
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="min-w-0">
        <WaterfallView waterfall={waterfall} chosen={row?.key ?? null} onChoose={onChoose} />
        <p className="mt-2 text-2xs text-ink-faint">
          Arrows or j and k choose a step. A red outline is a failed step.
        </p>
      </div>
      <div className="min-w-0" aria-live="polite">
        <StepDetail run={run} row={row} />
      </div>
    </div>
  );
}
