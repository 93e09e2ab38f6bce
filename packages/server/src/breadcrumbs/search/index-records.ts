import type { Log } from '../../base/index.ts';
import type { LoggedEvent } from '../../events/index.ts';
import { textOfRecord, type Embedder, type EmbedderErrorClass } from '../embedders/index.ts';
import type { Indexed, SearchStore } from './search-store.ts';

/** Records of machines for machines, which nobody searches for. */
const SKIPPED = new Set(['system.hygiene.v1', 'system.metrics.v1', 'system.context-metrics.v1']);

/**
 * Takes a page of the log and brings search up to date with the records it names. Records that changed again since are
 * read as they are now; the later event then finds nothing to do.
 */
export async function indexRecords(
  events: readonly LoggedEvent[],
  ports: { store: SearchStore; embedder: Embedder; log: Log },
  signal?: AbortSignal,
): Promise<void> {
  const { store, embedder, log } = ports;
  const changed = events.filter(
    ({ kind, schema_name }) => kind !== 'deleted' && !SKIPPED.has(schema_name ?? ''),
  );
  const ids = [...new Set(changed.map(({ breadcrumb_id }) => breadcrumb_id))];
  if (ids.length === 0) return;
  const records = await store.read(ids);
  if (records.length === 0) return;
  const texts = records.map(textOfRecord);
  const has_vectors = await store.hasVectors();
  const vectors = new Map<string, string>();
  if (has_vectors) {
    // What is secret does not leave for another service, whatever that service promises.
    const meant = records
      .map((record, index) => ({ record, text: texts[index] ?? '' }))
      .filter(({ record }) => !(embedder.sends_text_away && record.sensitivity === 'secret'));
    const found = await embedAll(
      meant.map(({ text }) => text),
      ports,
      signal,
    );
    meant.forEach(({ record }, index) => {
      const vector = found[index];
      if (vector) vectors.set(record.id, toText(vector));
    });
  }
  const rows: Indexed[] = records.map(({ id, version }, index) => ({
    id,
    version,
    text: texts[index] ?? '',
    embedding: vectors.get(id) ?? null,
  }));
  await store.write(rows, has_vectors ? embedder.name : null);
  log.debug({ records: rows.length }, 'indexed');
}

/**
 * One vector for each text, none for a text that the embedder refuses: it would refuse it the next time too, and nothing
 * after it would ever be found. Whether the texts are to blame shows in one that nobody can mind.
 */
async function embedAll(
  texts: readonly string[],
  { embedder, log }: { embedder: Embedder; log: Log },
  signal?: AbortSignal,
): Promise<(Float32Array | undefined)[]> {
  try {
    return await embedder.embed(texts, signal);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await embedder.embed(['hello'], signal);
  }
  const found: (Float32Array | undefined)[] = [];
  for (const text of texts) {
    try {
      found.push((await embedder.embed([text], signal))[0]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      log.warn({ reason: error.message }, 'a record is found by its words only');
      found.push(undefined);
    }
  }
  return found;
}

const REFUSED: EmbedderErrorClass = 'invalid_request';

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && 'error_class' in error && error.error_class === REFUSED;
}

/** A vector as pgvector reads it. */
export function toText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}
