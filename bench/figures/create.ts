import type { Client } from 'pg';
import { create, getToken } from '../api.ts';
import type { Figure } from '../figure.ts';
import type { Bench } from '../harness.ts';
import type { LoadResult } from '../load/contract.ts';
import { toRequest } from '../load/http-connection.ts';
import { jsonBytes, sampleBody } from '../payload.ts';
import { percentile, round } from '../statistics.ts';

const CONNECTIONS = 64;
const BASELINE_CONNECTIONS = 16;
const CAUGHT_UP_MS = 60_000;

/**
 * The API against the database alone. The baseline is the strongest we know for single rows: one prepared statement
 * that inserts the row and its event, committed by itself, with no HTTP, no JSON to check and nobody to tell.
 * Each side has a database of its own on the same server, so that our dispatcher does not work on the baseline's rows.
 */
export const createFigure: Figure = {
  name: 'create',
  title: 'POST /breadcrumbs at 64 connections ÷ bare insert of the same row and event on 16',
  async measure(bench) {
    const url = await bench.newDatabase();
    const baseline_url = await bench.newDatabase();
    // The baseline stores the row and its event, and keeps no list by tag, which ours does with each row.
    await bench.withDatabase(baseline_url, (client) =>
      client.query('alter table breadcrumbs disable trigger user'),
    );
    const server = await bench.startServer(url);
    try {
      const token = await getToken(server.port);
      const { id } = await create(server.port, token, sampleBody());
      const insert = await bench.withDatabase(url, (client) => describeInsert(client, id));
      const requests = [toRequest('POST', '/breadcrumbs', { token, body: sampleBody() })];
      const { slot_ms: measure_ms, rounds } = bench.options;
      const last: LoadResult[] = [];
      const delays: number[] = [];
      const values = await bench.takeTurns(
        async () => {
          const load = { port: server.port, connections: CONNECTIONS, measure_ms, requests };
          last[0] = await bench.generator.run({ task: 'http', ...load });
          delays.push(await untilDispatched(bench, url));
          return last[0].per_second;
        },
        async () => {
          const load = { url: baseline_url, connections: BASELINE_CONNECTIONS, measure_ms };
          last[1] = await bench.generator.run({ task: 'insert', ...load, ...insert });
          return last[1].per_second;
        },
      );
      const body = sampleBody();
      return [
        {
          figure: 'create',
          unit: '/s',
          ...values,
          goal: { of: 'ratio', at_least: 1 },
          notes: [
            `the row as it is stored, with the words that search looks for; the baseline keeps no list by tag`,
            `body ${jsonBytes(body)} bytes, context ${jsonBytes(body.context)} bytes, ${rounds} rounds of ${measure_ms} ms a side`,
            `one answer took ${describe(last[0])}; one insert ${describe(last[1])}`,
            `all events of a round were dispatched ${round(percentile(delays, 1))} ms after its end or sooner`,
          ],
        },
      ];
    } finally {
      await server.stop();
    }
  },
};

/** One statement that inserts just what our server stored for a breadcrumb: its row and its event, with a new id. */
async function describeInsert(client: Client, id: string) {
  const row = await readStored(client, 'breadcrumbs', 'id', id);
  const event = await readStored(client, 'events', 'breadcrumb_id', id);
  const values = ['', ...row.values, ...event.values];
  const place = (index: number) => `$${index + 2}`;
  const text = `with written as (
      insert into breadcrumbs (id, created_at, updated_at, ${row.names.join(', ')})
      values ($1, now(), now(), ${row.names.map((_, at) => place(at)).join(', ')}) returning id, updated_at
    ) insert into events (breadcrumb_id, updated_at, ${event.names.join(', ')})
      select id, updated_at, ${event.types.map((type, at) => `${place(row.names.length + at)}::${type}`).join(', ')}
      from written`;
  return { text, values };
}

/** The stored columns of a row, as text, without those that each insert makes anew. */
async function readStored(client: Client, table: string, key: string, id: string) {
  const { rows: columns } = await client.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
       and attname not in ('seq', 'created_at', 'updated_at', $2) order by attnum`,
    [table, key],
  );
  const names = columns.map(({ name }) => name);
  const { rows } = await client.query<Record<string, string | null>>(
    `select ${names.map((name) => `${name}::text as ${name}`).join(', ')} from ${table} where ${key} = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) throw new Error(`what was created is not in ${table}`);
  return { names, types: columns.map(({ type }) => type), values: names.map((name) => row[name]) };
}

/** Waits until the dispatcher has seen the last event, so that its work does not fall into the baseline's turn. */
async function untilDispatched(bench: Bench, url: string): Promise<number> {
  const began = performance.now();
  return bench.withDatabase(url, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ is_done: boolean }>(
        `select seq >= (select max(seq) from events) as is_done from event_cursors where name = 'dispatcher'`,
      );
      if (rows[0]?.is_done) return performance.now() - began;
      if (performance.now() - began > CAUGHT_UP_MS)
        throw new Error('the dispatcher does not catch up');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
}

function describe(result: LoadResult | undefined): string {
  if (!result) return 'nothing';
  const { p50_ms, p99_ms, generator_cores } = result;
  return `p50 ${round(p50_ms)} ms, p99 ${round(p99_ms)} ms (the generator used ${round(generator_cores)} cores)`;
}
