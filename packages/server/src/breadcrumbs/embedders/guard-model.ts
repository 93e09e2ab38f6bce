import { EMBEDDING_DIMENSIONS, EmbedderError, type Embedder } from './contract.ts';
import type { EmbeddingModel } from './embedding-model.ts';
import { blankVector, toUnitVector } from './unit-vector.ts';

/** Something to read: not white space, control or format characters, nor half a surrogate pair. */
const READABLE = /[^\s\p{Cc}\p{Cf}\p{Cs}]/u;

/** Makes an embedder of a model: what all kinds promise alike is kept here, once. */
export function guardModel(model: EmbeddingModel, batch_size: number): Embedder {
  const closing = new AbortController();
  const size = Math.max(1, Math.min(batch_size, model.max_batch));
  let closed: Promise<void> | undefined;

  async function embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const stop = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const vectors: Float32Array[] = [];
    const waiting: { index: number; text: string }[] = [];
    for (const [index, whole] of texts.entries()) {
      const text = whole.trimStart().slice(0, model.max_chars);
      if (READABLE.test(text)) waiting.push({ index, text: text.toWellFormed() });
      else vectors[index] = blankVector();
    }
    refuseWhenStopped(signal);
    for (let start = 0; start < waiting.length; start += size) {
      const batch = waiting.slice(start, start + size);
      const rows = await embedBatch(batch, stop, signal);
      for (const [at, { index }] of batch.entries()) vectors[index] = toUnitVector(rows[at] ?? []);
    }
    return vectors;
  }

  async function embedBatch(
    batch: readonly { text: string }[],
    stop: AbortSignal,
    signal: AbortSignal | undefined,
  ): Promise<ArrayLike<number>[]> {
    let rows: ArrayLike<number>[];
    try {
      rows = await model.embedBatch(
        batch.map(({ text }) => text),
        stop,
      );
    } catch (error) {
      refuseWhenStopped(signal);
      throw error;
    }
    // A model that was too deep in its work to notice must not answer a caller who left.
    refuseWhenStopped(signal);
    return rows;
  }

  function refuseWhenStopped(signal: AbortSignal | undefined): void {
    if (closing.signal.aborted) throw new EmbedderError('closed', 'The embedder is closed.');
    if (signal?.aborted) throw new EmbedderError('cancelled', 'The embedding was cancelled.');
  }

  return {
    name: model.name,
    dimensions: EMBEDDING_DIMENSIONS,
    sends_text_away: model.sends_text_away,
    is_immediate: model.is_immediate,
    noise: model.noise,
    embed,
    close() {
      closing.abort();
      closed ??= model.close();
      return closed;
    },
  };
}
