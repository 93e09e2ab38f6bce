import { DatabaseError } from './contract.ts';

export interface GroupCommitOptions<Item, Result> {
  /** Writes all items in one transaction; one result for each, in order. */
  readonly commit: (items: readonly Item[]) => Promise<Result[]>;
  /** The most items of one transaction. */
  readonly items_max: number;
  /** Transactions at the same time. */
  readonly parallel: number;
  /** Two items with the same answer never share a transaction and keep their order. */
  readonly exclusive_key?: (item: Item) => string;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets writes that come at the same time share one transaction, and so one wait for the disk. While a transaction is on
 * its way the next group gathers; nobody waits for a timer. When the data of one item makes a group fail, the group is
 * tried again in halves, so that only this item fails.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  readonly #busy_keys = new Set<string>();
  #active = 0;
  #is_scheduled = false;

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
  }

  /** Resolves once the item is committed. */
  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#is_scheduled) return;
    this.#is_scheduled = true;
    // Requests that were read from their sockets in the same turn gather here.
    setImmediate(() => {
      this.#is_scheduled = false;
      while (this.#active < this.#options.parallel) {
        const group = this.#takeGroup();
        if (group.length === 0) break;
        void this.#run(group);
      }
    });
  }

  #takeGroup(): Waiting<Item, Result>[] {
    const { items_max, exclusive_key } = this.#options;
    if (!exclusive_key) return this.#waiting.splice(0, items_max);
    const group: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    // A key that is busy, and a group that is full, stay so to the end: the items of a key keep their order.
    for (const each of this.#waiting) {
      const key = exclusive_key(each.item);
      if (group.length < items_max && !this.#busy_keys.has(key)) {
        this.#busy_keys.add(key);
        group.push(each);
      } else {
        left.push(each);
      }
    }
    this.#waiting = left;
    return group;
  }

  async #run(group: Waiting<Item, Result>[]): Promise<void> {
    this.#active++;
    await this.#commit(group);
    this.#active--;
    const { exclusive_key } = this.#options;
    if (exclusive_key) for (const { item } of group) this.#busy_keys.delete(exclusive_key(item));
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #commit(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.commit(group.map(({ item }) => item));
      if (results.length !== group.length)
        throw new Error(`${group.length} items were written with ${results.length} results`);
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result);
    } catch (error) {
      const may_be_one = error instanceof DatabaseError && error.is_data_error;
      if (may_be_one && group.length > 1) {
        const middle = Math.ceil(group.length / 2);
        await this.#commit(group.slice(0, middle));
        await this.#commit(group.slice(middle));
        return;
      }
      for (const { reject } of group) reject(error);
    }
  }
}
