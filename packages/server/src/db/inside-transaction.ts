import { AsyncLocalStorage } from 'node:async_hooks';
import { NestedUseError } from './contract.ts';

/** Knows whether the code that runs now was called from inside a transaction of this database. */
export class TransactionScope {
  readonly #inside = new AsyncLocalStorage<true>();

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#inside.run(true, work);
  }

  /** @throws NestedUseError when called from inside a transaction. */
  assertOutside(): void {
    if (this.#inside.getStore()) throw new NestedUseError();
  }
}
