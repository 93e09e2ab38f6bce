/** Work that goes on in the background between `start` and `stop`, as most services have it. Both are safe to call twice. */
export class BackgroundLoop {
  #stopping = new AbortController();
  #running: Promise<void> | null = null;

  /** Calls `run`, which goes on until its signal aborts and must not reject. Does nothing while it runs. */
  start(run: (signal: AbortSignal) => Promise<void>): void {
    if (this.#running) return;
    this.#stopping = new AbortController();
    this.#running = run(this.#stopping.signal);
  }

  /** Resolves once `run` has returned. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#running = null;
  }
}
