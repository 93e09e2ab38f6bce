import type { FailureType, StepType } from '@cairn/protocol';
import type { Timing } from '../timing.ts';

/** How a tracer reaches the server, whose runs it reports, and how much it may hold. */
export interface TracerOptions {
  /** Such as `http://127.0.0.1:8081`. Empty in a page that the server itself serves. */
  base_url: string;
  agent_id: string;
  agent_version: string;
  /** Default `production`. */
  environment?: string;
  /** A key or token, sent as `Authorization: Bearer`. Not needed in the dev mode of a local server. */
  token?: string;
  /**
   * `whole` (the default) sends a run when it has ended. `incremental` sends its start, its steps and its end as they
   * happen, so that it can be watched; of a process that dies the server keeps what came, as `partial`.
   */
  mode?: 'whole' | 'incremental';
  /**
   * A folder in which runs are kept until they are delivered; Node only. A process that starts later with the same
   * folder sends what a killed one left. With it every record writes to a file; without it runs live in memory only.
   */
  spool_dir?: string;
  /** Runs that may wait; those beyond are dropped, counted, and logged once. Default 5,000. */
  max_queue_runs?: number;
  /** Bytes that may wait. Default 32 MiB. */
  max_queue_bytes?: number;
  /** Runs in one request, at most 1,000. Default 100. */
  batch_runs?: number;
  /** How long a run may wait for others to share its request, in milliseconds. Default 200. */
  linger_ms?: number;
  /** How long to wait for one answer, in milliseconds. Default 10,000. */
  request_timeout_ms?: number;
  /** How long the end of the process, `flush` and `close` wait at most, in milliseconds. Default 2,000. */
  exit_timeout_ms?: number;
  /** False makes all of it do nothing. */
  enabled?: boolean;
  /** Told once of each kind of trouble. Default: a warning of the process in Node, nothing in a browser. */
  log?: (message: string) => void;
  /** In place of the HTTP of the runtime. A pending `fetch` may hold the process until `request_timeout_ms`. */
  fetch?: typeof globalThis.fetch;
  timing?: Timing;
}

/** Facts such as the name of a tool, a code or a count. Keys and values with private content are dropped. */
export type TraceMetadata = Readonly<Record<string, unknown>>;

/** What a run is begun with. */
export interface StartRunInput {
  metadata?: TraceMetadata;
  /** The run that began this one. */
  parent_run_id?: string;
  /** The breadcrumb that caused it. */
  breadcrumb_id?: string;
  conversation_id?: string;
}

/** What a model call used. Leave out what is not known: it is then shown as unknown and not as zero. */
export interface StepUsage {
  model?: string;
  provider?: string;
  input_tokens?: number;
  output_tokens?: number;
  cached_input_tokens?: number;
  reasoning_tokens?: number;
  /** US dollars. */
  cost_usd?: number;
}

/** Why a run failed. */
export interface FailureInput {
  failure_type: FailureType;
  /** Such as `timeout`. */
  failure_code: string;
  /** One that holds a credential or a personal number is replaced. */
  message: string;
  step_id?: string | null;
}

/** What the agent chose, and why, in codes of the vocabulary. */
export interface DecisionInput {
  decision_type: string;
  selected: string;
  reason_code: string;
  candidates?: readonly string[];
  /** From 0 to 1; otherwise it is left out. */
  confidence?: number | null;
  step_id?: string | null;
  metadata?: TraceMetadata;
}

/** Something that was observed, in codes of the vocabulary. */
export interface SignalInput {
  signal_type: string;
  signal_code: string;
  value: boolean;
  /** From 0 to 1; otherwise it is left out. */
  weight?: number | null;
  step_id?: string | null;
  metadata?: TraceMetadata;
}

/** How a run may end. */
export type EndStatus = 'success' | 'failure' | 'partial';

/** What became of the runs so far. */
export interface TracerStats {
  /** Delivered. */
  sent: number;
  /** Refused by the server for good. */
  refused: number;
  /** Sent again without their metadata, because the server refused them with it. */
  reduced: number;
  /** Lost, because too many waited or the time to leave was up. */
  dropped: number;
  /** Requests that failed and were to be made again. */
  retries: number;
  /** Not delivered yet. */
  waiting: number;
}

/** A step on the wire. */
export interface WireStep extends StepUsage {
  readonly step_id: string;
  readonly seq: number;
  readonly step_type: StepType;
  readonly name: string;
  readonly latency_ms: number;
  readonly started_at: string;
  readonly ended_at: string;
  readonly metadata: TraceMetadata;
}

/** What decisions and signals have in common on the wire. */
export interface WireRecord {
  readonly step_id: string | null;
  readonly metadata: TraceMetadata;
  readonly candidates?: readonly string[];
  readonly [field: string]: unknown;
}

/** A failure on the wire. */
export interface WireFailure {
  readonly step_id: string | null;
  readonly failure_type: FailureType;
  readonly failure_code: string;
  readonly message: string;
}

/** The fields of a run that are known when it begins. */
export interface WireHeader {
  readonly run_id: string;
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
  readonly started_at: string;
  readonly [field: string]: unknown;
}

/** The body of `POST /v1/runs`. */
export interface WireRun extends WireHeader {
  readonly status: EndStatus;
  readonly ended_at: string;
  readonly steps: readonly WireStep[];
  readonly failure: WireFailure | null;
  readonly decisions?: readonly WireRecord[];
  readonly quality_signals?: readonly WireRecord[];
}
