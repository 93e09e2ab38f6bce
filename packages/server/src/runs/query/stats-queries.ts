import type {
  AgentOverview,
  DecisionsSummary,
  FailureGroup,
  LatencyStats,
  RunStats,
  SignalsSummary,
  StatsGroup,
  StatsSeries,
  TimeSeries,
  UsageStats,
} from '@cairn/protocol';
import { AppError, type Clock } from '../../base/index.ts';
import { LATENCY_ERROR } from '../measure-latency.ts';
import type { CollectionStore } from './collection-store.ts';
import type { RunFilter } from './contract.ts';
import { DAY_MS, floorHour, HOUR_MS, type Instant } from './instant.ts';
import { listAgents } from './list-agents.ts';
import type { GroupColumn, Metric, StatsStore, Sum } from './stats-store.ts';
import {
  latency,
  mergeHistograms,
  rates,
  runStats,
  summarizeDecisions,
  summarizeSignals,
  total,
  usageStats,
} from './sum-up.ts';
import { viewFailureGroup } from './view-runs.ts';

/** What groups can be by; a version is one of an agent. */
const GROUPS = {
  agent_id: ['agent_id'],
  agent_version: ['agent_id', 'agent_version'],
  environment: ['environment'],
} as const satisfies Record<string, readonly GroupColumn[]>;
export type GroupBy = keyof typeof GROUPS;

const GROUPS_MAX = 1_000;
const AGENTS_MAX = 5_000;
const POINTS_MAX = 2_000;

const BUCKETS = {
  hour: { ms: HOUR_MS, default_count: 48 },
  day: { ms: DAY_MS, default_count: 30 },
} as const;
export type Bucket = keyof typeof BUCKETS;

const SERIES_OF: Readonly<
  Record<StatsSeries, { metrics: readonly Metric[]; value: (sums: Sum[]) => number | null }>
> = {
  runs: { metrics: [], value: (sums) => rates(sums).total_runs },
  failures: { metrics: [], value: (sums) => rates(sums).total_failures },
  success_rate: {
    metrics: [],
    value: (sums) => (rates(sums).total_runs === 0 ? null : rates(sums).success_rate),
  },
  steps: { metrics: ['step'], value: (sums) => rates(sums).total_steps },
  avg_latency_ms: {
    metrics: ['step'],
    value: (sums) => (rates(sums).total_steps === 0 ? null : rates(sums).avg_latency_ms),
  },
  decisions: { metrics: ['decision'], value: (sums) => total(sums, 'decision').n },
  signals: { metrics: ['signal'], value: (sums) => total(sums, 'signal').n },
  input_tokens: { metrics: ['tokens'], value: (sums) => usageStats(sums).input_tokens },
  output_tokens: { metrics: ['tokens'], value: (sums) => usageStats(sums).output_tokens },
  cost_usd: { metrics: ['cost'], value: (sums) => usageStats(sums).cost_usd },
};

/** Statistics of the runs of one tenant that have ended. */
export class RunStatistics {
  readonly #stats: StatsStore;
  readonly #collections: CollectionStore;
  readonly #clock: Clock;

  constructor(stats: StatsStore, collections: CollectionStore, clock: Clock) {
    this.#stats = stats;
    this.#collections = collections;
    this.#clock = clock;
  }

  async stats(owner_id: string, filter: RunFilter): Promise<RunStats> {
    return runStats(await this.#stats.sums(owner_id, filter, ['run', 'step', 'failure']));
  }

  async latency(owner_id: string, filter: RunFilter): Promise<LatencyStats> {
    const metrics = ['run', 'step'] as const;
    const [counts, durations, sums] = await Promise.all([
      this.#stats.histograms(owner_id, filter, metrics),
      this.#stats.edgeDurations(owner_id, filter, metrics),
      this.#stats.sums(owner_id, filter, metrics),
    ]);
    const histograms = mergeHistograms(counts, durations);
    const of = (metric: 'run' | 'step', fits: (key: string) => boolean = () => true) =>
      latency(
        histograms
          .filter((each) => each.metric === metric && fits(each.key))
          .map(({ buckets }) => buckets),
        total(sums, metric, fits).total,
      );
    const types = histograms.filter(({ metric }) => metric === 'step').map(({ key }) => key);
    return {
      runs: of('run'),
      steps: of('step'),
      by_step_type: Object.fromEntries(
        types.toSorted().map((type) => [type, of('step', (key) => key === type)]),
      ),
      relative_error: LATENCY_ERROR,
    };
  }

  /** @throws AppError bad_request when the range has more buckets than an answer may have */
  async timeSeries(
    owner_id: string,
    filter: RunFilter,
    bucket: Bucket,
    metric: StatsSeries,
  ): Promise<TimeSeries> {
    const { ms, default_count } = BUCKETS[bucket];
    const to: Instant = filter.range.to ?? { ms: this.#clock.now(), us: 0 };
    const last_ms = Math.floor(to.ms / ms) * ms;
    const from: Instant = filter.range.from ?? { ms: last_ms - (default_count - 1) * ms, us: 0 };
    const first_ms = Math.floor(floorHour(from) / ms) * ms;
    const count = Math.max(0, (last_ms - first_ms) / ms + 1);
    if (count > POINTS_MAX)
      throw new AppError(
        'bad_request',
        `the range has ${count} buckets of one ${bucket}; at most ${POINTS_MAX} are answered: narrow it${bucket === 'hour' ? ', or ask for days' : ''}`,
      );
    const { metrics, value } = SERIES_OF[metric];
    const range = { from, to };
    const sums = await this.#stats.sums(
      owner_id,
      { ...filter, range },
      ['run', ...metrics],
      [bucket],
    );
    const by_start = Map.groupBy(sums, (each) => (each[bucket] ?? 0) * 1_000);
    const points = Array.from({ length: count }, (_, index) => {
      const start_ms = first_ms + index * ms;
      const here = by_start.get(start_ms) ?? [];
      const start = new Date(start_ms).toISOString().replace('.000Z', 'Z');
      return { start, value: value(here), runs: rates(here).total_runs };
    });
    return { bucket, metric, points };
  }

  /** The groups with most runs. */
  async groups(owner_id: string, filter: RunFilter, by: GroupBy): Promise<StatsGroup[]> {
    const columns = GROUPS[by];
    const sums = await this.#stats.sums(owner_id, filter, ['run', 'step'], columns);
    const groups = Map.groupBy(sums, (each) =>
      JSON.stringify(columns.map((column) => each[column])),
    );
    return [...groups.values()]
      .map((group) => ({ ...named(columns, group[0]), ...rates(group) }))
      .filter(({ total_runs }) => total_runs > 0)
      .toSorted((a, b) => b.total_runs - a.total_runs)
      .slice(0, GROUPS_MAX);
  }

  async failures(owner_id: string, filter: RunFilter, limit: number): Promise<FailureGroup[]> {
    return (await this.#stats.failureKinds(owner_id, filter, limit)).map(viewFailureGroup);
  }

  async usage(owner_id: string, filter: RunFilter): Promise<UsageStats> {
    return usageStats(await this.#stats.sums(owner_id, filter, ['run', 'tokens', 'cost']));
  }

  async decisions(owner_id: string, filter: RunFilter): Promise<DecisionsSummary> {
    return summarizeDecisions(await this.#stats.sums(owner_id, filter, ['decision']));
  }

  async signals(owner_id: string, filter: RunFilter): Promise<SignalsSummary> {
    return summarizeSignals(await this.#stats.sums(owner_id, filter, ['signal']));
  }

  async agents(owner_id: string, filter: RunFilter): Promise<AgentOverview[]> {
    return listAgents(await this.#collections.agents(owner_id, filter, AGENTS_MAX));
  }

  /** All sums of a comparison. */
  sumsOf(owner_id: string, filter: RunFilter): Promise<Sum[]> {
    return this.#stats.sums(owner_id, filter, ['run', 'step', 'failure', 'tokens', 'cost']);
  }
}

function named(
  columns: readonly ('agent_id' | 'agent_version' | 'environment')[],
  sum: Sum | undefined,
) {
  return Object.fromEntries(columns.map((column) => [column, sum?.[column] ?? '']));
}
