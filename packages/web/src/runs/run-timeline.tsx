import type { FullRun } from '@cairn/protocol';
import { useMemo, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Section } from '../ui/page.tsx';
import { formatCount, formatSpan } from '../ui/format-figures.ts';
import { layOutWaterfall, type WaterfallRow } from './lay-out-waterfall.ts';
import { NoneOf } from './none-of.tsx';
import { RetryBadge, StepIcon, stepBar, stepTypeName } from './run-looks.tsx';
import { sumByType } from './sum-up-run.ts';

/** Cards that are drawn before more are asked for. */
const CARDS = 200;

/** The steps one below the other, and what each type of step took. */
export function RunTimeline({
  run,
  read_at,
  onChoose,
}: {
  run: FullRun;
  read_at: number;
  onChoose: (step: string) => void;
}) {
  const { rows, total_ms } = useMemo(() => layOutWaterfall(run, read_at), [run, read_at]);
  const [shown, setShown] = useState(CARDS);
  if (run.steps.length === 0) return <NoneOf title="This run has no steps" />;
  const steps = rows.filter(({ step }) => step !== null);
  return (
    <div className="grid gap-x-8 gap-y-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <Breakdown run={run} />
      <Section
        title="Steps"
        count={run.steps.length}
        className="lg:col-start-1 lg:row-start-1 max-lg:mt-0"
      >
        <ol className="relative space-y-2 before:absolute before:inset-y-3 before:left-3 before:border-l before:border-line">
          {steps.slice(0, shown).map((row) => (
            <StepCard key={row.key} row={row} total_ms={total_ms} onChoose={onChoose} />
          ))}
        </ol>
        {steps.length > shown && (
          <Button className="mt-3" onClick={() => setShown(shown + CARDS)}>
            Show {Math.min(CARDS, steps.length - shown)} more
          </Button>
        )}
      </Section>
    </div>
  );
}

function StepCard({
  row,
  total_ms,
  onChoose,
}: {
  row: WaterfallRow;
  total_ms: number;
  onChoose: (step: string) => void;
}) {
  const { step } = row;
  if (step === null) return null;
  const part = Math.min(100, (row.duration_ms / total_ms) * 100);
  return (
    <li className="relative pl-9">
      <span className="absolute top-2.5 left-0 flex h-6 min-w-6 items-center justify-center rounded-full border border-line bg-surface px-1 text-2xs tabular-nums">
        {step.seq + 1}
      </span>
      <button
        type="button"
        onClick={() => onChoose(row.key)}
        className={classNames(
          'block w-full rounded-xl border bg-raised p-3 text-left hover:border-line-strong',
          row.has_failed ? 'border-bad' : 'border-line',
        )}
      >
        <span className="flex flex-wrap items-center gap-2 text-sm">
          <StepIcon type={step.step_type} />
          <span className="min-w-0 flex-1 truncate font-medium">{step.name}</span>
          <RetryBadge attempt={row.attempt} />
          {row.has_failed && <span className="text-2xs font-medium text-bad">failed</span>}
          <span className="text-xs tabular-nums text-ink-soft">{formatSpan(row.duration_ms)}</span>
        </span>
        <span className="mt-2 block h-1.5 rounded-full bg-sunken" aria-hidden>
          <span
            className={classNames('block h-full min-w-1 rounded-full', stepBar(step.step_type))}
            style={{ width: `${part}%` }}
          />
        </span>
        <span className="mt-1 block text-2xs text-ink-faint">
          {stepTypeName(step.step_type)} · {part < 1 ? 'less than 1' : Math.round(part)}% of the run
          · began {formatSpan(row.start_ms)} in
        </span>
      </button>
    </li>
  );
}

function Breakdown({ run }: { run: FullRun }) {
  const sums = sumByType(run.steps);
  const total = sums.reduce((sum, { latency_ms }) => sum + latency_ms, 0);
  return (
    <Section title="By type of step" className="lg:col-start-2 max-lg:mt-0">
      <ul className="space-y-3 rounded-xl border border-line bg-raised p-4 text-xs">
        {sums.map(({ step_type, count, latency_ms }) => (
          <li key={step_type}>
            <div className="flex items-center gap-2">
              <StepIcon type={step_type} />
              <span className="flex-1">
                {stepTypeName(step_type)}
                <span className="ml-1.5 text-ink-faint">× {formatCount(count)}</span>
              </span>
              <span className="tabular-nums">{formatSpan(latency_ms)}</span>
            </div>
            <div className="mt-1.5 h-1.5 rounded-full bg-sunken" aria-hidden>
              <div
                className={classNames('h-full min-w-1 rounded-full', stepBar(step_type))}
                style={{ width: `${total === 0 ? 0 : (latency_ms / total) * 100}%` }}
              />
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}
