/**
 * What search knows of embedders: texts in, one unit vector each out. Vectors of two embedders may be compared when
 * the embedders' names are equal, and only then.
 */

/** Numbers in every vector: the width of the column that keeps them. */
export const EMBEDDING_DIMENSIONS = 384;

/** Turns texts into vectors whose cosine says how alike the texts are. Made by `createEmbedder`; safe to share. */
export interface Embedder {
  /**
   * Says where the vectors come from. It is stored beside them: when it differs, the vectors are not comparable and
   * the record is embedded anew. Never holds a key.
   */
  readonly name: string;
  readonly dimensions: typeof EMBEDDING_DIMENSIONS;
  /** Whether the texts go to another service. What is marked secret must not be given to such an embedder. */
  readonly sends_text_away: boolean;
  /** Whether it answers within milliseconds and cannot be out of order, so that a writer may wait for it. */
  readonly is_immediate: boolean;
  /** Cosine below which two texts are alike by chance only; -1 where nothing is known of it. */
  readonly noise: number;
  /**
   * One vector of length 1 for each text, in the order of the texts. The same text has the same vector, whatever else
   * is in the batch, up to the rounding of the model. A text without anything to read (empty, white space) has one
   * fixed vector. What lies beyond the limit of the model is not read.
   * @throws EmbedderError and nothing else
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** Frees what the embedder holds and fails what is under way. May be called twice. */
  close(): Promise<void>;
}

/**
 * Why no vectors came. `quota` is money or a plan that is used up; `not_configured` is a setting, a file or a package
 * that a person must mend; `wrong_dimensions` is a model that cannot fill the column.
 */
export type EmbedderErrorClass =
  | 'authentication'
  | 'rate_limit'
  | 'quota'
  | 'timeout'
  | 'unavailable'
  | 'invalid_request'
  | 'malformed_answer'
  | 'wrong_dimensions'
  | 'not_configured'
  | 'cancelled'
  | 'closed';

/** An error of an embedder as others see it. */
export type EmbedderFault = Error & Pick<EmbedderError, 'error_class' | 'retry_after_ms'>;

const RETRYABLE: ReadonlySet<EmbedderErrorClass> = new Set([
  'rate_limit',
  'timeout',
  'unavailable',
  'malformed_answer',
]);

/** An embedding that failed. The message is for people and never holds a key or the text. */
export class EmbedderError extends Error {
  override readonly name = 'EmbedderError';
  readonly error_class: EmbedderErrorClass;
  /** Whether the same call may succeed later. The embedder has used up its own retries when this is thrown. */
  readonly is_retryable: boolean;
  /** How long the provider asked us to wait, in milliseconds, or null. */
  readonly retry_after_ms: number | null;

  constructor(
    error_class: EmbedderErrorClass,
    message: string,
    options: { retry_after_ms?: number | null; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.error_class = error_class;
    this.is_retryable = RETRYABLE.has(error_class);
    this.retry_after_ms = options.retry_after_ms ?? null;
  }
}
