/** As many requests as go through in a time: each connection sends its next one when the answer is there. */
export interface HttpLoad {
  readonly task: 'http';
  readonly port: number;
  readonly connections: number;
  readonly measure_ms: number;
  /** Sent in turn. */
  readonly requests: readonly Uint8Array[];
}

/** As many single-row inserts as go through in a time. */
export interface InsertLoad {
  readonly task: 'insert';
  readonly url: string;
  readonly connections: number;
  readonly measure_ms: number;
  readonly text: string;
  /** Values of the statement; the first one, the id, is replaced by a new UUIDv7 each time. */
  readonly values: readonly unknown[];
}

/** What went through, and how long each took. */
export interface LoadResult {
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  /** Processor cores that the generator itself was busy with. */
  readonly generator_cores: number;
}

/** Creates at a steady rate, watched by many streams. */
export interface StreamLoad {
  readonly task: 'stream';
  readonly port: number;
  /** One for each client: the request that opens its stream. */
  readonly streams: readonly Uint8Array[];
  /** The requests that create, sent in turn; `MARK`, in their title, becomes their number. */
  readonly creates: readonly Uint8Array[];
  readonly per_second: number;
  /** How many streams each create must reach. */
  readonly matches: number;
  readonly warm_ms: number;
  readonly round_ms: number;
  readonly rounds: number;
}

export interface StreamRound {
  /** From the send of a create to the arrival of its frame, over all frames of the round. */
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** From the send of a create to its answer. */
  readonly answer_p50_ms: number;
  readonly answer_p99_ms: number;
  /** How late the generator itself sent, against its schedule. */
  readonly lateness_p99_ms: number;
  readonly creates: number;
}

export interface StreamResult {
  readonly rounds: readonly StreamRound[];
  readonly generator_cores: number;
}

/** Stands in the title of a create, with its number. Nine digits, so that the length of a request does not change. */
export const MARK = 'mark-000000000';

export type Load = HttpLoad | InsertLoad | StreamLoad;

/** What goes between the benchmark and its generator. */
export interface LoadOrder {
  readonly id: number;
  readonly load: Load;
}
export type LoadReport =
  | { readonly id: number; readonly result: LoadResult | StreamResult }
  | { readonly id: number; readonly fault: string };
