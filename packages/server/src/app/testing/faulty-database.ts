import { DatabaseError, type Database, type Handle, type Statement } from '../../db/index.ts';

/** Which write breaks, and how. */
export interface Fault {
  /**
   * Counts the writes that changed something since the fault was set, from 0. A transaction counts as one. With `named`,
   * only those count that have this name.
   */
  readonly at: number;
  /** The names of the statements of a write, as `commits` has them. */
  readonly named?: string;
  /** `before`: nothing of it was written. `after`: it was committed, and only the answer got lost. */
  readonly side: 'before' | 'after';
  /** The connection never comes back: for the process it is as if it had been killed at this point. */
  readonly is_final: boolean;
}

export interface FaultyDatabase extends Database {
  /** Sets a fault, instead of any set before. Resolves when it strikes, with the names of the statements it struck at. */
  set(fault: Fault): Promise<string>;
  /** The names of all writes since the fault was set, in their order. */
  readonly commits: readonly string[];
}

/** A database whose connection breaks at one chosen write. */
export function faultyDatabase(inner: Database): FaultyDatabase {
  let fault: Fault | null = null;
  let struck = Promise.withResolvers<string>();
  let count = 0;
  let commits: string[] = [];
  let is_dead = false;

  const assertAlive = () => {
    if (is_dead) throw connectionLost();
  };
  const strike = (side: Fault['side'], names: string) => {
    if (!fault || fault.side !== side || count < fault.at) return;
    if (fault.named !== undefined && fault.named !== names) return;
    is_dead = fault.is_final;
    struck.resolve(`${fault.at} ${side} ${names}`);
    fault = null;
    throw connectionLost();
  };

  async function transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    assertAlive();
    const written: string[] = [];
    const answer = await inner.transaction(async (tx) => {
      const result = await work({
        async query<Row extends object>(statement: Statement) {
          assertAlive();
          const rows = await tx.query<Row>(statement);
          if (isWrite(statement) && rows.count > 0) written.push(nameOf(statement));
          return rows;
        },
        async exec(text) {
          assertAlive();
          await tx.exec(text);
        },
      });
      assertAlive();
      if (written.length > 0) strike('before', written.join(' + '));
      return result;
    });
    if (written.length > 0) {
      const names = written.join(' + ');
      commits.push(names);
      strike('after', names);
      if (fault?.named === undefined || fault.named === names) count++;
    }
    return answer;
  }

  return {
    capabilities: inner.capabilities,
    get commits() {
      return commits;
    },
    set(next) {
      fault = next;
      count = 0;
      commits = [];
      struck = Promise.withResolvers();
      return struck.promise;
    },
    transaction,
    async query<Row extends object>(statement: Statement) {
      assertAlive();
      if (!isWrite(statement)) return inner.query<Row>(statement);
      return transaction((tx) => tx.query<Row>(statement));
    },
    async exec(text) {
      assertAlive();
      await inner.exec(text);
    },
    async notify(channel, payload) {
      assertAlive();
      await inner.notify(channel, payload);
    },
    listen: (channel, receive) => inner.listen(channel, receive),
    close: () => inner.close(),
  };
}

function connectionLost(): DatabaseError {
  return new DatabaseError('the connection was lost, as this test wants it', null, null, null);
}

function isWrite({ text }: Statement): boolean {
  return /\b(insert into|update|delete from)\b/i.test(text.replace(/for update/gi, ''));
}

function nameOf({ name, text }: Statement): string {
  return name ?? text.trim().replace(/\s+/g, ' ').slice(0, 40);
}
