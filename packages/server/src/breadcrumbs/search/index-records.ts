import { messageOf, type Log } from '../../base/index.ts';
import type { LoggedEvent } from '../../events/index.ts';
import type { Embedder } from '../embedders/index.ts';
import { embedRecords } from './embed-records.ts';
import { indexWords } from './index-words.ts';
import type { Indexable, SearchStore } from './search-store.ts';

/** Records of machines for machines, which nobody searches for. */
const SKIPPED = new Set(['system.hygiene.v1', 'system.metrics.v1', 'system.context-metrics.v1']);

/** Whether search looks at records of this schema. */
export function isSearched(schema_name: string | null): boolean {
  return schema_name === null || !SKIPPED.has(schema_name);
}

/** What the indexer works with. */
export interface IndexerPorts {
  readonly store: SearchStore;
  readonly embedder: Embedder;
  readonly log: Log;
  /** Called when records have been indexed whose vectors are still to be made. */
  readonly onBehind: () => void;
}

/**
 * Takes a page of the log and brings search up to date with the records it names. Records that changed again since are
 * read as they are now; the later event then finds nothing to do. Words are indexed now, whatever the embedder does;
 * vectors only by an embedder that has them at once. The others are made by `EmbeddingWorker`.
 */
export async function indexRecords(
  events: readonly LoggedEvent[],
  ports: IndexerPorts,
  signal?: AbortSignal,
): Promise<void> {
  const { store, log } = ports;
  const changed = events.filter(
    ({ kind, schema_name }) => kind !== 'deleted' && isSearched(schema_name),
  );
  const ids = [...new Set(changed.map(({ breadcrumb_id }) => breadcrumb_id))];
  if (ids.length === 0) return;
  const records = await store.read(ids);
  if (records.length === 0) return;
  const vectors = await vectorsAtOnce(records, ports, signal);
  const rows = records.map((record) => ({
    id: record.id,
    version: record.version,
    document: indexWords(record),
    embedding: vectors?.get(record.id) ?? null,
  }));
  await store.write(rows, vectors === null ? null : await store.embeddedBy(ports.embedder.name));
  if (vectors === null) ports.onBehind();
  log.debug({ records: rows.length }, 'indexed');
}

/** The vectors, or null when they are to be made later. */
async function vectorsAtOnce(
  records: readonly Indexable[],
  { store, embedder, log }: IndexerPorts,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string | null> | null> {
  if (!(await store.hasVectors())) return new Map();
  if (!embedder.is_immediate) return null;
  try {
    return await embedRecords(records, { embedder, log }, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    log.warn({ reason: messageOf(error) }, 'records were indexed by their words only, for now');
    return null;
  }
}
