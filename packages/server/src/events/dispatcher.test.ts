import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock, newId, silentLog, systemClock, type Clock, type Log } from '../base/index.ts';
import { createMemoryBus, type Bus } from '../bus/index.ts';
import { DatabaseError, type Database, type Handle } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { DeliveryStore } from '../queue/index.ts';
import { TOPICS } from './contract.ts';
import { Dispatcher } from './dispatcher.ts';
import { LogTail } from './log-tail.ts';
import { EventStore } from './store.ts';
import { appendEvent, TEST_OWNER } from './testing.ts';

const OTHER_OWNER = newId();

interface Parts {
  readonly dispatcher: Dispatcher;
  readonly tail: LogTail;
  readonly bus: Bus;
  start(): Promise<void>;
}

/** A dispatcher of its own process. Without a moving clock it works when it starts and when it is rung, and never tries again. */
function assemble(
  db: Database,
  ports: { through?: Database; clock?: Clock; log?: Log } = {},
): Parts {
  const { through = db, clock = new ManualClock(), log = silentLog } = ports;
  const bus = createMemoryBus(silentLog);
  // The tail may have to wait for transactions of other tests on the same server, so its time passes.
  const tail = new LogTail(new EventStore(db), bus, systemClock, silentLog);
  const dispatcher = new Dispatcher({
    store: new EventStore(through),
    deliveries: new DeliveryStore(through),
    tail,
    bus,
    clock,
    log,
  });
  dispatcher.defineQueue('q', (event, agent_id) => ({
    dedupe_key: `${agent_id ?? 'all'}:${event.seq}`,
    payload: { seq: event.seq, agent_id },
  }));
  onTestFinished(async () => {
    await dispatcher.stop();
    await tail.stop();
  });
  return {
    dispatcher,
    tail,
    bus,
    async start() {
      await tail.start();
      await dispatcher.start();
    },
  };
}

async function openLog(): Promise<Database> {
  const db = await openTestDatabase();
  await db.exec('create table seen (n bigint generated always as identity, seq bigint, note text)');
  return db;
}

async function subscribe(
  db: Database,
  agent_id: string,
  selectors: Parameters<EventStore['replaceSubscriptions']>[2],
  owner_id = TEST_OWNER,
): Promise<void> {
  await db.transaction((tx) =>
    new EventStore(db).replaceSubscriptions({ owner_id, agent_id }, 'q', selectors, tx),
  );
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

async function cursorOf(db: Database): Promise<number> {
  const { rows } = await db.query<{ seq: number }>({
    text: `select seq from event_cursors where name = 'dispatcher'`,
  });
  return rows[0]?.seq ?? 0;
}

async function untilDispatched(db: Database, seq: number): Promise<void> {
  while ((await cursorOf(db)) < seq) await new Promise((resolve) => setImmediate(resolve));
}

async function deliveries(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ dedupe_key: string }>({
    text: 'select dedupe_key from deliveries order by position',
  });
  return rows.map(({ dedupe_key }) => dedupe_key);
}

async function seen(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ seq: number; note: string }>({
    text: 'select seq, note from seen order by n',
  });
  return rows.map(({ seq, note }) => `${note} ${seq}`);
}

function see(tx: Handle, seq: number, note: string) {
  return tx.query({ text: 'insert into seen (seq, note) values ($1, $2)', values: [seq, note] });
}

describe('Dispatcher', () => {
  it('makes one delivery for each subscriber that an event matches', async () => {
    const db = await openLog();
    const [one, two, other] = [newId(), newId(), newId()];
    await subscribe(db, one, [{ any_tags: ['a'] }, { all_tags: ['a', 'b'] }, {}]);
    await subscribe(db, two, [{ any_tags: ['b'] }]);
    await subscribe(db, other, [{}], OTHER_OWNER);
    const first = await appendEvent(db, { tags: ['a', 'b'] });
    const second = await appendEvent(db, { tags: ['c'] });
    const foreign = await appendEvent(db, { owner_id: OTHER_OWNER });
    await assemble(db).start();
    await untilDispatched(db, foreign);
    expect((await deliveries(db)).toSorted()).toEqual(
      [`${one}:${first}`, `${two}:${first}`, `${one}:${second}`, `${other}:${foreign}`].toSorted(),
    );
    const { rows } = await db.query<{ owner_id: string }>({
      text: 'select distinct owner_id from deliveries where dedupe_key like $1',
      values: [`${other}%`],
    });
    expect(rows).toEqual([{ owner_id: OTHER_OWNER }]);
  });

  it('routes events of every tenant, and rings the queue after the commit', async () => {
    const db = await openLog();
    const { dispatcher, tail, bus, start } = assemble(db);
    dispatcher.route({ any_tags: ['work'] }, 'q');
    const rung = Promise.withResolvers<{ queue: string | null; keys: string[] }>();
    await bus.subscribe(TOPICS.queues, (queue) => {
      deliveries(db).then((keys) => rung.resolve({ queue, keys }), rung.reject);
    });
    await start();
    const seq = await appendEvent(db, { owner_id: OTHER_OWNER, tags: ['work'] });
    tail.ring();
    expect(await rung.promise).toEqual({ queue: 'q', keys: [`all:${seq}`] });
  });

  it('begins with the oldest event and gets through many pages', async () => {
    const db = await openLog();
    let last = 0;
    await db.transaction(async (tx) => {
      for (let n = 0; n < 250; n++) last = await appendEvent(tx);
    });
    const { dispatcher, start } = assemble(db);
    dispatcher.route({}, 'q');
    await start();
    await untilDispatched(db, last);
    expect(await deliveries(db)).toHaveLength(250);
  });

  it('does not deliver deletions, but projects them', async () => {
    const db = await openLog();
    const { dispatcher, start } = assemble(db);
    dispatcher.route({}, 'q');
    dispatcher.project({}, async (tx, event) => void (await see(tx, event.seq, event.kind)));
    const made = await appendEvent(db, { kind: 'created' });
    const gone = await appendEvent(db, { kind: 'deleted' });
    await start();
    await untilDispatched(db, gone);
    expect(await deliveries(db)).toEqual([`all:${made}`]);
    expect(await seen(db)).toEqual([`created ${made}`, `deleted ${gone}`]);
  });

  it('runs projections in the order of the log, and each event through them in the order of their registration', async () => {
    const db = await openLog();
    const { dispatcher, start } = assemble(db);
    dispatcher.project({}, async (tx, { seq }) => void (await see(tx, seq, 'first')));
    dispatcher.project({ any_tags: ['b'] }, async (tx, { seq }) => void (await see(tx, seq, 'b')));
    dispatcher.project({}, async (tx, { seq }) => void (await see(tx, seq, 'last')));
    const one = await appendEvent(db, { tags: ['b'] });
    const two = await appendEvent(db);
    await start();
    await untilDispatched(db, two);
    expect(await seen(db)).toEqual([
      `first ${one}`,
      `b ${one}`,
      `last ${one}`,
      `first ${two}`,
      `last ${two}`,
    ]);
  });

  it('rings the queues that a projection names', async () => {
    const db = await openLog();
    const { dispatcher, bus, start } = assemble(db);
    dispatcher.project({}, async () => ['agents']);
    const rung = Promise.withResolvers<string | null>();
    await bus.subscribe(TOPICS.queues, rung.resolve);
    await appendEvent(db);
    await start();
    expect(await rung.promise).toBe('agents');
  });

  it('counts a change of subscriptions for the events after it, in the same page too', async () => {
    const db = await openLog();
    const agent_id = newId();
    const store = new EventStore(db);
    const { dispatcher, start } = assemble(db);
    dispatcher.project({ schema_name: 'agent.def.v1' }, async (tx, event) => {
      const { any_tags } = event.context as { any_tags: string[] };
      await store.replaceSubscriptions({ owner_id: TEST_OWNER, agent_id }, 'q', [{ any_tags }], tx);
    });
    const define = (any_tags: string[]) =>
      appendEvent(db, { schema_name: 'agent.def.v1', tags: ['a', 'b'], context: { any_tags } });
    await appendEvent(db, { tags: ['a'] });
    await define(['a']);
    const a = await appendEvent(db, { tags: ['a'] });
    await appendEvent(db, { tags: ['b'] });
    const redefinition = await define(['b']);
    await appendEvent(db, { tags: ['a'] });
    const b = await appendEvent(db, { tags: ['b'] });
    const end = await define([]);
    const last = await appendEvent(db, { tags: ['a', 'b'] });
    await start();
    await untilDispatched(db, last);
    // A redefinition itself is still judged by the selectors before it.
    expect(await deliveries(db)).toEqual(
      [a, redefinition, b, end].map((seq) => `${agent_id}:${seq}`),
    );
  });

  it('sees a change of subscriptions that came from elsewhere', async () => {
    const db = await openLog();
    const agent_id = newId();
    const clock = new ManualClock();
    const { tail, start } = assemble(db, { clock });
    const before = await appendEvent(db, { tags: ['a'] });
    await start();
    await untilDispatched(db, before);
    await subscribe(db, agent_id, [{ any_tags: ['a'] }]);
    const after = await appendEvent(db, { tags: ['a'] });
    tail.ring();
    // By what is known here the event concerns nobody; that is asked again when the cursor moves.
    await until(() => tail.watermark === after && clock.isAwaited(100));
    clock.advance(100);
    await untilDispatched(db, after);
    expect(await deliveries(db)).toEqual([`${agent_id}:${after}`]);
  });

  it('passes over what concerns nobody without reading it, and moves the cursor now and then', async () => {
    const db = await openLog();
    let reads = 0;
    const watched: Database = {
      ...db,
      transaction: (work) =>
        db.transaction((tx) =>
          work({
            exec: (text) => tx.exec(text),
            query(statement) {
              if (statement.name === 'events_read_range') reads += 1;
              return tx.query(statement);
            },
          }),
        ),
    };
    const clock = new ManualClock();
    const { dispatcher, tail, start } = assemble(db, { through: watched, clock });
    dispatcher.route({ any_tags: ['wanted'] }, 'q');
    const first = await appendEvent(db, { tags: ['wanted'] });
    await start();
    await untilDispatched(db, first);
    let last = first;
    for (let n = 0; n < 5; n++) {
      last = await appendEvent(db, { tags: ['other'] });
      tail.ring();
      await until(() => tail.watermark === last && clock.isAwaited(100));
    }
    expect(await cursorOf(db)).toBe(first);
    clock.advance(100);
    await untilDispatched(db, last);
    expect(reads).toBe(1);
    const wanted = await appendEvent(db, { tags: ['wanted'] });
    tail.ring();
    await untilDispatched(db, wanted);
    expect(reads).toBe(2);
    expect(await deliveries(db)).toEqual([`all:${first}`, `all:${wanted}`]);
  });

  it('can be started and stopped twice, and started again', async () => {
    const db = await openLog();
    const { dispatcher, tail, start } = assemble(db);
    dispatcher.route({}, 'q');
    dispatcher.project({}, async (tx, { seq }) => void (await see(tx, seq, 'once')));
    await dispatcher.stop();
    await tail.start();
    await Promise.all([dispatcher.start(), dispatcher.start()]);
    const first = await appendEvent(db);
    tail.ring();
    await untilDispatched(db, first);
    await Promise.all([dispatcher.stop(), dispatcher.stop()]);
    const second = await appendEvent(db);
    tail.ring();
    await start();
    await untilDispatched(db, second);
    expect(await seen(db)).toEqual([`once ${first}`, `once ${second}`]);
  });
});

describe('Dispatcher and failures', () => {
  it('leaves out a projection that fails, with all it wrote, and goes on', async () => {
    const db = await openLog();
    const { dispatcher, start } = assemble(db);
    dispatcher.route({}, 'q');
    dispatcher.project({}, async (tx, { seq, tags }) => {
      await see(tx, seq, 'half');
      if (tags.includes('bug')) throw new TypeError('a bug');
      if (tags.includes('data')) await tx.query({ text: `select 'x'::integer` });
    });
    dispatcher.project({}, async (tx, { seq }) => void (await see(tx, seq, 'other')));
    const bug = await appendEvent(db, { tags: ['bug'] });
    const data = await appendEvent(db, { tags: ['data'] });
    const good = await appendEvent(db);
    await start();
    await untilDispatched(db, good);
    expect(await seen(db)).toEqual([
      `other ${bug}`,
      `other ${data}`,
      `half ${good}`,
      `other ${good}`,
    ]);
    expect(await deliveries(db)).toEqual([bug, data, good].map((seq) => `all:${seq}`));
  });

  it('does not lose an event to a trouble that passes, such as a deadlock', async () => {
    const db = await openLog();
    const warned = Promise.withResolvers<void>();
    const log: Log = { ...silentLog, warn: () => warned.resolve() };
    const { dispatcher, tail, start } = assemble(db, { log });
    let tries = 0;
    dispatcher.project({}, async (tx, { seq }) => {
      tries += 1;
      await see(tx, seq, 'seen');
      if (tries === 1)
        await tx.exec(
          `do $$ begin raise exception 'deadlock detected' using errcode = '40P01'; end $$`,
        );
    });
    const seq = await appendEvent(db);
    await start();
    await warned.promise;
    expect(await seen(db)).toEqual([]);
    // The next event comes, and the one before it is not forgotten.
    const next = await appendEvent(db);
    tail.ring();
    await untilDispatched(db, next);
    expect(await seen(db)).toEqual([`seen ${seq}`, `seen ${next}`]);
  });

  it('leaves out what cannot be made a delivery, and only that', async () => {
    const db = await openLog();
    const { dispatcher, start } = assemble(db);
    dispatcher.defineQueue('odd', (event) => {
      if (event.tags.includes('throws')) throw new Error('a bug');
      const dedupe_key = event.tags.includes('long') ? 'k'.repeat(500) : `odd:${event.seq}`;
      return { dedupe_key, payload: null };
    });
    dispatcher.route({}, 'odd');
    dispatcher.route({}, 'q');
    const throws = await appendEvent(db, { tags: ['throws'] });
    const long = await appendEvent(db, { tags: ['long'] });
    const good = await appendEvent(db);
    await start();
    await untilDispatched(db, good);
    expect((await deliveries(db)).toSorted()).toEqual(
      [`all:${throws}`, `all:${long}`, `all:${good}`, `odd:${good}`].toSorted(),
    );
  });

  it('is not held up by a stored selector that is not well formed', async () => {
    const db = await openLog();
    const agent_id = newId();
    await subscribe(db, agent_id, [{}]);
    await db.query({
      text: `insert into selector_subscriptions (id, owner_id, agent_id, selector, queue)
        select gen_random_uuid(), owner_id, agent_id, s::jsonb, queue from selector_subscriptions,
          unnest(array['{"any_tags": 7}', '{"context_match": [{"path": "$.a", "op": "like"}]}', '[]', 'null']) s`,
    });
    const seq = await appendEvent(db);
    await assemble(db).start();
    await untilDispatched(db, seq);
    expect(await deliveries(db)).toEqual([`${agent_id}:${seq}`]);
  });

  it('shares the work with another without doing anything twice', async () => {
    const db = await openLog();
    for (let n = 0; n < 2; n++) {
      const { dispatcher, tail, start } = assemble(db, { clock: systemClock });
      dispatcher.route({}, 'q');
      dispatcher.project({}, async (tx, { seq }) => void (await see(tx, seq, 'once')));
      tail.onEvents(() => {});
      await start();
    }
    const seqs: number[] = [];
    for (let n = 0; n < 120; n++) seqs.push(await appendEvent(db));
    await untilDispatched(db, seqs.at(-1) ?? 0);
    expect(await seen(db)).toEqual(seqs.map((seq) => `once ${seq}`));
    expect(await deliveries(db)).toEqual(seqs.map((seq) => `all:${seq}`));
  });
});

describe('Dispatcher, killed at any point', () => {
  /** A database whose process dies at the given statement of a transaction; the last one is the answer to its commit. */
  function dyingAt(
    db: Database,
    point: number,
  ): { db: Database; died: Promise<void>; count(): number } {
    const death = new DatabaseError('the process died', null, null, null);
    const died = Promise.withResolvers<void>();
    let statements = 0;
    const step = () => {
      statements += 1;
      if (statements < point) return;
      died.resolve();
      throw death;
    };
    const dying: Database = {
      ...db,
      async transaction(work) {
        const answer = await db.transaction((tx) =>
          work({
            async query(statement) {
              step();
              return tx.query(statement);
            },
            async exec(text) {
              step();
              return tx.exec(text);
            },
          }),
        );
        step();
        return answer;
      },
    };
    return { db: dying, died: died.promise, count: () => statements };
  }

  it('delivers and projects each event exactly once', async () => {
    const db = await openLog();
    const agent_id = newId();
    const store = new EventStore(db);
    const register = ({ dispatcher }: Parts) => {
      dispatcher.route({}, 'q');
      dispatcher.project({}, async (tx, { seq }) => void (await see(tx, seq, 'once')));
      dispatcher.project({ schema_name: 'agent.def.v1' }, async (tx) => {
        await store.replaceSubscriptions({ owner_id: TEST_OWNER, agent_id }, 'q', [{}], tx);
      });
    };
    const expected: number[] = [];
    let point = 1;
    for (; ; point++) {
      const seqs = [
        await appendEvent(db, { schema_name: point === 1 ? 'agent.def.v1' : null }),
        await appendEvent(db),
      ];
      expected.push(...seqs);
      const dying = dyingAt(db, point);
      const victim = assemble(db, { through: dying.db });
      register(victim);
      await victim.start();
      const finished = untilDispatched(db, seqs[1] ?? 0).then(() => 'finished' as const);
      const fate = await Promise.race([dying.died.then(() => 'died' as const), finished]);
      await victim.dispatcher.stop();
      await victim.tail.stop();
      const heir = assemble(db);
      register(heir);
      await heir.start();
      await finished;
      await heir.dispatcher.stop();
      await heir.tail.stop();
      // Its last step is the one after the commit; later points are never reached.
      if (fate === 'finished' && dying.count() < point) break;
    }
    expect(point).toBeGreaterThan(8);
    expect(await seen(db)).toEqual(expected.map((seq) => `once ${seq}`));
    const made = await deliveries(db);
    expect(made.filter((key) => key.startsWith('all:'))).toEqual(
      expected.map((seq) => `all:${seq}`),
    );
    expect(made.filter((key) => key.startsWith(agent_id))).toEqual(
      expected.slice(1).map((seq) => `${agent_id}:${seq}`),
    );
  });
});
