import type { BreadcrumbCreate } from '@cairn/protocol';
import type { Client } from 'pg';
import { newId, silentLog } from '../../packages/server/src/base/index.ts';
import {
  embedRecords,
  indexWords,
  type Embedder,
} from '../../packages/server/src/breadcrumbs/index.ts';
import { jsonBytes } from '../payload.ts';

const BATCH = 1_000;
/** The graph of 100,000 vectors fits, which makes building it several times faster. */
const INDEX_MEMORY = '512MB';

/** What the table is to be filled with. */
export interface NotesToFill {
  readonly count: number;
  note(): BreadcrumbCreate;
  /** The agent that the note of this number is from, and private to if `is_private`. */
  author(n: number): {
    readonly owner_id: string;
    readonly agent_id: string;
    readonly is_private: boolean;
  };
  /** Makes their vectors; null where the database keeps none. */
  readonly embedder: Embedder | null;
}

/**
 * Fills the table as the server would have left it: rows, words and vectors, made by the code that the server makes them
 * with, but a thousand rows a statement, without events, and with the index of vectors built at the end. Written one by
 * one, each vector looks for its place in that index by itself, and 100,000 take several times as long.
 */
export async function fillNotes(client: Client, notes: NotesToFill): Promise<void> {
  await client.query(`set synchronous_commit = off; set maintenance_work_mem = '${INDEX_MEMORY}'`);
  // References are checked row by row, and these are known to hold. Needs a superuser; without one it takes longer.
  await client.query('set session_replication_role = replica').catch(() => {});
  const rebuild = notes.embedder === null ? null : await dropVectorIndex(client);
  let written: Promise<unknown> = Promise.resolve();
  for (let start = 0; start < notes.count; start += BATCH) {
    const rows = await makeRows(notes, start, Math.min(start + BATCH, notes.count));
    // The next rows are made while these are written.
    await written;
    written = writeRows(client, rows, notes.embedder);
    // Awaited above, where a failure is seen; until then it has somebody who knows of it.
    written.catch(() => {});
  }
  await written;
  if (rebuild !== null) await client.query(rebuild);
  await client.query('vacuum analyze breadcrumbs');
  await client.query('checkpoint').catch(() => {});
}

/** Drops the index of vectors and gives the statement that makes it again, as the migrations have made it. */
async function dropVectorIndex(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
     from pg_index where indrelid = 'breadcrumbs'::regclass and pg_get_indexdef(indexrelid) like '% USING hnsw %'`,
  );
  const [index] = rows;
  if (index === undefined || rows.length > 1)
    throw new Error(`breadcrumbs has ${rows.length} indexes of vectors and not one`);
  await client.query(`drop index ${index.name}`);
  return index.definition;
}

async function makeRows(notes: NotesToFill, start: number, end: number) {
  const { embedder } = notes;
  const records = Array.from({ length: end - start }, () => toIndexable(notes.note()));
  const vectors =
    embedder === null ? null : await embedRecords(records, { embedder, log: silentLog });
  return records.map((record, at) => {
    const { owner_id, agent_id, is_private } = notes.author(start + at);
    return {
      ...record,
      owner_id,
      size_bytes: jsonBytes(record.context),
      visibility: is_private ? 'private' : 'team',
      created_by: agent_id,
      age_s: notes.count - start - at,
      document: indexWords(record),
      embedding: vectors?.get(record.id),
    };
  });
}

/** A note as the server's indexer reads it. */
export function toIndexable(note: BreadcrumbCreate) {
  return { ...note, id: newId(), version: 1, description: null, sensitivity: 'low' };
}

async function writeRows(
  client: Client,
  rows: readonly object[],
  embedder: Embedder | null,
): Promise<void> {
  const [column, value] = embedder === null ? ['', ''] : [', embedding', ', embedding::vector'];
  await client.query(
    `insert into breadcrumbs (id, owner_id, title, context, tags, schema_name, checksum, size_bytes, visibility,
       created_by, updated_by, created_at, updated_at, document, embedded_by, indexed_version${column})
     select id, owner_id, title, context, tags, schema_name, repeat('0', 64), size_bytes, visibility,
       created_by, created_by, now() - age_s * interval '1 second', now() - age_s * interval '1 second',
       document::tsvector, $2, 1${value}
     from jsonb_to_recordset($1::jsonb) as r(id uuid, owner_id uuid, title text, context jsonb, tags text[], schema_name text,
       size_bytes integer, visibility text, created_by uuid, age_s integer, document text, embedding text)`,
    [JSON.stringify(rows), embedder?.name ?? 'words'],
  );
}
