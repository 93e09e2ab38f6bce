import { Type, type Static, type TSchema } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';
import {
  FAILURE_TYPES,
  Run,
  RUN_STATUSES,
  RunDecision,
  RunExtras,
  RunSignal,
  RunStep,
  Usage,
} from './runs.ts';

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });
const Breakdown = Type.Record(Type.String(), Count);
const Dollars = Type.Number({ minimum: 0, description: 'US dollars' });

/** A step with what it used: as `view=full` answers it. */
export const FullStep = Type.Object({ ...RunStep.properties, ...Usage.properties });
export type FullStep = Static<typeof FullStep>;

/** A run with all that is known of it: `view=full`. */
export const FullRun = Type.Object({
  ...Run.properties,
  steps: Type.Array(FullStep),
  ...RunExtras.properties,
});
export type FullRun = Static<typeof FullRun>;

/** A run without its lists: `fields=summary`. */
export const RunSummary = Type.Object({
  run_id: Uuid,
  agent_id: Type.String(),
  agent_version: Type.String(),
  environment: Type.String(),
  status: Type.Enum([...RUN_STATUSES]),
  started_at: Timestamp,
  ended_at: Nullable(Timestamp),
  created_at: Timestamp,
  source: RunExtras.properties.source,
  duration_ms: Nullable(Count),
  input_tokens: Nullable(Count),
  output_tokens: Nullable(Count),
  cost_usd: Nullable(Dollars),
  parent_run_id: Nullable(Uuid),
  breadcrumb_id: Nullable(Uuid),
  conversation_id: Nullable(Type.String()),
  end_reason: Nullable(Type.String()),
  steps_count: Count,
  failures_count: Count,
  decisions_count: Count,
  signals_count: Count,
  /** `type/code` of the first failure. */
  failure: Nullable(Type.String()),
});
export type RunSummary = Static<typeof RunSummary>;

const of_run = {
  agent_id: Type.String(),
  agent_version: Type.String(),
  environment: Type.String(),
};

/** A decision with whose it is. */
export const ListedDecision = Type.Object({ ...RunDecision.properties, ...of_run });
export type ListedDecision = Static<typeof ListedDecision>;

/** A quality signal with whose it is. */
export const ListedSignal = Type.Object({ ...RunSignal.properties, ...of_run });
export type ListedSignal = Static<typeof ListedSignal>;

/** Decisions of a range, counted; each list has the most frequent first. */
export const DecisionsSummary = Type.Object({
  total: Count,
  by_type: Type.Array(
    Type.Object({
      decision_type: Type.String(),
      count: Count,
      selected: Type.Array(Type.Object({ selected: Type.String(), count: Count })),
      reasons: Type.Array(Type.Object({ reason_code: Type.String(), count: Count })),
    }),
  ),
});
export type DecisionsSummary = Static<typeof DecisionsSummary>;

/** Signals of a range, counted by their values. */
export const SignalsSummary = Type.Object({
  total: Count,
  true: Count,
  false: Count,
  by_type: Type.Array(
    Type.Object({
      signal_type: Type.String(),
      true: Count,
      false: Count,
      codes: Type.Array(Type.Object({ signal_code: Type.String(), true: Count, false: Count })),
    }),
  ),
});
export type SignalsSummary = Static<typeof SignalsSummary>;

const Milliseconds = Nullable(Type.Number({ minimum: 0 }));

/** The distribution of durations, in milliseconds; all but the count are null when nothing was measured. */
export const Latency = Type.Object({
  count: Count,
  mean_ms: Milliseconds,
  p50_ms: Milliseconds,
  p90_ms: Milliseconds,
  p95_ms: Milliseconds,
  p99_ms: Milliseconds,
});
export type Latency = Static<typeof Latency>;

/** The answer of `GET /v1/stats/latency`. */
export const LatencyStats = Type.Object({
  runs: Latency,
  steps: Latency,
  by_step_type: Type.Record(Type.String(), Latency),
  /** A percentile is off by no more than this part of itself. */
  relative_error: Type.Number(),
});
export type LatencyStats = Static<typeof LatencyStats>;

/** What a time series can be of. */
export const STATS_SERIES = [
  'runs',
  'failures',
  'success_rate',
  'steps',
  'avg_latency_ms',
  'decisions',
  'signals',
  'input_tokens',
  'output_tokens',
  'cost_usd',
] as const;
export type StatsSeries = (typeof STATS_SERIES)[number];

/** The answer of `GET /v1/stats/timeseries`. */
export const TimeSeries = Type.Object({
  bucket: Type.Enum(['hour', 'day']),
  metric: Type.Enum([...STATS_SERIES]),
  /** One for each bucket of the range, oldest first. `value` is null where there is nothing to take it of. */
  points: Type.Array(
    Type.Object({ start: Timestamp, value: Nullable(Type.Number()), runs: Count }),
  ),
});
export type TimeSeries = Static<typeof TimeSeries>;

const rates = {
  total_runs: Count,
  total_failures: Count,
  success_rate: Type.Number(),
  total_steps: Count,
  avg_latency_ms: Type.Number(),
};

/** What `GET /v1/stats/groups` can tell apart. */
export const STATS_GROUPINGS = ['agent_id', 'agent_version', 'environment'] as const;
export type StatsGrouping = (typeof STATS_GROUPINGS)[number];

/** The figures of one agent, version or environment; only what they are told apart by is there. */
export const StatsGroup = Type.Object({
  agent_id: Type.Optional(Type.String()),
  agent_version: Type.Optional(Type.String()),
  environment: Type.Optional(Type.String()),
  ...rates,
});
export type StatsGroup = Static<typeof StatsGroup>;

/** Failures of one kind, as far as the filter lets them count. A failure is seen when its run ends. */
export const FailureGroup = Type.Object({
  fingerprint: Type.String(),
  failure_type: Type.Enum([...FAILURE_TYPES]),
  failure_code: Type.String(),
  /** Of the last one of these agents and environments, whatever the time. */
  message: Type.String(),
  count: Count,
  first_seen: Timestamp,
  last_seen: Timestamp,
  last_run_id: Uuid,
  agents: Type.Array(Type.String()),
  environments: Type.Array(Type.String()),
});
export type FailureGroup = Static<typeof FailureGroup>;

/** What was used; null where no run said anything. */
export const UsageStats = Type.Object({
  total_runs: Count,
  input_tokens: Nullable(Count),
  output_tokens: Nullable(Count),
  cached_input_tokens: Nullable(Count),
  reasoning_tokens: Nullable(Count),
  cost_usd: Nullable(Dollars),
});
export type UsageStats = Static<typeof UsageStats>;

/** The figures of one version of an agent. */
export const Compared = Type.Object({
  agent_version: Type.String(),
  ...rates,
  failure_breakdown: Breakdown,
  step_type_breakdown: Breakdown,
  run_latency: Latency,
  step_latency: Latency,
  usage: UsageStats,
});
export type Compared = Static<typeof Compared>;

/** Two versions of an agent side by side. */
export const Comparison = Type.Object({
  agent_id: Type.String(),
  a: Compared,
  b: Compared,
  differences: Type.Array(
    Type.Object({
      metric: Type.String(),
      a: Nullable(Type.Number()),
      b: Nullable(Type.Number()),
      /** b less a; null when one of them is. */
      absolute: Nullable(Type.Number()),
      /** The absolute difference as a part of a; null when a is zero or one of them is null. */
      relative: Nullable(Type.Number()),
    }),
  ),
});
export type Comparison = Static<typeof Comparison>;

const seen = {
  runs: Count,
  failures: Count,
  running: Count,
  /** To the hour. */
  first_seen: Nullable(Timestamp),
  last_seen: Nullable(Timestamp),
};

/** An agent that reported runs. Counts and times are of all time. */
export const AgentOverview = Type.Object({
  agent_id: Type.String(),
  ...seen,
  environments: Type.Array(Type.String()),
  versions: Type.Array(
    Type.Object({ agent_version: Type.String(), environment: Type.String(), ...seen }),
  ),
});
export type AgentOverview = Static<typeof AgentOverview>;
