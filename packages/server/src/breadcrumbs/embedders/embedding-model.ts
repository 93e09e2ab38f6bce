import type { Clock, Log } from '../../base/index.ts';

/** Time, chance and the log, so that tests hold them. */
export interface EmbedderPorts {
  readonly clock?: Clock;
  /** A number in [0, 1). */
  readonly random?: () => number;
  readonly log?: Log;
}

/** The same with nothing left out, as implementations get it. */
export type ModelPorts = Required<EmbedderPorts>;

/**
 * What each kind of embedder brings: the part that differs. `guardModel` makes an `Embedder` of it and has checked by
 * then that the texts are well-formed, not blank and not too long, and that the model is still open.
 */
export interface EmbeddingModel {
  readonly name: string;
  readonly sends_text_away: boolean;
  readonly is_immediate: boolean;
  readonly noise: number;
  /** Characters (UTF-16 units) beyond which the model would not read anyway. */
  readonly max_chars: number;
  readonly max_batch: number;
  /** One row of `EMBEDDING_DIMENSIONS` numbers for each text, of any length but zero. @throws EmbedderError */
  embedBatch(texts: readonly string[], signal: AbortSignal): Promise<ArrayLike<number>[]>;
  close(): Promise<void>;
}
