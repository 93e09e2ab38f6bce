import { Type, type Static, type TSchema } from 'typebox';
import { Timestamp, Uuid } from './breadcrumb.ts';

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });
const Metadata = Type.Record(Type.String(), Type.Unknown());

/** How a run ended. `running` is one that was begun and has not ended yet. */
export const RUN_STATUSES = ['success', 'failure', 'partial', 'running'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** What a step is. */
export const STEP_TYPES = ['plan', 'retrieve', 'tool', 'respond', 'other'] as const;
export type StepType = (typeof STEP_TYPES)[number];

/** Where a failure comes from. */
export const FAILURE_TYPES = ['tool', 'model', 'retrieval', 'orchestration'] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];

/** What an agent can decide, and the reasons it can give for each. */
export const DECISION_REASONS = {
  tool_selection: [
    'fresh_data_required',
    'cached_data_sufficient',
    'tool_unavailable',
    'cost_optimization',
    'latency_optimization',
    'accuracy_required',
  ],
  retrieval_strategy: [
    'semantic_search_preferred',
    'keyword_match_sufficient',
    'hybrid_approach_needed',
    'filter_applied',
    'rerank_required',
  ],
  response_mode: [
    'streaming_requested',
    'batch_preferred',
    'format_constraint',
    'length_constraint',
  ],
  retry_strategy: [
    'transient_error_detected',
    'rate_limit_encountered',
    'no_retry_terminal_error',
    'retry_budget_exhausted',
    'backoff_required',
  ],
  orchestration_path: [
    'sequential_required',
    'parallel_preferred',
    'conditional_branch',
    'early_exit',
    'fallback_path',
  ],
} as const satisfies Record<string, readonly string[]>;

/** What can be observed of the quality of a run, and the codes of each. */
export const SIGNAL_CODES = {
  schema_valid: ['full_match', 'partial_match', 'validation_failed', 'no_schema_defined'],
  empty_retrieval: ['no_results', 'filtered_out', 'index_empty'],
  tool_success: ['first_attempt', 'after_retry', 'fallback_used'],
  tool_failure: [
    'timeout',
    'invalid_input',
    'unavailable',
    'rate_limited',
    'authentication_failed',
  ],
  retry_occurred: ['single_retry', 'multiple_retries', 'max_retries_reached'],
  latency_threshold: ['under_threshold', 'exceeded_threshold', 'significantly_exceeded'],
  token_usage: ['low_usage', 'moderate_usage', 'high_usage', 'limit_approached'],
} as const satisfies Record<string, readonly string[]>;

/** Limits of what is reported about runs. */
export const RUN_LIMITS = {
  steps: 10_000,
  decisions: 10_000,
  quality_signals: 10_000,
  batch_runs: 1_000,
  /** Bytes of a body once it is unpacked. */
  body_bytes: 8 * 1_048_576,
  agent_id_chars: 255,
  agent_version_chars: 100,
  environment_chars: 50,
  step_name_chars: 255,
  code_chars: 100,
  selected_chars: 200,
  message_chars: 10_000,
  metadata_bytes: 65_536,
  page_size: 100,
  page_size_default: 20,
} as const;

/** What a model call used. What was not reported is absent, or null in answers: never zero. */
export const Usage = Type.Object({
  model: Nullable(Type.String()),
  provider: Nullable(Type.String()),
  input_tokens: Nullable(Count),
  output_tokens: Nullable(Count),
  cached_input_tokens: Nullable(Count),
  reasoning_tokens: Nullable(Count),
  /** US dollars. */
  cost_usd: Nullable(Type.Number({ minimum: 0 })),
});
export type Usage = Static<typeof Usage>;

/** A step of a run that is reported: `StepCreate` of the body of `POST /v1/runs`, after it was read. */
export interface StepCreate extends Partial<Usage> {
  readonly step_id: string;
  readonly seq: number;
  readonly step_type: StepType;
  readonly name: string;
  readonly latency_ms: number;
  readonly started_at: string;
  readonly ended_at: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface FailureCreate {
  readonly step_id: string | null;
  readonly failure_type: FailureType;
  readonly failure_code: string;
  readonly message: string;
}

export interface DecisionCreate {
  readonly decision_id: string;
  readonly step_id: string | null;
  readonly decision_type: string;
  readonly selected: string;
  readonly reason_code: string;
  readonly confidence: number | null;
  /** With the candidates, where there were some, as `candidates`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface SignalCreate {
  readonly signal_id: string;
  readonly step_id: string | null;
  readonly signal_type: string;
  readonly signal_code: string;
  readonly value: boolean;
  readonly weight: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Where a run was reported from. */
export const RUN_SOURCES = ['api', 'otlp', 'cairn'] as const;
export type RunSource = (typeof RUN_SOURCES)[number];

/** A run that is reported, after it was read: ids and times in canonical form, steps in order. */
export interface RunCreate {
  readonly run_id: string;
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
  readonly status: RunStatus;
  /** RFC 3339, UTC, with microseconds where they were given. */
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly steps: readonly StepCreate[];
  readonly failures: readonly FailureCreate[];
  readonly decisions: readonly DecisionCreate[];
  readonly quality_signals: readonly SignalCreate[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The run that began this one. */
  readonly parent_run_id?: string | null;
  /** The breadcrumb that caused it. */
  readonly breadcrumb_id?: string | null;
  readonly conversation_id?: string | null;
  /** Why it ended as it did, where that is not the failure's message; such as that nothing was heard of it any more. */
  readonly end_reason?: string | null;
}

export const RunStep = Type.Object({
  step_id: Uuid,
  run_id: Uuid,
  seq: Count,
  step_type: Type.Enum([...STEP_TYPES]),
  name: Type.String(),
  latency_ms: Count,
  started_at: Timestamp,
  ended_at: Timestamp,
  metadata: Metadata,
  created_at: Timestamp,
});
export type RunStep = Static<typeof RunStep>;

export const RunFailure = Type.Object({
  failure_id: Uuid,
  run_id: Uuid,
  step_id: Nullable(Uuid),
  failure_type: Type.Enum([...FAILURE_TYPES]),
  failure_code: Type.String(),
  message: Type.String(),
  created_at: Timestamp,
});
export type RunFailure = Static<typeof RunFailure>;

export const RunDecision = Type.Object({
  decision_id: Uuid,
  run_id: Uuid,
  step_id: Nullable(Uuid),
  decision_type: Type.String(),
  selected: Type.String(),
  reason_code: Type.String(),
  confidence: Nullable(Type.Number()),
  metadata: Metadata,
  recorded_at: Timestamp,
  created_at: Timestamp,
});
export type RunDecision = Static<typeof RunDecision>;

export const RunSignal = Type.Object({
  signal_id: Uuid,
  run_id: Uuid,
  step_id: Nullable(Uuid),
  signal_type: Type.String(),
  signal_code: Type.String(),
  value: Type.Boolean(),
  weight: Nullable(Type.Number()),
  metadata: Metadata,
  recorded_at: Timestamp,
  created_at: Timestamp,
});
export type RunSignal = Static<typeof RunSignal>;

/** A run as it is answered: these keys, always all of them. `view=full` adds those of `RunExtras`. */
export const Run = Type.Object({
  run_id: Uuid,
  agent_id: Type.String(),
  agent_version: Type.String(),
  environment: Type.String(),
  status: Type.Enum([...RUN_STATUSES]),
  started_at: Timestamp,
  ended_at: Nullable(Timestamp),
  created_at: Timestamp,
  steps: Type.Array(RunStep),
  failures: Type.Array(RunFailure),
  decisions: Type.Array(RunDecision),
  quality_signals: Type.Array(RunSignal),
});
export type Run = Static<typeof Run>;

/** What `view=full` adds to a run; its steps have their `Usage` then. */
export const RunExtras = Type.Object({
  source: Type.Enum([...RUN_SOURCES]),
  duration_ms: Nullable(Count),
  usage: Usage,
  metadata: Metadata,
  parent_run_id: Nullable(Uuid),
  breadcrumb_id: Nullable(Uuid),
  conversation_id: Nullable(Type.String()),
  end_reason: Nullable(Type.String()),
  /** The day after which it is deleted. */
  expires_on: Type.String({ description: 'Date' }),
});
export type RunExtras = Static<typeof RunExtras>;

/** The answer of `GET /v1/stats`. */
export const RunStats = Type.Object({
  total_runs: Count,
  total_failures: Count,
  /** Percent with two decimals; partial runs count as success. */
  success_rate: Type.Number(),
  /** The mean over steps. */
  avg_latency_ms: Type.Number(),
  /** Keys are `type/code`. */
  failure_breakdown: Type.Record(Type.String(), Count),
  step_type_breakdown: Type.Record(Type.String(), Count),
});
export type RunStats = Static<typeof RunStats>;

/** How far a run is that is reported in pieces: the answer of `POST /v1/runs/:id/steps`. */
export const RunProgress = Type.Object({
  run_id: Uuid,
  status: Type.Enum([...RUN_STATUSES]),
  /** How many the run has now. */
  steps: Count,
  decisions: Count,
  quality_signals: Count,
});
export type RunProgress = Static<typeof RunProgress>;

/** What became of one run of a batch. */
export const RunBatchResult = Type.Object({
  /** As it came; null when none could be read. */
  run_id: Nullable(Type.String()),
  status: Type.Integer({ description: 'As if the run had come alone: 201, 200, 409, 422, 500' }),
  error: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
});
export type RunBatchResult = Static<typeof RunBatchResult>;

/** The answer of `POST /v1/runs/batch`: one result for each run, in their order. */
export const RunBatchResults = Type.Object({ results: Type.Array(RunBatchResult) });
export type RunBatchResults = Static<typeof RunBatchResults>;

/** What a tenant can want done with private data in reports of runs. */
export const RUN_PRIVACY = ['reject', 'redact', 'allow'] as const;

const policy = {
  privacy: Nullable(Type.Enum([...RUN_PRIVACY])),
  retention_days: Nullable(Type.Integer({ minimum: 1, maximum: 3_650 })),
};

/** A policy for runs. The environment null is all that have none of their own; null inside is what the server is set to. */
export const RunPolicy = Type.Object({
  environment: Nullable(Type.String()),
  ...policy,
  updated_at: Timestamp,
});
export type RunPolicy = Static<typeof RunPolicy>;

/** Body of `PUT /v1/runs/policies`, which replaces the policy of one environment. */
export const RunPolicyPut = Type.Object({
  environment: Type.Optional(
    Nullable(Type.String({ minLength: 1, maxLength: RUN_LIMITS.environment_chars })),
  ),
  privacy: Type.Optional(policy.privacy),
  retention_days: Type.Optional(policy.retention_days),
});
export type RunPolicyPut = Static<typeof RunPolicyPut>;
