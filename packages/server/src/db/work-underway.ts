/** Counts what is on its way, so that an end can wait for it. */
export class WorkUnderway {
  #count = 0;
  #is_ending = false;
  readonly #ended = Promise.withResolvers<void>();

  /** @throws Error once `end` was called */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#is_ending) throw new Error('the database is closed');
    this.#count++;
    try {
      return await work();
    } finally {
      this.#count--;
      this.#settle();
    }
  }

  /** Lets nothing new begin, and resolves once everything that began has ended. */
  end(): Promise<void> {
    this.#is_ending = true;
    this.#settle();
    return this.#ended.promise;
  }

  #settle(): void {
    if (this.#is_ending && this.#count === 0) this.#ended.resolve();
  }
}
