import { WELL_KNOWN } from '@cairn/protocol';
import { getToken, readText } from '../api.ts';
import type { Figure, Measurement } from '../figure.ts';
import type { Bench } from '../harness.ts';
import { toRequest } from '../load/http-connection.ts';
import { jsonBytes, sampleBody } from '../payload.ts';

const FEW = 10_000;
const LIMIT = 20;

/** Tags by how many records have them; each is a figure of its own, for an index that suits one may fail another. */
const TAGS = [
  { figure: 'list', tag: 'kind:note', about: 'one record in 100 has the tag' },
  { figure: 'list-scarce-tag', tag: 'service:7', about: 'one record in 500 has the tag' },
  { figure: 'list-common-tag', tag: 'workspace:bench', about: 'every second record has the tag' },
  { figure: 'list-rare-tag', tag: 'topic:rare', about: '50 records have the tag, the oldest' },
] as const;

/** The first page by a tag, over HTTP on one connection, in a large and in a small database on the same server. */
export const listFigure: Figure = {
  name: 'list',
  title: `list of ${LIMIT} by tag among many breadcrumbs ÷ among ${FEW}`,
  async measure(bench) {
    const { list_rows, slot_ms } = bench.options;
    const many_url = await bench.newDatabase();
    const few_url = await bench.newDatabase();
    await fill(bench, many_url, list_rows);
    await fill(bench, few_url, FEW);
    const many = await bench.startServer(many_url);
    const few = await bench.startServer(few_url);
    const roles = ['emitter', 'subscriber'] as const;
    const tokens = new Map([
      [many.port, await getToken(many.port, { roles })],
      [few.port, await getToken(few.port, { roles })],
    ]);
    const measurements: Measurement[] = [];
    try {
      for (const { figure, tag, about } of TAGS) {
        const path = `/breadcrumbs?tag=${tag}&limit=${LIMIT}`;
        const list = async (port: number) => {
          const token = tokens.get(port) ?? '';
          const load = { connections: 1, measure_ms: slot_ms / 2.5 };
          const requests = [toRequest('GET', path, { token })];
          return (await bench.generator.run({ task: 'http', port, requests, ...load })).p50_ms;
        };
        const page = await readText(few.port, tokens.get(few.port) ?? '', path);
        if ((JSON.parse(page) as unknown[]).length !== LIMIT)
          throw new Error(`the list by ${tag} is not of ${LIMIT}`);
        measurements.push({
          figure,
          unit: 'ms',
          ...(await bench.takeTurns(
            () => list(many.port),
            () => list(few.port),
          )),
          goal: { of: 'ratio', at_most: 2 },
          notes: [
            `p50 of one request after the other at ${list_rows} and at ${FEW} breadcrumbs; ${about}; answer ${Buffer.byteLength(page)} bytes`,
          ],
        });
      }
    } finally {
      await Promise.all([many.stop(), few.stop()]);
    }
    return measurements;
  },
};

/** Fills the table itself, without events: what a list reads is the same. */
async function fill(bench: Bench, url: string, rows: number): Promise<void> {
  bench.say(`filling ${rows} breadcrumbs`);
  const { context, title, schema_name } = sampleBody();
  await bench.withDatabase(url, async (client) => {
    await client.query("set synchronous_commit = off; set maintenance_work_mem = '256MB'");
    // References are checked row by row, and these are known to hold. Needs a superuser; without one it takes longer.
    await client.query('set session_replication_role = replica').catch(() => {});
    await client.query(
      `insert into breadcrumbs (id, owner_id, title, context, tags, schema_name, checksum, size_bytes, created_by,
         updated_by, created_at, updated_at)
       select gen_random_uuid(), $1::uuid, $3 || ' ' || n, $4::jsonb,
         array_remove(array['service:' || n % 500, case when n % 2 = 0 then 'workspace:bench' end,
           case when n % 100 = 0 then 'kind:note' end, case when n <= 50 then 'topic:rare' end], null),
         $5, repeat('0', 64), $6::integer, $2::uuid, $2::uuid,
         now() - ($7::integer - n) * interval '1 second', now() - ($7::integer - n) * interval '1 second'
       from generate_series(1, $7::integer) n`,
      [
        WELL_KNOWN.owner_id,
        WELL_KNOWN.person,
        title,
        JSON.stringify(context),
        schema_name,
        jsonBytes(context),
        rows,
      ],
    );
    // What triggers do for other writers.
    await client.query(
      `insert into breadcrumb_tags (owner_id, tag, updated_at, breadcrumb_id)
       select owner_id, tag, updated_at, id from breadcrumbs, unnest(tags) tag
       on conflict do nothing`,
    );
    await client.query('vacuum analyze breadcrumbs');
    await client.query('vacuum analyze breadcrumb_tags');
    await client.query('checkpoint').catch(() => {});
  });
}
