import { AsyncLocalStorage } from 'node:async_hooks';
import {
  DatabaseError,
  NestedUseError,
  type Handle,
  type Result,
  type Statement,
} from './contract.ts';

/** Knows whether the code that runs now was called from inside a transaction of this database. */
export class TransactionScope {
  readonly #inside = new AsyncLocalStorage<{ is_open: boolean }>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    // What was begun inside (a timer, a connection with its events) may live on: for it the transaction is over then.
    const transaction = { is_open: true };
    try {
      return await this.#inside.run(transaction, work);
    } finally {
      transaction.is_open = false;
    }
  }

  /** @throws NestedUseError when called from inside a transaction. */
  assertOutside(): void {
    if (this.#inside.getStore()?.is_open) throw new NestedUseError();
  }
}

/**
 * Runs `work` with a handle that is good for as long as it runs, and throws when the transaction cannot be committed.
 * PostgreSQL answers `commit` after a failed statement with a silent rollback: without this, work that caught the error
 * of its statement would be told that everything is kept.
 */
export async function runWork<T>(handle: Handle, work: (tx: Handle) => Promise<T>): Promise<T> {
  const tx = new WatchedHandle(handle);
  try {
    const answer = await work(tx);
    if (tx.failure !== null) await assertIntact(handle, tx.failure);
    return answer;
  } finally {
    tx.is_over = true;
  }
}

async function assertIntact(handle: Handle, failure: unknown): Promise<void> {
  try {
    // Work that rolled back to a savepoint has nothing to fear.
    await handle.query({ text: 'select 1' });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.state !== IN_FAILED_TRANSACTION) throw error;
    throw new DatabaseError(
      'a statement of the transaction failed, so nothing of it can be kept',
      IN_FAILED_TRANSACTION,
      null,
      failure,
    );
  }
}

const IN_FAILED_TRANSACTION = '25P02';

/** Notes the first failure, and refuses once the transaction is over: its connection may be somebody else's by then. */
class WatchedHandle implements Handle {
  failure: unknown = null;
  is_over = false;
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  query<Row extends object>(statement: Statement): Promise<Result<Row>> {
    return this.#watch(() => this.#handle.query<Row>(statement));
  }

  exec(text: string): Promise<void> {
    return this.#watch(() => this.#handle.exec(text));
  }

  async #watch<T>(run: () => Promise<T>): Promise<T> {
    if (this.is_over) throw new Error('the transaction of this handle is over');
    try {
      return await run();
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }
}
