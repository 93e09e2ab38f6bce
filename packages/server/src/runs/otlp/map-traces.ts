import { type OtlpSpan } from './contract.ts';
import { deriveRun, type DerivedRun } from './derive-run.ts';
import { type MapOptions, type MappedStep, mapSpan, runIdOf } from './map-span.ts';

/**
 * A run as far as one request tells it. Merge by `step_id`: store the steps, then derive the run again with `deriveRun`
 * from all that are stored, whose order gives every step its `seq`. The result is the same however a trace was divided
 * into requests, and whatever their order.
 */
export interface MappedRun extends Omit<DerivedRun, 'order'> {
  /** The trace id as a UUID. The same trace id can come from two tenants. */
  readonly run_id: string;
  readonly trace_id: string;
  /** In order, with `seq` from 0 among themselves. */
  readonly steps: readonly MappedStep[];
  /** How much that is private was taken out. */
  readonly redacted: number;
}

/**
 * Maps spans to runs: one for each trace, in the order in which their traces first appear. Every span is a step. A span
 * that comes twice counts once, as it came last.
 */
export function mapTraces(spans: readonly OtlpSpan[], options: MapOptions): MappedRun[] {
  const traces = new Map<string, Map<string, OtlpSpan>>();
  for (const span of spans) {
    const trace = traces.get(span.trace_id);
    if (trace) trace.set(span.span_id, span);
    else traces.set(span.trace_id, new Map([[span.span_id, span]]));
  }
  return [...traces].map(([trace_id, trace]) => mapTrace(trace_id, [...trace.values()], options));
}

function mapTrace(trace_id: string, spans: readonly OtlpSpan[], options: MapOptions): MappedRun {
  const steps = new Map<string, MappedStep>();
  let redacted = 0;
  for (const span of spans) {
    const mapped = mapSpan(span, options);
    steps.set(mapped.step.step_id, mapped.step);
    redacted += mapped.redacted;
  }
  const { order, ...run } = deriveRun([...steps.values()]);
  const ordered = order
    .map((step_id) => steps.get(step_id))
    .filter((step) => step !== undefined)
    .map((step, seq) => ({ ...step, seq }));
  return { run_id: runIdOf(trace_id), trace_id, ...run, steps: ordered, redacted };
}
