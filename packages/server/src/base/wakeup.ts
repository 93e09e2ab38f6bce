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
      await new Promise<void>((resolve) => {
        const finish = () => {
          cancel();
          signal.removeEventListener('abort', finish);
          this.#wake = null;
          resolve();
        };
        const cancel = clock.after(ms, finish);
        signal.addEventListener('abort', finish, { once: true });
        this.#wake = finish;
      });
    }
    this.#rung = false;
  }
}
