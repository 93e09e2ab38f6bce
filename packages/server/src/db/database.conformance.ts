import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from './contract.ts';
import { describeErrors } from './testing/describe-errors.ts';
import { describeHints } from './testing/describe-hints.ts';
import { describeTransactions } from './testing/describe-transactions.ts';
import { describeValues } from './testing/describe-values.ts';

export interface DatabaseUnderTest {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly skip?: string | undefined;
  /** Opens a database; `schema` is a name that no other test uses. It need not be closed by the caller. */
  open(schema: string): Promise<Database>;
}

/** Opens a database for one test, empty, and closes it afterwards. */
export type Open = () => Promise<Database>;

/** What every database must do alike. */
export function describeDatabase(subject: DatabaseUnderTest): void {
  const title = `${subject.name} as a database${subject.skip ? ` (skipped: ${subject.skip})` : ''}`;
  describe.skipIf(subject.skip !== undefined)(title, () => {
    const open: Open = async () => {
      const schema = `test_${randomUUID().replaceAll('-', '')}`;
      const db = await subject.open(schema);
      onTestFinished(async () => {
        await db.exec(`drop schema if exists "${schema}" cascade`).catch(() => {});
        await db.close();
      });
      return db;
    };
    describeValues(open);
    describeTransactions(open);
    describeErrors(open);
    describeHints(open);
    describeClosing(open);
  });
}

function describeClosing(open: Open): void {
  it('says what it is', async () => {
    const { label, connections, is_shared } = (await open()).capabilities;
    expect(label).not.toBe('');
    expect(connections).toBeGreaterThanOrEqual(1);
    expect(typeof is_shared).toBe('boolean');
  });

  it('closes twice, also at the same time', async () => {
    const db = await open();
    await db.listen('topic', () => {});
    await Promise.all([db.close(), db.close()]);
    await db.close();
  });

  it('finishes what is on its way before it closes', async () => {
    const db = await open();
    await db.exec('create table t (n integer)');
    const writes = Array.from({ length: 40 }, (_, n) =>
      db.query<{ n: number }>({ text: 'insert into t values ($1) returning n', values: [n] }),
    );
    const transaction = db.transaction(async (tx) => {
      await tx.query({ text: 'select 1' });
      return (await tx.query({ text: 'select 2 as two' })).rows;
    });
    await db.close();
    expect((await Promise.all(writes)).map(({ rows }) => rows[0]?.n)).toEqual(
      Array.from({ length: 40 }, (_, n) => n),
    );
    expect(await transaction).toEqual([{ two: 2 }]);
  });
}
