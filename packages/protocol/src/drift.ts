import { Type, type Static, type TSchema } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';
import { RUN_LIMITS } from './runs.ts';

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });
const Distributions = Type.Record(Type.String(), Type.Record(Type.String(), Type.Number()));

/** Whose behaviour is meant. */
const agent = {
  agent_id: Type.String({ minLength: 1, maxLength: RUN_LIMITS.agent_id_chars }),
  agent_version: Type.String({ minLength: 1, maxLength: RUN_LIMITS.agent_version_chars }),
  environment: Type.String({ maxLength: RUN_LIMITS.environment_chars }),
};

export const BASELINE_TYPES = ['version', 'time_window', 'manual'] as const;
export const DRIFT_TYPES = ['decision', 'signal', 'latency'] as const;
export const SEVERITIES = ['low', 'medium', 'high'] as const;
export type DriftType = (typeof DRIFT_TYPES)[number];
export type Severity = (typeof SEVERITIES)[number];

/** How an agent behaved over whole hours: what it decided, what was observed of it, and how long its runs took. */
export const BehaviorProfile = Type.Object({
  profile_id: Uuid,
  ...agent,
  window_start: Timestamp,
  /** Not itself part of the window. */
  window_end: Timestamp,
  /** Runs that ended. */
  sample_size: Count,
  /** For each type of decision the part of each choice, from 0 to 1. */
  decision_distributions: Distributions,
  /** For each type of signal the part of each code; `code=false` counts those with a false value. */
  signal_distributions: Distributions,
  latency_stats: Type.Object({
    mean: Nullable(Type.Number()),
    p50: Nullable(Type.Number()),
    p95: Nullable(Type.Number()),
    p99: Nullable(Type.Number()),
    sample_count: Count,
  }),
  created_at: Timestamp,
});
export type BehaviorProfile = Static<typeof BehaviorProfile>;

/** Body of `POST /v1/drift/profiles`, and of `POST /v1/drift/detect`. Times are taken down to whole hours. */
export const BehaviorProfileCreate = Type.Object({
  ...agent,
  window_start: Timestamp,
  window_end: Timestamp,
  /** Fewer runs than this make no profile. */
  min_sample_size: Type.Optional(Type.Integer({ minimum: 10, maximum: 10_000 })),
});
export type BehaviorProfileCreate = Static<typeof BehaviorProfileCreate>;

/** A profile that later behaviour is compared with. Once made it only changes in being approved and (de)activated. */
export const BehaviorBaseline = Type.Object({
  baseline_id: Uuid,
  profile_id: Uuid,
  ...agent,
  baseline_type: Type.Enum([...BASELINE_TYPES]),
  approved_by: Nullable(Type.String()),
  approved_at: Nullable(Timestamp),
  description: Nullable(Type.String()),
  is_active: Type.Boolean(),
  created_at: Timestamp,
});
export type BehaviorBaseline = Static<typeof BehaviorBaseline>;

/** Body of `POST /v1/drift/baselines`: from a profile that is there, or from one made now. */
export const BehaviorBaselineCreate = Type.Object({
  profile_id: Type.Optional(Uuid),
  profile: Type.Optional(BehaviorProfileCreate),
  baseline_type: Type.Enum([...BASELINE_TYPES]),
  description: Type.Optional(Nullable(Type.String({ maxLength: 200 }))),
  approved_by: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 255 }))),
  /** Activates it at once, in place of the one that was active. */
  auto_activate: Type.Optional(Type.Boolean()),
});
export type BehaviorBaselineCreate = Static<typeof BehaviorBaselineCreate>;

/** An observed difference between a baseline and later behaviour. It says that something changed, not whether that is good. */
export const BehaviorDrift = Type.Object({
  drift_id: Uuid,
  baseline_id: Uuid,
  ...agent,
  drift_type: Type.Enum([...DRIFT_TYPES]),
  /** `type/choice` of decisions and signals, `types/type` for their mix; `mean` or `p95` of latency. */
  metric: Type.String(),
  /** A part from 0 to 1; milliseconds for latency. */
  baseline_value: Type.Number(),
  observed_value: Type.Number(),
  delta: Type.Number(),
  /** Null when the baseline has none of it. */
  delta_percent: Nullable(Type.Number()),
  /** The p-value, corrected for the number of tests. */
  significance: Type.Number(),
  test_method: Type.Enum(['chi_square', 'mann_whitney']),
  /** Cramér's V for chi-square, the size of Cliff's delta for Mann-Whitney: from 0 to 1. */
  effect_size: Type.Number(),
  severity: Type.Enum([...SEVERITIES]),
  detected_at: Timestamp,
  /** When it was last found again, while it was not resolved. */
  last_detected_at: Timestamp,
  observation_window_start: Timestamp,
  observation_window_end: Timestamp,
  observation_sample_size: Count,
  resolved_at: Nullable(Timestamp),
});
export type BehaviorDrift = Static<typeof BehaviorDrift>;

/** The answer of `GET /v1/drift/timeline`. */
export const DriftTimeline = Type.Object({
  agent_id: Type.String(),
  agent_version: Type.String(),
  environment: Type.String(),
  timeline: Type.Array(
    Type.Object({
      timestamp: Timestamp,
      metric: Type.String(),
      value: Nullable(Type.Number()),
      drift_detected: Type.Boolean(),
      drift_id: Nullable(Uuid),
    }),
  ),
});
export type DriftTimeline = Static<typeof DriftTimeline>;

/** The answer of `GET /v1/drift/summary`. */
export const DriftSummary = Type.Object({
  total_drift_events: Count,
  unresolved_drift_events: Count,
  drift_by_severity: Type.Record(Type.String(), Count),
  drift_by_type: Type.Record(Type.String(), Count),
  agents_with_drift: Count,
});
export type DriftSummary = Static<typeof DriftSummary>;
