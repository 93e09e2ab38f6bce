import { describe, expect, it, onTestFinished } from 'vitest';
import { createLog, silentLog } from '../base/index.ts';
import { openTestNetwork } from '../base/testing.ts';
import { DatabaseError, type Database } from './contract.ts';
import { describeDatabase } from './database.conformance.ts';
import { openPostgres } from './postgres.ts';
import { newSchemaName, POSTGRES_URL } from './testing.ts';
import { collectHints } from './testing/collect-hints.ts';

const url = POSTGRES_URL ?? '';
const skip = POSTGRES_URL === undefined ? 'set CAIRN_TEST_POSTGRES_URL' : undefined;

describeDatabase({
  name: 'PostgreSQL',
  skip,
  open: (schema) => openPostgres({ url, pool_size: 4, schema, log: silentLog }),
});

interface Opened {
  readonly db: Database;
  readonly schema: string;
}

async function open(at = url, pool_size = 4, schema = newSchemaName()): Promise<Opened> {
  const db = await openPostgres({ url: at, pool_size, schema, log: silentLog });
  onTestFinished(() => db.close());
  return { db, schema };
}

/** The processes of the server that listen for hints of this schema. */
async function readListeners({ db, schema }: Opened): Promise<number[]> {
  const { rows } = await db.query<{ pid: number }>({
    text: `select pid from pg_stat_activity where query like 'listen "cairn:' || $1 || ':%'`,
    values: [schema],
  });
  return rows.map(({ pid }) => pid);
}

async function terminate(db: Database, pid: number): Promise<void> {
  await db.query({ text: 'select pg_terminate_backend($1)', values: [pid] });
}

const lost = (error: unknown): boolean =>
  error instanceof DatabaseError && error.is_connection_lost;
const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

describe.skipIf(skip !== undefined)(
  `PostgreSQL that goes away${skip ? ` (skipped: ${skip})` : ''}`,
  () => {
    it('is listened to again after the connection was ended, and every listener is told', async () => {
      const opened = await open();
      const { db } = opened;
      const [one, two, other] = [collectHints(), collectHints(), collectHints()];
      await db.listen('topic', one.receive);
      await db.listen('topic', two.receive);
      await db.listen('other', other.receive);
      for (let round = 1; round <= 3; round++) {
        const [pid = 0, ...more] = await readListeners(opened);
        expect(more).toEqual([]);
        await terminate(db, pid);
        for (const each of [one, two, other]) await each.until(null, round);
        await db.notify('topic', `round ${round}`);
        for (const each of [one, two]) await each.until(`round ${round}`);
      }
      await db.notify('other', 'end');
      await other.until('end');
      expect(one.seen).toEqual([null, 'round 1', null, 'round 2', null, 'round 3']);
      expect(two.seen).toEqual(one.seen);
      expect(other.seen).toEqual([null, null, null, 'end']);
    });

    it('loses a statement that is under way with is_connection_lost, and then serves the next', async () => {
      const { db } = await open();
      const failing = thrownBy(
        db.query({ text: 'select pg_terminate_backend(pg_backend_pid()), pg_sleep(10)' }),
      );
      expect(lost(await failing)).toBe(true);
      expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    });

    it('loses a transaction between two statements, keeps nothing of it, and goes on', async () => {
      const { db } = await open();
      const killer = await open();
      await db.exec('create table t (n integer)');
      const failing = thrownBy(
        db.transaction(async (tx) => {
          await tx.exec('insert into t values (1)');
          const { rows } = await tx.query<{ pid: number }>({
            text: 'select pg_backend_pid() as pid',
          });
          await terminate(killer.db, rows[0]?.pid ?? 0);
          await expect
            .poll(async () => lost(await thrownBy(tx.query({ text: 'select 1' }))))
            .toBe(true);
          await tx.exec('insert into t values (2)');
        }),
      );
      expect(lost(await failing)).toBe(true);
      expect((await db.query({ text: 'select * from t' })).rows).toEqual([]);
      await db.transaction((tx) => tx.exec('insert into t values (3)'));
      expect((await db.query({ text: 'select * from t' })).rows).toEqual([{ n: 3 }]);
    });

    it('survives the end of connections that nobody uses', async () => {
      const { db } = await open();
      const killer = await open();
      const pids = await Promise.all(
        Array.from({ length: 4 }, () =>
          db.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid, pg_sleep(0.05)' }),
        ),
      );
      for (const { rows } of pids) await terminate(killer.db, rows[0]?.pid ?? 0);
      await expect.poll(() => thrownBy(db.query({ text: 'select 1' }))).toBeNull();
    });

    it('comes back after an outage with one listening connection, however long it lasted', async () => {
      const network = await openTestNetwork(url, 5432);
      const schema = newSchemaName();
      const beside = await open(url, 2, schema);
      const { db } = await open(network.url, 4, schema);
      const listener = collectHints();
      await db.listen('topic', listener.receive);
      network.cut();
      expect(lost(await thrownBy(db.query({ text: 'select 1' })))).toBe(true);
      expect(lost(await thrownBy(db.transaction(async () => {})))).toBe(true);
      expect(lost(await thrownBy(db.notify('topic', 'into the void')))).toBe(true);
      expect(lost(await thrownBy(db.listen('late', () => {})))).toBe(true);
      await network.refused(8);
      expect(listener.seen).toEqual([]);
      network.mend();
      await listener.until(null);
      await beside.db.notify('topic', 'again');
      await listener.until('again');
      expect(listener.seen).toEqual([null, 'again']);
      expect(await readListeners(beside)).toHaveLength(1);
      expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    });

    it('closes in the middle of an outage', async () => {
      const network = await openTestNetwork(url, 5432);
      const { db } = await open(network.url);
      await db.listen('topic', () => {});
      network.cut();
      await network.refused(1);
      await db.close();
      expect(await thrownBy(db.query({ text: 'select 1' }))).toBeInstanceOf(Error);
      expect(await thrownBy(db.listen('topic', () => {}))).toBeInstanceOf(Error);
    });

    it('cannot be opened when nobody answers, with an error that says so', async () => {
      const network = await openTestNetwork(url, 5432);
      network.cut();
      expect(lost(await thrownBy(open(network.url)))).toBe(true);
      expect(await thrownBy(open(url.replace(/:[^:@/]+@/, ':distinctive-wrong@')))).toMatchObject({
        state: '28P01',
        message: expect.not.stringContaining('distinctive') as string,
      });
    });
  },
);

describe.skipIf(skip !== undefined)(
  `PostgreSQL of its own kind${skip ? ` (skipped: ${skip})` : ''}`,
  () => {
    it('keeps our settings and takes those of the address, on all connections', async () => {
      const address = new URL(url);
      address.searchParams.set('options', '-c statement_timeout=12345 -c timezone=Asia/Kolkata');
      address.searchParams.set('connect_timeout', '5');
      const { db, schema } = await open(address.href);
      const { rows } = await db.query({
        text: `select current_setting('timezone') as timezone, current_setting('search_path') as search_path,
        current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout,
        current_setting('application_name') as application_name, timestamptz '2026-03-01 00:00:00+00' as time`,
      });
      expect(rows).toEqual([
        {
          timezone: 'UTC',
          search_path: `"${schema}",public`,
          statement_timeout: '12345ms',
          lock_timeout: '30s',
          application_name: 'cairn',
          time: '2026-03-01T00:00:00.000Z',
        },
      ]);
    });

    it('reads times also where dates are written in another way', async () => {
      const admin = await open();
      const name = newSchemaName();
      await admin.db.exec(`create database ${name}`);
      onTestFinished(() => admin.db.exec(`drop database ${name}`));
      await admin.db.exec(`alter database ${name} set datestyle = 'German, DMY'`);
      const address = new URL(url);
      address.pathname = `/${name}`;
      const db = await openPostgres({ url: address.href, pool_size: 2, log: silentLog });
      const { rows } = await db.query({ text: "select timestamptz '2026-03-01 00:00:00+00' as t" });
      await db.close();
      expect(rows).toEqual([{ t: '2026-03-01T00:00:00.000Z' }]);
    });

    it('refuses JSON that is too deep as a fault of the data', async () => {
      const { db } = await open();
      const values = ['['.repeat(30_000) + ']'.repeat(30_000)];
      expect(await thrownBy(db.query({ text: 'select $1::jsonb', values }))).toMatchObject({
        state: '54001',
        is_data_error: true,
      });
    });

    it('writes no password into the log when connections break', async () => {
      const lines: string[] = [];
      const log = createLog('debug', { write: (line) => void lines.push(line) });
      const network = await openTestNetwork(url, 5432);
      const db = await openPostgres({ url: network.url, pool_size: 2, log });
      onTestFinished(() => db.close());
      await db.listen('topic', () => {});
      network.cut();
      await network.refused(2);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.join('')).not.toContain(new URL(url).password);
    });
  },
);
