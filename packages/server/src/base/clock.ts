/**
 * Time, as everything long-lived sees it. Only this file reads the machine's clock or sets its timers;
 * tests put a `ManualClock` in its place and move it by hand.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `ms`; the answer cancels it. The timer alone does not keep the process alive. */
  after(ms: number, run: () => void): () => void;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest timer of the runtime; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const set = (left_ms: number): void => {
      const part_ms = Math.min(left_ms, TIMER_MS_MAX);
      timer = setTimeout(() => (left_ms > part_ms ? set(left_ms - part_ms) : run()), part_ms);
      timer.unref();
    };
    set(ms);
    return () => clearTimeout(timer);
  },
  sleep(ms, signal) {
    return sleepOn(systemClock, ms, signal);
  },
};

/**
 * Keeps the process alive until the answer is called. Timers alone do not, and a program without a listening socket has
 * nothing else while its database is away.
 */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, TIMER_MS_MAX);
  return () => clearInterval(timer);
}

/** A clock that stands still until `advance` moves it. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** Whether something waits for exactly this long from now: a test knows by it that the code has come that far. */
  isAwaited(ms: number): boolean {
    return this.#timers.some(({ at }) => at === this.#now + ms);
  }

  /** Moves time on and runs, in order, every timer that falls due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter((each) => each.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    // A timer may have moved time further itself.
    this.#now = Math.max(this.#now, end);
  }
}

function sleepOn(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
