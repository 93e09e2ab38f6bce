import type { FullRun, FullStep } from '@cairn/protocol';
import { durationTicks } from './scale-axis.ts';
import { inferAttempts } from './infer-attempts.ts';
import { nestSteps, stepDepths } from './nest-steps.ts';

/** One bar of a waterfall. Times are milliseconds from when the run began. */
export interface WaterfallRow {
  readonly key: string;
  /** Null for the wait before the first step. */
  readonly step: FullStep | null;
  readonly name: string;
  readonly start_ms: number;
  readonly duration_ms: number;
  /** Place and length of the bar, as percentages of the whole. */
  readonly left: number;
  readonly width: number;
  /** From 1; above it is a retry. */
  readonly attempt: number;
  readonly has_failed: boolean;
  readonly depth: number;
}

/** The bars of a run on one axis of time. */
export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  readonly total_ms: number;
  /** Marks of the axis, in milliseconds. */
  readonly ticks: readonly number[];
}

/** Of the first row, when the run waited before its first step. */
export const QUEUE_KEY = 'queue';
/** Waits shorter than this part of the run are not worth a row. */
const WORTH_SHOWING = 0.005;

/**
 * Lays the steps of a run out in the order of their `seq`, each attempt for itself, with the wait before the first one as a row of its
 * own. `now_ms` is the end of a run that has none yet. Clocks of reporters can be wrong: nothing lies outside of the axis.
 */
export function layOutWaterfall(run: FullRun, now_ms: number): Waterfall {
  const origin = Date.parse(run.started_at);
  const end = run.ended_at === null ? now_ms : Date.parse(run.ended_at);
  const spans = run.steps.map((step) => spanOf(step, origin, end - origin));
  const total_ms = Math.max(1, end - origin, ...ends(spans));
  const attempts = inferAttempts(run);
  const depths = stepDepths(nestSteps(run.steps));
  const place = (start_ms: number, duration_ms: number) => ({
    start_ms,
    duration_ms,
    left: (start_ms / total_ms) * 100,
    width: (duration_ms / total_ms) * 100,
  });
  const rows = run.steps.map((step, at): WaterfallRow => {
    const { start_ms, duration_ms } = spans[at] ?? { start_ms: 0, duration_ms: 0 };
    return {
      key: step.step_id,
      step,
      name: step.name,
      ...place(start_ms, duration_ms),
      attempt: attempts.get(step.step_id)?.attempt ?? 1,
      has_failed: attempts.get(step.step_id)?.has_failed ?? false,
      depth: depths.get(step.step_id) ?? 0,
    };
  });
  const waited = spans.reduce((least, { start_ms }) => Math.min(least, start_ms), total_ms);
  const queue: WaterfallRow = {
    key: QUEUE_KEY,
    step: null,
    name: 'Waited',
    ...place(0, waited),
    attempt: 1,
    has_failed: false,
    depth: 0,
  };
  const has_waited = rows.length > 0 && waited / total_ms >= WORTH_SHOWING;
  return {
    rows: has_waited ? [queue, ...rows] : rows,
    total_ms,
    ticks: durationTicks(total_ms, 5),
  };
}

/** Whether a step of Cairn's own has no answer yet: of tools that work, or of a person who was asked for consent. */
export function isWaiting({ metadata }: Pick<FullStep, 'metadata'>): boolean {
  return metadata['outcome'] === 'waiting';
}

/** A step that waits lasts until now. */
function spanOf(step: FullStep, origin: number, total_ms: number) {
  const start_ms = Math.max(0, Date.parse(step.started_at) - origin);
  if (isWaiting(step)) return { start_ms, duration_ms: Math.max(0, total_ms - start_ms) };
  const by_clock = Date.parse(step.ended_at) - Date.parse(step.started_at);
  return { start_ms, duration_ms: Math.max(0, by_clock > 0 ? by_clock : step.latency_ms) };
}

/** The largest end. Not by `Math.max(...)` of all: a run can have 10,000 steps. */
function ends(spans: readonly { start_ms: number; duration_ms: number }[]): number[] {
  return [
    spans.reduce((most, { start_ms, duration_ms }) => Math.max(most, start_ms + duration_ms), 0),
  ];
}
