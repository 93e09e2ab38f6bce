import type { FullRun, FullStep, RunSummary } from '@cairn/protocol';

/** When the runs of tests begin. */
export const STARTED = Date.parse('2026-03-10T12:00:00Z');

const at = (ms: number) => new Date(STARTED + ms).toISOString();

const NO_USAGE = {
  model: null,
  provider: null,
  input_tokens: null,
  output_tokens: null,
  cached_input_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
};

/** A step from `start_ms` to `end_ms` after its run began. */
export function testStep(
  seq: number,
  [start_ms, end_ms]: readonly [number, number],
  changes: Partial<FullStep> = {},
): FullStep {
  return {
    step_id: `step-${seq}`,
    run_id: 'run',
    seq,
    step_type: 'tool',
    name: `step ${seq}`,
    latency_ms: end_ms - start_ms,
    started_at: at(start_ms),
    ended_at: at(end_ms),
    metadata: {},
    created_at: at(end_ms),
    ...NO_USAGE,
    ...changes,
  };
}

/** A run of some steps, which took a second. */
export function testRun(changes: Partial<FullRun> = {}): FullRun {
  return {
    run_id: 'run',
    agent_id: 'support',
    agent_version: '1',
    environment: 'production',
    status: 'success',
    started_at: at(0),
    ended_at: at(1_000),
    created_at: at(1_000),
    steps: [],
    failures: [],
    decisions: [],
    quality_signals: [],
    source: 'api',
    duration_ms: 1_000,
    usage: NO_USAGE,
    metadata: {},
    parent_run_id: null,
    breadcrumb_id: null,
    conversation_id: null,
    end_reason: null,
    expires_on: '2026-06-10',
    ...changes,
  };
}

/** A row of the list, begun `start_ms` after the others. */
export function testSummary(
  run_id: string,
  start_ms: number,
  changes: Partial<RunSummary> = {},
): RunSummary {
  return {
    run_id,
    agent_id: 'support',
    agent_version: '1',
    environment: 'production',
    status: 'success',
    started_at: at(start_ms),
    ended_at: at(start_ms + 1_000),
    created_at: at(start_ms + 1_000),
    source: 'api',
    duration_ms: 1_000,
    input_tokens: null,
    output_tokens: null,
    cost_usd: null,
    parent_run_id: null,
    breadcrumb_id: null,
    conversation_id: null,
    end_reason: null,
    steps_count: 0,
    failures_count: 0,
    decisions_count: 0,
    signals_count: 0,
    failure: null,
    ...changes,
  };
}
