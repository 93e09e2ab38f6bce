/**
 * The clock, timers and randomness that the SDK uses. The default is the real ones; a test or a simulation
 * hands in its own, so that nothing has to wait for real time to pass.
 *
 * @example
 * // Backoff without waiting: every timer fires on the next tick.
 * const timing: Timing = {
 *   now: () => 0,
 *   random: () => 0.5,
 *   after: (_ms, run) => {
 *     const timer = setTimeout(run, 0);
 *     return () => clearTimeout(timer);
 *   },
 * };
 */
export interface Timing {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** A number from 0 up to, not including, 1. */
  random(): number;
  /** Calls `run` once after `ms` milliseconds; the returned function cancels that. */
  after(ms: number, run: () => void): () => void;
}

/** Real time, and the randomness of the runtime. */
export const systemTiming: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds, or at once, without an error, when the signal aborts. */
export function pause(timing: Timing, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = (): void => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = timing.after(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
