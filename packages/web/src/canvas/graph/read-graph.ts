import { CairnError, type CairnClient } from '@cairn/sdk';
import { queryOptions } from '@tanstack/react-query';
import type { Live } from '../../live/live.ts';
import { foldEvents } from './fold-events.ts';
import { NODES_AT_MOST } from './graph.ts';
import {
  recordOfRow,
  type GraphData,
  type GraphRecord,
  type ListedRecord,
} from './graph-record.ts';
import { contextKeeper, RELATION_SCHEMAS, schemasWithRules } from './read-relations.ts';

/** The largest page of the API. */
const PAGE_ROWS = 500;

export const GRAPH_KEY = ['canvas', 'graph'] as const;

/** All that the canvas shows: read once, and from then on kept up to date by events. */
export function graphQuery(client: CairnClient, live: Live) {
  return queryOptions({
    queryKey: GRAPH_KEY,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<GraphData> => {
      const data = await readGraph(client, signal);
      // The answer of a read that began before an event must not undo it.
      return foldEvents(data, live.recentEvents(), new Set());
    },
  });
}

async function readGraph(client: CairnClient, signal: AbortSignal): Promise<GraphData> {
  const [relating, rows, agents, secrets] = await Promise.all([
    Promise.all(
      RELATION_SCHEMAS.map((schema_name) => readWithContexts(client, schema_name, signal)),
    ),
    readRows(client, signal),
    allowed(client.agents.list({ signal })),
    allowed(client.secrets.list({ limit: PAGE_ROWS }, { signal }).then(({ items }) => items)),
  ]);
  const relations = relating.flat().map((row) => recordOfRow(row, () => true));
  const ruled = [...schemasWithRules(relations)].filter(
    (schema_name) => schema_name === null || !RELATION_SCHEMAS.includes(schema_name),
  );
  const looked_into = await Promise.all(
    ruled.map((schema_name) => readWithContexts(client, schema_name, signal)),
  );
  const keepsContext = contextKeeper(relations);
  const records = new Map<string, GraphRecord>();
  for (const row of rows.items) records.set(row.id, recordOfRow(row, keepsContext));
  for (const row of looked_into.flat()) records.set(row.id, recordOfRow(row, keepsContext));
  for (const record of relations) records.set(record.id, record);
  // Definitions are shown even where they are older than all that fits.
  return { records: [...records.values()], agents, secrets, has_more: rows.has_more };
}

async function readRows(
  client: CairnClient,
  signal: AbortSignal,
): Promise<{ readonly items: readonly ListedRecord[]; readonly has_more: boolean }> {
  const items: ListedRecord[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: PAGE_ROWS };
    if (cursor !== null) query.cursor = cursor;
    const page = await client.listBreadcrumbs(query, { signal });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && items.length < NODES_AT_MOST);
  return { items, has_more: cursor !== null };
}

/** The newest of a schema, or of all, with their contexts. */
async function readWithContexts(
  client: CairnClient,
  schema_name: string | null,
  signal: AbortSignal,
): Promise<readonly ListedRecord[]> {
  const query = {
    ...(schema_name === null ? {} : { schema_name }),
    limit: PAGE_ROWS,
    include_context: true,
  } as const;
  return (await client.listBreadcrumbs(query, { signal })).items;
}

/** What one may not see is not there. */
async function allowed<T>(items: Promise<T[]>): Promise<T[]> {
  try {
    return await items;
  } catch (error) {
    if (error instanceof CairnError && error.status === 403) return [];
    throw error;
  }
}
