import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newSchemaName, openTestDatabase, POSTGRES_URL } from '../db/testing.ts';
import { appendEvent, loseSequence, TEST_OWNER } from './testing.ts';

function module(file: string): string {
  return JSON.stringify(new URL(file, import.meta.url).href);
}

/** What each process runs: a tail that prints what it is told, and a dispatcher when it is asked for one. */
const PROGRAM = `
import { silentLog, systemClock } from ${module('../base/index.ts')};
import { createPostgresBus } from ${module('../bus/index.ts')};
import { openPostgres } from ${module('../db/index.ts')};
import { Dispatcher, EventStore, LogTail } from ${module('./index.ts')};
import { DeliveryStore } from ${module('../queue/index.ts')};

const [url, schema, with_dispatcher] = process.argv.slice(1);
const db = await openPostgres({ url, schema, pool_size: 4, log: silentLog });
const bus = createPostgresBus(db, silentLog);
const store = new EventStore(db);
const tail = new LogTail(store, bus, systemClock, silentLog);
tail.onEvents((events) => console.log(JSON.stringify(events.map(({ seq }) => seq))));
if (with_dispatcher) {
  const dispatcher = new Dispatcher({
    store, tail, bus, deliveries: new DeliveryStore(db), clock: systemClock, log: silentLog,
  });
  dispatcher.defineQueue('q', (event) => ({ dedupe_key: String(event.seq), payload: { seq: event.seq } }));
  dispatcher.route({}, 'q');
  dispatcher.project({}, async (tx, event) => {
    await tx.query({ text: 'insert into seen (seq) values ($1)', values: [event.seq] });
  });
  await tail.start();
  await dispatcher.start();
} else await tail.start();
console.log(JSON.stringify('ready'));
setInterval(() => {}, 1_000);
`;

/** A tail in a process of its own. */
async function startProcess(schema: string, with_dispatcher = false) {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      PROGRAM,
      POSTGRES_URL ?? '',
      schema,
      with_dispatcher ? 'yes' : '',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  onTestFinished(async () => {
    await kill();
  });
  const told: number[] = [];
  let look = () => {};
  const ready = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    const said = JSON.parse(line) as number[] | 'ready';
    if (said === 'ready') return ready.resolve();
    told.push(...said);
    look();
  });
  await ready.promise;
  return {
    told,
    kill,
    /** Resolves when it has told of this sequence. */
    until: (seq: number) =>
      new Promise<void>((resolve) => {
        look = () => {
          if ((told.at(-1) ?? 0) >= seq) resolve();
        };
        look();
      }),
  };
}

describe.skipIf(POSTGRES_URL === undefined)('two processes on one log', { timeout: 60_000 }, () => {
  it('a lower sequence that commits last is skipped by none of them', async () => {
    const schema = newSchemaName();
    const db = await openTestDatabase(schema);
    const tails = await Promise.all([startProcess(schema), startProcess(schema)]);
    const expected: number[] = [];
    for (let round = 0; round < 20; round++) {
      const has_low = Promise.withResolvers<number>();
      const has_high = Promise.withResolvers<void>();
      const slow = db.transaction(async (tx) => {
        has_low.resolve(await appendEvent(tx));
        await has_high.promise;
        await tx.query({ text: 'select pg_sleep($1)', values: [round % 2 === 0 ? 0.002 : 0.02] });
      });
      expected.push(await has_low.promise);
      // Another connection takes a higher number and commits first; it is there for long enough to be read.
      expected.push(await appendEvent(db));
      await db.notify('events.log', '');
      has_high.resolve();
      await slow;
      if (round % 5 === 4) await loseSequence(db);
    }
    const last = await appendEvent(db);
    expected.push(last);
    await db.notify('events.log', '');
    await Promise.all(tails.map(({ until }) => until(last)));
    for (const { told } of tails) expect(told).toEqual(expected);
  });

  it('both tell the same complete list, whatever many writers do at once', async () => {
    const schema = newSchemaName();
    const db = await openTestDatabase(schema);
    const tails = await Promise.all([startProcess(schema), startProcess(schema)]);
    const transaction = fc.record({
      before_ms: fc.nat(8),
      events: fc.integer({ min: 1, max: 4 }),
      after_ms: fc.nat(25),
      commits: fc.boolean(),
    });
    const writers = fc.array(fc.array(transaction, { minLength: 1, maxLength: 6 }), {
      minLength: 2,
      maxLength: 8,
    });
    const rolled_back = new Error('rolled back on purpose');
    await fc.assert(
      fc.asyncProperty(writers, async (plans) => {
        await Promise.all(
          plans.map(async (plan) => {
            for (const { before_ms, events, after_ms, commits } of plan) {
              await db
                .transaction(async (tx) => {
                  await tx.query({ text: 'select pg_sleep($1)', values: [before_ms / 1000] });
                  for (let n = 0; n < events; n++) await appendEvent(tx);
                  await tx.query({ text: 'select pg_sleep($1)', values: [after_ms / 1000] });
                  if (!commits) throw rolled_back;
                })
                .catch((error: unknown) => {
                  if (error !== rolled_back) throw error;
                });
              await db.notify('events.log', '');
            }
          }),
        );
        const last = await appendEvent(db);
        await db.notify('events.log', '');
        await Promise.all(tails.map(({ until }) => until(last)));
        const { rows } = await db.query<{ seq: number }>({
          text: 'select seq from events order by seq',
        });
        const all = rows.map(({ seq }) => seq);
        for (const { told } of tails) expect(told).toEqual(all);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('dispatch every event once between them, also when one is killed', async () => {
    const schema = newSchemaName();
    const db = await openTestDatabase(schema);
    await db.exec('create table seen (n bigint generated always as identity, seq bigint not null)');
    const processes = await Promise.all([startProcess(schema, true), startProcess(schema, true)]);
    const total = 600;
    await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let n = 0; n < total / 6; n++) {
          await appendEvent(db, { owner_id: TEST_OWNER });
          if (writer === 0 && n === 30) await processes[0]?.kill();
        }
      }),
    );
    const deadline = Date.now() + 30_000;
    const deliveries = async () => {
      const { rows } = await db.query<{ n: number }>({
        text: 'select count(*)::int as n from deliveries',
      });
      return rows[0]?.n ?? 0;
    };
    while ((await deliveries()) < total && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const { rows: counts } = await db.query({
      text: `select (select count(*)::int from deliveries) as deliveries, (select count(*)::int from seen) as seen,
        (select count(distinct seq)::int from seen) as distinct_seen, (select count(*)::int from events) as events,
        (select count(*)::int from (select seq, lag(seq) over (order by n) as before from seen) x where seq < before) as out_of_order`,
    });
    expect(counts).toEqual([
      { deliveries: total, seen: total, distinct_seen: total, events: total, out_of_order: 0 },
    ]);
  });
});
