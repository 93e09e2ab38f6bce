import { messageOf, type Log } from '../../base/index.ts';
import {
  textOfRecord,
  type Embedder,
  type EmbedderErrorClass,
  type EmbedderFault,
} from '../embedders/index.ts';
import { toText } from './vector-text.ts';
import type { Indexable } from './search-store.ts';

/** Faults that no text is to blame for: a smaller batch would fail in the same way. */
const BLAMELESS: ReadonlySet<EmbedderErrorClass> = new Set([
  'authentication',
  'quota',
  'rate_limit',
  'not_configured',
  'wrong_dimensions',
  'cancelled',
  'closed',
]);

/**
 * The vectors of records as pgvector reads them, by id; null for a record that has none: one that is secret or has
 * personal data, where the embedder is another service, whatever that service promises; and one whose text the embedder cannot take, since it could not the
 * next time either, and nothing after it would ever be found by its meaning.
 * @throws EmbedderError when the embedder is to blame and not a text
 */
export async function embedRecords(
  records: readonly Indexable[],
  ports: { embedder: Embedder; log: Log },
  signal?: AbortSignal,
): Promise<Map<string, string | null>> {
  const { embedder } = ports;
  const vectors = new Map<string, string | null>(records.map(({ id }) => [id, null]));
  const meant = records.filter(
    ({ sensitivity }) => !(embedder.sends_text_away && sensitivity !== 'low'),
  );
  if (meant.length === 0) return vectors;
  const found = await embedAll(meant.map(textOfRecord), ports, signal);
  meant.forEach(({ id }, index) => {
    const vector = found[index];
    if (vector) vectors.set(id, toText(vector));
  });
  return vectors;
}

/** One vector for each text, none for a text that the embedder fails on while it takes one that nobody can mind. */
async function embedAll(
  texts: readonly string[],
  { embedder, log }: { embedder: Embedder; log: Log },
  signal?: AbortSignal,
): Promise<(Float32Array | undefined)[]> {
  try {
    return await embedder.embed(texts, signal);
  } catch (error) {
    if (isBlameless(error)) throw error;
    await embedder.embed(['hello'], signal);
  }
  const found: (Float32Array | undefined)[] = [];
  for (const text of texts) {
    try {
      found.push((await embedder.embed([text], signal))[0]);
    } catch (error) {
      if (isBlameless(error)) throw error;
      await embedder.embed(['hello'], signal);
      log.warn({ reason: messageOf(error) }, 'a record is found by its words only');
      found.push(undefined);
    }
  }
  return found;
}

function isBlameless(error: unknown): boolean {
  return !isEmbedderFault(error) || BLAMELESS.has(error.error_class);
}

/** Whether this came from an embedder, which says what kind of fault it is. */
export function isEmbedderFault(error: unknown): error is EmbedderFault {
  return error instanceof Error && 'error_class' in error;
}
