import type { FullRun, FullStep } from '@cairn/protocol';
import { Link } from '@tanstack/react-router';
import { JsonView } from '../trail/json-view.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { formatMoment } from '../ui/format-time.ts';
import { Card } from '../ui/page.tsx';
import { Facts } from './facts.tsx';
import { formatCost, formatCount, formatSpan } from '../ui/format-figures.ts';
import { isWaiting, QUEUE_KEY, type WaterfallRow } from './lay-out-waterfall.ts';
import { readStepParts } from './read-step-parts.ts';
import { RetryBadge, StepIcon, stepTypeName } from './run-looks.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';

/** What is known of the chosen step. */
export function StepDetail({ run, row }: { run: FullRun; row: WaterfallRow | undefined }) {
  if (row === undefined) {
    return (
      <Card className="text-sm text-ink-soft">
        Choose a step to see what went in and out of it.
      </Card>
    );
  }
  if (row.step === null) {
    return (
      <Card className="text-sm text-ink-soft">
        <h2 className="mb-1 font-semibold text-ink">Waited {formatSpan(row.duration_ms)}</h2>
        {row.key === QUEUE_KEY &&
          'From the start of the run until its first step began: in a queue, or doing what was not reported as a step.'}
      </Card>
    );
  }
  return <Step run={run} row={row} step={row.step} />;
}

function Step({ run, row, step }: { run: FullRun; row: WaterfallRow; step: FullStep }) {
  const parts = readStepParts(step);
  const failures = run.failures.filter(({ step_id }) => step_id === step.step_id);
  const has_metadata = Object.keys(parts.metadata).length > 0;
  return (
    <Card className="space-y-4">
      <div>
        <h2 className="flex flex-wrap items-center gap-2 text-sm font-semibold">
          <StepIcon type={step.step_type} />
          <span className="min-w-0 break-words">{step.name}</span>
          <RetryBadge attempt={row.attempt} />
        </h2>
        <p className="mt-0.5 text-xs text-ink-faint">
          Step {step.seq + 1} of {run.steps.length} · {stepTypeName(step.step_type)}
        </p>
      </div>
      {failures.map((failure) => (
        <p
          key={failure.failure_id}
          className="rounded-lg bg-bad-soft px-3 py-2 text-xs break-words text-ink"
        >
          <strong className="font-medium">
            {failure.failure_type}/{failure.failure_code}
          </strong>
          <br />
          {failure.message}
        </p>
      ))}
      <StepFacts row={row} step={step} />
      <StepLinks run={run} step={step} />
      <Part title="Error" value={parts.error} />
      <Part title="Input" value={parts.input} />
      <Part title="Output" value={parts.output} />
      {has_metadata && <Part title="Metadata" value={parts.metadata} />}
    </Card>
  );
}

function StepFacts({ row, step }: { row: WaterfallRow; step: FullStep }) {
  const tokens = (count: number | null) => (count === null ? null : formatCount(count));
  return (
    <Facts
      facts={[
        [isWaiting(step) ? 'Waiting for' : 'Took', formatSpan(row.duration_ms)],
        ['Began', `${formatSpan(row.start_ms)} in · ${formatMoment(Date.parse(step.started_at))}`],
        ['Attempt', row.attempt > 1 ? String(row.attempt) : null],
        ['Outcome', row.has_failed ? 'failed' : null],
        ['Model', step.model],
        ['Provider', step.provider],
        ['Input tokens', tokens(step.input_tokens)],
        ['… from cache', tokens(step.cached_input_tokens)],
        ['Output tokens', tokens(step.output_tokens)],
        ['… reasoning', tokens(step.reasoning_tokens)],
        ['Cost', step.cost_usd === null ? null : formatCost(step.cost_usd)],
      ]}
    />
  );
}

/** Steps of Cairn's own agents leave records, which hold what went in and out. */
function StepLinks({ run, step }: { run: FullRun; step: FullStep }) {
  if (run.source !== 'cairn') return null;
  const { context_id } = step.metadata;
  // A call that waits for consent may not have been made.
  const is_made = !isWaiting(step) || !('approval_id' in step.metadata);
  const is_call = is_made && (step.step_type === 'tool' || 'outcome' in step.metadata);
  const link = 'text-xs font-medium text-accent underline underline-offset-4';
  if (typeof context_id === 'string') {
    return (
      <Link to="/trail/$id" params={{ id: context_id }} className={link}>
        What the model was shown
      </Link>
    );
  }
  if (!is_call) return null;
  return (
    <Link to="/trail/$id" params={{ id: step.step_id }} className={link}>
      The tool call in the trail
    </Link>
  );
}

function Part({ title, value }: { title: string; value: unknown }) {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <section aria-label={title}>
      <div className="flex items-center justify-between">
        <h3 className="text-xs font-semibold text-ink-soft">{title}</h3>
        <CopyButton text={text} label={`Copy ${title.toLowerCase()}`} />
      </div>
      <ScrollBox
        label={`${title} of the step`}
        className="max-h-80 overflow-auto rounded-lg bg-sunken p-2.5"
      >
        {typeof value === 'string' ? (
          <pre className="font-mono text-xs break-words whitespace-pre-wrap text-ink-soft">
            {value.slice(0, TEXT_SHOWN)}
            {value.length > TEXT_SHOWN && '…'}
          </pre>
        ) : (
          <JsonView value={value} />
        )}
      </ScrollBox>
    </section>
  );
}

/** Longer texts are drawn in part; copying takes all. */
const TEXT_SHOWN = 200_000;
