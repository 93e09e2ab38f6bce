import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import { newSchemaName, openTestDatabase, POSTGRES_URL } from '../db/testing.ts';
import { DeliveryStore } from './store.ts';

const DELIVERIES = 2_000;

/** What each process runs: a worker that notes, in the transaction of the outcome, that it did a delivery. */
const PROGRAM = `
import { silentLog, systemClock } from ${module('../base/index.ts')};
import { openPostgres } from ${module('../db/index.ts')};
import { DeliveryStore, QueueWorker } from ${module('./index.ts')};

const [url, schema, name] = process.argv.slice(1);
const db = await openPostgres({ url, schema, pool_size: 4, log: silentLog });
const worker = new QueueWorker({
  queue: 'q', name, store: new DeliveryStore(db), clock: systemClock, random: Math.random, log: silentLog,
  concurrency: 16, lease_ms: 30_000, poll_ms: 20,
  handler: {
    handle: async ({ id, group_key }) => ({
      type: 'done',
      commit: (tx) => tx.query({
        text: 'insert into effects (delivery_id, group_key, worker) values ($1, $2, $3)', values: [id, group_key, name],
      }),
    }),
  },
});
console.log('ready');
process.stdin.once('data', () => worker.start());
process.stdin.once('end', async () => { await worker.stop(); await db.close(); });
setInterval(() => {}, 1_000).unref();
`;

function module(file: string): string {
  return JSON.stringify(new URL(file, import.meta.url).href);
}

/** Starts a worker in a process of its own; it begins when it is told to. */
async function startProcess(schema: string, name: string) {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', PROGRAM, POSTGRES_URL ?? '', schema, name],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
  return {
    begin: () => child.stdin.write('go\n'),
    end: () => {
      child.stdin.end();
      return ended;
    },
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

describe.skipIf(POSTGRES_URL === undefined)('workers in two processes', { timeout: 60_000 }, () => {
  it('do each of 2,000 deliveries exactly once, those of a group in order', async () => {
    const schema = newSchemaName();
    const db = await openTestDatabase(schema);
    const store = new DeliveryStore(db);
    await db.exec(
      `create table effects (n bigint generated always as identity, delivery_id uuid not null, group_key text, worker text not null)`,
    );
    const owner_id = newId();
    const groups = Array.from({ length: 20 }, (_, n) => `g${n}`);
    await store.enqueue(
      Array.from({ length: DELIVERIES }, (_, n) => ({
        queue: 'q',
        owner_id,
        dedupe_key: `k${n}`,
        // Every fourth belongs to a group.
        group_key: n % 4 === 0 ? (groups[(n / 4) % groups.length] ?? null) : null,
        payload: null,
      })),
    );
    const processes = await Promise.all([startProcess(schema, 'one'), startProcess(schema, 'two')]);
    for (const { begin } of processes) begin();
    const deadline = Date.now() + 50_000;
    while (((await store.counts('q'))['done'] ?? 0) < DELIVERIES && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await store.counts('q')).toEqual({ done: DELIVERIES });
    await Promise.all(processes.map(({ end }) => end()));
    const { rows: effects } = await db.query<{ n: number; ids: number; workers: number }>({
      text: 'select count(*)::int as n, count(distinct delivery_id)::int as ids, count(distinct worker)::int as workers from effects',
    });
    expect(effects).toEqual([{ n: DELIVERIES, ids: DELIVERIES, workers: 2 }]);
    const { rows: attempts } = await db.query({ text: 'select distinct attempts from deliveries' });
    expect(attempts).toEqual([{ attempts: 1 }]);
    const { rows: out_of_order } = await db.query({
      text: `select * from (
        select d.position, lag(d.position) over (partition by e.group_key order by e.n) as before
        from effects e join deliveries d on d.id = e.delivery_id where e.group_key is not null) x
        where position < before`,
    });
    expect(out_of_order).toEqual([]);
  });

  it('finish what a killed process left, once', async () => {
    const schema = newSchemaName();
    const db = await openTestDatabase(schema);
    const store = new DeliveryStore(db);
    await db.exec(
      `create table effects (n bigint generated always as identity, delivery_id uuid not null, group_key text, worker text not null)`,
    );
    const owner_id = newId();
    const total = 600;
    await store.enqueue(
      Array.from({ length: total }, (_, n) => ({
        queue: 'q',
        owner_id,
        dedupe_key: `k${n}`,
        payload: null,
      })),
    );
    const [victim, heir] = await Promise.all([
      startProcess(schema, 'victim'),
      startProcess(schema, 'heir'),
    ]);
    victim.begin();
    const deadline = Date.now() + 50_000;
    while (((await store.counts('q'))['done'] ?? 0) < 50 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await victim.kill();
    // As if the lease of what it held were over.
    await db.exec(`update deliveries set due_at = clock_timestamp() where state = 'running'`);
    heir.begin();
    while (((await store.counts('q'))['done'] ?? 0) < total && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    await heir.end();
    const { rows } = await db.query<{ n: number; ids: number; workers: number }>({
      text: 'select count(*)::int as n, count(distinct delivery_id)::int as ids, count(distinct worker)::int as workers from effects',
    });
    expect(rows).toEqual([{ n: total, ids: total, workers: 2 }]);
  });
});
