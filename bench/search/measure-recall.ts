import type { Client } from 'pg';
import { readText } from '../api.ts';

/** Distances of equal vectors differ by this much, depending on the order in which they were summed. */
const ROUNDING = 1e-6;

/** Who searches, and what may be found. */
export interface Recall {
  readonly port: number;
  readonly token: string;
  readonly owner_id: string;
  readonly agent_id: string;
  /** The embedder whose vectors are compared. */
  readonly by: string;
  /** As pgvector reads them. */
  readonly vectors: readonly string[];
  readonly hits: number;
}

/**
 * How many in a hundred of the nearest records the search by vector finds. The nearest are those of comparing the vectors
 * of all records that this agent may read, one by one, in a table of their own. As near as the last of them counts as one
 * of them, since which of several equally near ones comes first is nobody's mistake.
 */
export async function measureRecall(client: Client, recall: Recall): Promise<number> {
  const { port, token, owner_id, agent_id, by, vectors, hits } = recall;
  await client.query('drop table if exists bench_readable');
  await client.query(
    `create temporary table bench_readable as select id, embedding from breadcrumbs
     where owner_id = $1 and ((visibility <> 'private' and sensitivity <> 'secret') or created_by = $2)
       and (ttl is null or ttl > now()) and embedded_by = $3 and embedding is not null`,
    [owner_id, agent_id, by],
  );
  let found = 0;
  for (const vector of vectors) {
    const path = `/breadcrumbs/search?qvec=${vector.slice(1, -1)}&nn=${hits}`;
    const answer = JSON.parse(await readText(port, token, path)) as { id: string }[];
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::integer as n from bench_readable
       where id = any($2::uuid[]) and embedding <=> $1::vector <= ${ROUNDING} + (
         select max(distance) from (
           select embedding <=> $1::vector as distance from bench_readable order by distance limit $3
         ) nearest)`,
      [vector, answer.map(({ id }) => id), hits],
    );
    found += rows[0]?.n ?? 0;
  }
  return (100 * found) / (vectors.length * hits);
}
