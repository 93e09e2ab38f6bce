import { describe, expect, it } from 'vitest';
import { COMMIT_UNAWAITED } from '../commit-unawaited.ts';
import { NestedUseError, type Database, type Handle } from '../contract.ts';
import type { Open } from '../database.conformance.ts';

async function openTable(open: Open): Promise<Database> {
  const db = await open();
  await db.exec('create table t (n integer primary key)');
  return db;
}

const insert = (handle: Handle, n: number) =>
  handle.query({ text: 'insert into t values ($1)', values: [n] });

async function readNumbers(handle: Handle): Promise<number[]> {
  const { rows } = await handle.query<{ n: number }>({ text: 'select n from t order by n' });
  return rows.map(({ n }) => n);
}

/** All or nothing, one handle, and nothing that outlives a transaction. */
export function describeTransactions(open: Open): void {
  describe('transactions', () => {
    it('keep everything when the work resolves, and answer what it answers', async () => {
      const db = await openTable(open);
      const answer = await db.transaction(async (tx) => {
        await insert(tx, 1);
        await tx.exec('insert into t values (2); insert into t values (3)');
        return readNumbers(tx);
      });
      expect(answer).toEqual([1, 2, 3]);
      expect(await readNumbers(db)).toEqual([1, 2, 3]);
    });

    it('may leave the disk to later, each for itself only', async () => {
      const db = await openTable(open);
      const setting = async (handle: Handle) =>
        (await handle.query({ text: 'show synchronous_commit' })).rows;
      const before = await setting(db);
      const text = `insert into t values ($1) returning ${COMMIT_UNAWAITED}`;
      const inside = await db.transaction(async (tx) => {
        await tx.query({ text, values: [1] });
        return setting(tx);
      });
      expect(inside).toEqual([{ synchronous_commit: 'off' }]);
      await db.query({ text, values: [2] });
      expect(await readNumbers(db)).toEqual([1, 2]);
      expect(await setting(db)).toEqual(before);
      expect(before).not.toEqual(inside);
    });

    it('keep nothing when the work rejects, and reject with its very error', async () => {
      const db = await openTable(open);
      const error = new Error('of the work');
      const failing = db.transaction(async (tx) => {
        await insert(tx, 1);
        throw error;
      });
      await expect(failing).rejects.toBe(error);
      expect(await readNumbers(db)).toEqual([]);
    });

    it('leave the next one in peace after a failed statement', async () => {
      const db = await openTable(open);
      for (let round = 0; round < 12; round++)
        await expect(
          db.transaction((tx) => tx.query({ text: 'select 1/0' })),
        ).rejects.toMatchObject({
          state: '22012',
        });
      await db.transaction((tx) => insert(tx, 1));
      expect(await readNumbers(db)).toEqual([1]);
    });

    it('do not pretend to keep anything when the work caught the error of its statement', async () => {
      const db = await openTable(open);
      const swallowing = db.transaction(async (tx) => {
        await insert(tx, 1);
        await tx.query({ text: 'select 1/0' }).catch(() => {});
        return 'done';
      });
      await expect(swallowing).rejects.toMatchObject({
        name: 'DatabaseError',
        state: '25P02',
        cause: { state: '22012' },
      });
      expect(await readNumbers(db)).toEqual([]);
    });

    it('go on after a failed statement from a savepoint', async () => {
      const db = await openTable(open);
      await db.transaction(async (tx) => {
        await insert(tx, 1);
        await tx.exec('savepoint here');
        await insert(tx, 1).catch(() => tx.exec('rollback to savepoint here'));
        await insert(tx, 2);
      });
      expect(await readNumbers(db)).toEqual([1, 2]);
    });

    it('reject when only the commit fails', async () => {
      const db = await openTable(open);
      await db.exec('create table child (n integer references t deferrable initially deferred)');
      const failing = db.transaction((tx) => tx.exec('insert into child values (7)'));
      await expect(failing).rejects.toMatchObject({
        name: 'DatabaseError',
        state: '23503',
        constraint: 'child_n_fkey',
      });
      await db.transaction((tx) => insert(tx, 1));
      expect((await db.query({ text: 'select * from child' })).rows).toEqual([]);
    });

    it('refuse the outer handle inside, instead of waiting for ever', async () => {
      const db = await openTable(open);
      const outside: ((tx: Handle) => Promise<unknown>)[] = [
        () => db.query({ text: 'select 1' }),
        () => db.exec('select 1'),
        () => db.transaction(async () => {}),
        async (tx) => {
          await insert(tx, 1);
          await Promise.resolve();
          return db.query({ text: 'select 1' });
        },
      ];
      for (const work of outside)
        await expect(db.transaction(work)).rejects.toBeInstanceOf(NestedUseError);
      expect(await readNumbers(db)).toEqual([]);
    });

    it('let what was begun inside, but runs when they are over, use the database', async () => {
      const db = await openTable(open);
      let later: Promise<unknown> | undefined;
      const over = Promise.withResolvers<void>();
      await db.transaction(async (tx) => {
        await insert(tx, 1);
        // As a timer or an event of something that was first used in here would.
        later = (async () => {
          await over.promise;
          return db.transaction((next) => insert(next, 2));
        })();
      });
      over.resolve();
      await later;
      expect(await readNumbers(db)).toEqual([1, 2]);
    });

    it('refuse their own handle when they are over', async () => {
      const db = await openTable(open);
      let kept: Handle | undefined;
      await db.transaction(async (tx) => {
        kept = tx;
      });
      await expect(kept?.query({ text: 'insert into t values (1)' })).rejects.toThrow(/is over/);
      await expect(kept?.exec('insert into t values (1)')).rejects.toThrow(/is over/);
      expect(await readNumbers(db)).toEqual([]);
    });

    it('do not mix when many run at once, with statements outside between them', async () => {
      const db = await openTable(open);
      await db.exec('create table counter (n integer); insert into counter values (0)');
      const add = (n: number) =>
        db.transaction(async (tx) => {
          await tx.query({ text: 'select n from counter for update' });
          await insert(tx, n);
          if (n % 3 === 0) throw new Error('every third fails');
          await tx.query({ text: 'update counter set n = n + 1' });
        });
      const all = Array.from({ length: 30 }, (_, n) => [add(n), db.query({ text: 'select 1' })]);
      const outcomes = await Promise.allSettled(all.flat());
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(10);
      expect(await readNumbers(db)).toEqual(
        Array.from({ length: 30 }, (_, n) => n).filter((n) => n % 3 !== 0),
      );
      expect((await db.query({ text: 'select n from counter' })).rows).toEqual([{ n: 20 }]);
    });

    it('show nothing to others before the commit', async () => {
      const db = await openTable(open);
      const seen: Promise<number[]>[] = [];
      const written = Promise.withResolvers<void>();
      const watcher = written.promise.then(() => seen.push(readNumbers(db)));
      await db.transaction(async (tx) => {
        await insert(tx, 1);
        written.resolve();
        await tx.query({ text: 'select 1' });
      });
      await watcher;
      // With one connection the watcher waits for the commit; with many it sees the time before.
      const expected = db.capabilities.connections > 1 ? [[], [1]] : [[1]];
      expect(expected).toContainEqual(await seen[0]);
      expect(await readNumbers(db)).toEqual([1]);
    });
  });
}
