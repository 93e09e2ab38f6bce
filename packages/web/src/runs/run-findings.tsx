import type { FullRun, RunDecision } from '@cairn/protocol';
import { CircleCheck, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Chip, StatusBadge } from '../ui/badge.tsx';
import { Card, Section } from '../ui/page.tsx';
import { formatPart } from '../ui/format-figures.ts';
import { NoneOf } from './none-of.tsx';
import { FAILURES, stepTypeName } from './run-looks.tsx';
import { candidatesOf, countFailures, findStep, groupSignals } from './sum-up-run.ts';

/** Rows that are drawn; a run can have 10,000. */
const ROWS = 300;

interface OfRun {
  readonly run: FullRun;
  readonly onChoose: (step: string) => void;
}

/** What went wrong in a run, and at which step. */
export function RunFailures({ run, onChoose }: OfRun) {
  if (run.failures.length === 0) return <NoneOf title="Nothing failed in this run" />;
  const kinds = countFailures(run.failures);
  const most = kinds[0]?.count ?? 1;
  return (
    <div className="space-y-6">
      <ul className="space-y-3">
        {run.failures.slice(0, ROWS).map((failure) => (
          <li key={failure.failure_id}>
            <Card>
              <div className="flex flex-wrap items-center gap-2">
                <StatusBadge tone="bad">{FAILURES[failure.failure_type]}</StatusBadge>
                <Chip>{failure.failure_code}</Chip>
              </div>
              <p className="mt-2 text-sm break-words whitespace-pre-wrap">{failure.message}</p>
              <p className="mt-2 text-xs text-ink-faint">
                <AtStep run={run} step_id={failure.step_id} onChoose={onChoose} verb="Failed at" />
              </p>
            </Card>
          </li>
        ))}
      </ul>
      <Section title="Kinds of failures">
        <ul className="space-y-2 text-xs">
          {kinds.map(({ kind, count }) => (
            <li key={kind} className="flex items-center gap-3">
              <span className="w-48 shrink-0 truncate" title={kind}>
                {kind}
              </span>
              <span className="h-2 flex-1 rounded-full bg-sunken" aria-hidden>
                <span
                  className="block h-full rounded-full bg-bad"
                  style={{ width: `${(count / most) * 100}%` }}
                />
              </span>
              <span className="tabular-nums">{count}</span>
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

function AtStep({
  run,
  step_id,
  onChoose,
  verb,
}: OfRun & { step_id: string | null; verb: string }): ReactNode {
  const found = findStep(run, step_id);
  if (found === null) return step_id === null ? 'Of the run as a whole' : null;
  const { step, number } = found;
  return (
    <button
      type="button"
      onClick={() => onChoose(step.step_id)}
      className="text-left text-accent underline-offset-4 hover:underline"
    >
      {verb} step {number}: {step.name} ({stepTypeName(step.step_type)})
    </button>
  );
}

/** What the agent decided in a run, why, and what else it could have. */
export function RunDecisions({ run, onChoose }: OfRun) {
  if (run.decisions.length === 0) {
    return (
      <NoneOf title="This run reported no decisions">Decisions are reported by tracers.</NoneOf>
    );
  }
  return (
    <ul className="space-y-3">
      {run.decisions.slice(0, ROWS).map((decision) => (
        <li key={decision.decision_id}>
          <Card className="text-sm">
            <div className="flex flex-wrap items-baseline justify-between gap-2">
              <p className="min-w-0 break-words">
                <span className="text-ink-faint">{decision.decision_type}</span>{' '}
                <strong className="font-semibold">{decision.selected}</strong>
              </p>
              <Confidence value={decision.confidence} />
            </div>
            <p className="mt-1 text-xs text-ink-soft">because of {decision.reason_code}</p>
            <Candidates decision={decision} />
            <p className="mt-2 text-xs text-ink-faint">
              <AtStep run={run} step_id={decision.step_id} onChoose={onChoose} verb="At" />
            </p>
          </Card>
        </li>
      ))}
    </ul>
  );
}

function Confidence({ value }: { value: number | null }) {
  if (value === null) return null;
  return (
    <span className="inline-flex items-center gap-2 text-xs text-ink-soft">
      <span className="h-1.5 w-16 rounded-full bg-sunken" aria-hidden>
        <span
          className="block h-full rounded-full bg-accent"
          style={{ width: `${value * 100}%` }}
        />
      </span>
      {formatPart(value)} confident
    </span>
  );
}

function Candidates({ decision }: { decision: RunDecision }) {
  const candidates = candidatesOf(decision.metadata);
  if (candidates.length === 0) return null;
  return (
    <p className="mt-2 flex flex-wrap items-center gap-1.5 text-xs text-ink-faint">
      Out of
      {candidates.slice(0, 50).map((each, at) => (
        <Chip key={at}>{each}</Chip>
      ))}
    </p>
  );
}

/** What was observed of the quality of a run, by type. It is observation only: it does not say why. */
export function RunSignals({ run, onChoose }: OfRun) {
  if (run.quality_signals.length === 0) {
    return (
      <NoneOf title="This run reported no quality signals">They are reported by tracers.</NoneOf>
    );
  }
  return (
    <div className="space-y-6">
      {groupSignals(run.quality_signals).map((group) => (
        <Section
          key={group.signal_type}
          title={group.signal_type}
          actions={
            <span className="text-xs text-ink-faint tabular-nums">
              {group.true} true · {group.false} false
            </span>
          }
        >
          <ul className="divide-y divide-line rounded-xl border border-line bg-raised text-xs">
            {group.signals.slice(0, ROWS).map((signal) => (
              <li key={signal.signal_id} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
                <SignalValue value={signal.value} />
                <span className="min-w-0 flex-1 truncate">{signal.signal_code}</span>
                <AtStep run={run} step_id={signal.step_id} onChoose={onChoose} verb="At" />
                {signal.weight !== null && (
                  <span className="text-ink-faint tabular-nums">weight {signal.weight}</span>
                )}
              </li>
            ))}
          </ul>
        </Section>
      ))}
    </div>
  );
}

/** True or false as sign and word. Neither is good in itself: `tool_failure` is true when a tool failed. */
export function SignalValue({ value }: { value: boolean }) {
  const Icon = value ? CircleCheck : CircleX;
  return (
    <span className="inline-flex w-14 items-center gap-1.5 align-middle text-xs font-medium">
      <Icon className="size-3.5 text-ink-faint" aria-hidden />
      {value ? 'true' : 'false'}
    </span>
  );
}
