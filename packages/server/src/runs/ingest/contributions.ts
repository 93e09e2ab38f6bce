import type { FailureCreate, RunCreate } from '@cairn/protocol';
import { bucketOf } from '../measure-latency.ts';
import { recordedTimes } from './derive-recorded-at.ts';
import { fingerprintOf } from './fingerprint-failure.ts';
import { sumFigures, type Figures } from './rows.ts';

/** One thing that a run adds to the rollup of its hour. */
export interface Contribution {
  readonly metric: string;
  readonly key: string;
  readonly n: number;
  /** Milliseconds, tokens or dollars, as the metric says. */
  readonly total: number;
  /** The bucket of the duration; null where there is no distribution. */
  readonly bucket: number | null;
  /** A time in the hour that it counts in, where that is not the one in which the run began. */
  readonly at?: string;
}

/** What statistics know of a run: what `RunCreate` has, before and after it was stored. */
export interface Counted extends CountedParts {
  /** Tokens and cost of the whole run where they are not the sums over its steps: spans may tell the same call twice. */
  readonly figures?: Figures;
  readonly decisions: readonly (RunCreate['decisions'][number] & Recorded)[];
  readonly quality_signals: readonly (RunCreate['quality_signals'][number] & Recorded)[];
}

/** What was stored has its time; of the rest it is derived. */
interface Recorded {
  readonly recorded_at?: string;
}

type CountedParts = Pick<
  RunCreate,
  | 'run_id'
  | 'agent_id'
  | 'agent_version'
  | 'environment'
  | 'status'
  | 'started_at'
  | 'ended_at'
  | 'steps'
  | 'failures'
>;

const TOKENS = {
  input: 'input_tokens',
  output: 'output_tokens',
  cached_input: 'cached_input_tokens',
  reasoning: 'reasoning_tokens',
} as const;

/**
 * Everything that a run adds to the rollups: one of `run` by status, with its duration once it has one; one of `step` by
 * type for each, with its latency; one of `failure`, `decision` and `signal` by what they say for each; one of `tokens`
 * and of `cost` for the whole run, where it tells them. Decisions and signals count when they were recorded. A run that goes on adds nothing yet. All rollups come from here,
 * so the difference of two answers is what a change of the run changes.
 */
export function contributions(run: Counted): Contribution[] {
  if (run.status === 'running') return [];
  const one = (metric: string, key: string, total = 0): Contribution => ({
    metric,
    key,
    total,
    n: 1,
    bucket: null,
  });
  const timed = (metric: string, key: string, ms: number) => ({
    ...one(metric, key, ms),
    bucket: bucketOf(ms),
  });
  const duration_ms = durationOf(run);
  const figures = run.figures ?? sumFigures(run.steps);
  const times = recordedTimes(run);
  const tokens = Object.entries(TOKENS).flatMap(([key, name]) => {
    const total = figures[name];
    return total === null ? [] : [one('tokens', key, total)];
  });
  return [
    duration_ms === null ? one('run', run.status) : timed('run', run.status, duration_ms),
    ...run.steps.map(({ step_type, latency_ms }) => timed('step', step_type, latency_ms)),
    ...run.failures.map((each) => one('failure', `${each.failure_type}/${each.failure_code}`)),
    ...run.decisions.map((each) => ({
      ...one('decision', `${each.decision_type}/${each.selected}/${each.reason_code}`),
      at: each.recorded_at ?? times.decision(each.step_id),
    })),
    ...run.quality_signals.map((each) => ({
      ...one('signal', `${each.signal_type}/${each.signal_code}/${each.value}`),
      at: each.recorded_at ?? times.signal(each.step_id),
    })),
    ...tokens,
    ...(figures.cost_usd === null ? [] : [one('cost', 'usd', figures.cost_usd)]),
  ];
}

/** Milliseconds from start to end; null while it has no end. */
export function durationOf({
  started_at,
  ended_at,
}: Pick<RunCreate, 'started_at' | 'ended_at'>): number | null {
  return ended_at === null ? null : Math.max(0, Date.parse(ended_at) - Date.parse(started_at));
}

/** A row of `run_rollups`, to be added to the one that is there. */
export interface RollupRow {
  readonly owner_id: string;
  readonly hour: string;
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
  readonly metric: string;
  readonly key: string;
  n: number;
  total: number;
  buckets: number[] | null;
}

/** Failures of one kind in one hour, to be added to what is there: in `run_failure_hours`, its days and its groups. */
export interface GroupRow {
  readonly owner_id: string;
  readonly hour: string;
  readonly fingerprint: string;
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
  readonly failure_type: string;
  readonly failure_code: string;
  message: string;
  n: number;
  first_seen: string;
  last_seen: string;
  last_run_id: string;
}

const HOUR_MS = 3_600_000;

function hourOf(time: string): string {
  return new Date(Math.floor(Date.parse(time) / HOUR_MS) * HOUR_MS).toISOString();
}

/** Sums up what runs add, and takes away what they had added before, so that a batch touches each row once. */
export class RollupSums {
  readonly #rollups = new Map<string, RollupRow>();
  readonly #groups = new Map<string, GroupRow>();

  add(owner_id: string, run: Counted): void {
    this.#count(owner_id, run, 1);
  }

  take(owner_id: string, run: Counted): void {
    this.#count(owner_id, run, -1);
  }

  /** Rows that change something. */
  rollups(): RollupRow[] {
    return [...this.#rollups.values()].filter(
      ({ n, total, buckets }) => n !== 0 || total !== 0 || buckets?.some((count) => count !== 0),
    );
  }

  groups(): GroupRow[] {
    return [...this.#groups.values()].filter(({ n }) => n !== 0);
  }

  #count(owner_id: string, run: Counted, sign: 1 | -1): void {
    const { agent_id, agent_version, environment } = run;
    const began = hourOf(run.started_at);
    for (const { metric, key, n, total, bucket, at } of contributions(run)) {
      const hour = at === undefined || at === run.started_at ? began : hourOf(at);
      const name = `${owner_id}\0${hour}\0${agent_id}\0${agent_version}\0${environment}\0${metric}\0${key}`;
      let row = this.#rollups.get(name);
      if (!row) {
        const place = { owner_id, hour, agent_id, agent_version, environment, metric, key };
        row = { ...place, n: 0, total: 0, buckets: null };
        this.#rollups.set(name, row);
      }
      row.n += sign * n;
      row.total += sign * total;
      if (bucket !== null) count((row.buckets ??= []), bucket, sign);
    }
    if (run.status === 'running') return;
    for (const failure of run.failures) this.#countFailure(owner_id, run, failure, sign);
  }

  #countFailure(owner_id: string, run: Counted, failure: FailureCreate, sign: 1 | -1): void {
    const { agent_id, agent_version, environment, run_id } = run;
    const hour = hourOf(run.started_at);
    const { failure_type, failure_code, message } = failure;
    const fingerprint = fingerprintOf(failure);
    const seen = run.ended_at ?? run.started_at;
    const name = `${owner_id}\0${hour}\0${fingerprint}\0${agent_id}\0${agent_version}\0${environment}`;
    const row = this.#groups.get(name);
    if (!row) {
      this.#groups.set(name, {
        owner_id,
        hour,
        fingerprint,
        agent_id,
        agent_version,
        environment,
        failure_type,
        failure_code,
        message,
        n: sign,
        first_seen: seen,
        last_seen: seen,
        last_run_id: run_id,
      });
      return;
    }
    row.n += sign;
    const seen_ms = Date.parse(seen);
    if (seen_ms < Date.parse(row.first_seen)) row.first_seen = seen;
    if (seen_ms < Date.parse(row.last_seen)) return;
    Object.assign(row, { last_seen: seen, last_run_id: run_id, message });
  }
}

function count(buckets: number[], bucket: number, by: number): void {
  while (buckets.length <= bucket) buckets.push(0);
  buckets[bucket] = (buckets[bucket] ?? 0) + by;
}
