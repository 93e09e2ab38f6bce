import type { Database, Handle } from '../../packages/server/src/db/index.ts';

/** Sums since the start. */
export interface MeterReading {
  readonly at_ms: number;
  /** How long at least one statement or transaction was under way. */
  readonly busy_ms: number;
  /** The times of all of them together. */
  readonly work_ms: number;
  readonly statements: number;
}

/** A database that knows how long it was waited for. A transaction counts from its begin to its commit. */
export class DatabaseMeter {
  readonly database: Database;
  #open = 0;
  #since = 0;
  #busy_ms = 0;
  #work_ms = 0;
  #statements = 0;

  constructor(db: Database) {
    this.database = {
      capabilities: db.capabilities,
      query: (statement) => this.#time(() => db.query(statement), 1),
      exec: (text) => this.#time(() => db.exec(text), 1),
      transaction: (work) => this.#time(() => db.transaction((tx) => work(this.#counted(tx))), 2),
      notify: (channel, payload) => db.notify(channel, payload),
      listen: (channel, receive) => db.listen(channel, receive),
      close: () => db.close(),
    };
  }

  read(): MeterReading {
    const at_ms = performance.now();
    const running_ms = this.#open > 0 ? at_ms - this.#since : 0;
    const busy_ms = this.#busy_ms + running_ms;
    return { at_ms, busy_ms, work_ms: this.#work_ms, statements: this.#statements };
  }

  #counted(tx: Handle): Handle {
    return {
      query: (statement) => {
        this.#statements++;
        return tx.query(statement);
      },
      exec: (text) => {
        this.#statements++;
        return tx.exec(text);
      },
    };
  }

  async #time<T>(work: () => Promise<T>, statements: number): Promise<T> {
    const began = performance.now();
    this.#statements += statements;
    if (this.#open++ === 0) this.#since = began;
    try {
      return await work();
    } finally {
      const ended = performance.now();
      this.#work_ms += ended - began;
      if (--this.#open === 0) this.#busy_ms += ended - this.#since;
    }
  }
}
