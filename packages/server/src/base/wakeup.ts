import type { Clock } from './clock.ts';

/**
 * A doorbell for a loop: `ring` wakes the loop that waits, and a ring while nobody waits is kept (once),
 * so that work which arrives between "nothing to do" and "go to sleep" is not slept through.
 */
export class Wakeup {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves on a ring, after `ms`, or when `signal` aborts, whichever comes first. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const woken = new AbortController();
      const onAbort = () => woken.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = onAbort;
      await clock.sleep(ms, woken.signal);
      this.#wake = null;
      signal.removeEventListener('abort', onAbort);
    }
    this.#rung = false;
  }
}
