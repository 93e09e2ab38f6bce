import { createContext, useContext, useSyncExternalStore } from 'react';

const STEP_MS = 5_000;

/** The time in coarse steps, for all relative times of the page at once. */
export interface Clock {
  /** Milliseconds, rounded down to the step: the same value until the next one. */
  now(): number;
  subscribe(watcher: () => void): () => void;
}

/** Makes a clock with one timer, which runs only while somebody watches. */
export function createClock(): Clock {
  const watchers = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | null = null;
  return {
    now: () => Math.floor(Date.now() / STEP_MS) * STEP_MS,
    subscribe(watcher) {
      watchers.add(watcher);
      timer ??= setInterval(() => {
        for (const each of watchers) each();
      }, STEP_MS);
      return () => {
        watchers.delete(watcher);
        if (watchers.size > 0 || timer === null) return;
        clearInterval(timer);
        timer = null;
      };
    },
  };
}

/** The clock of the page. */
export const ClockContext = createContext<Clock | null>(null);

/** The time in steps of five seconds, in milliseconds. */
export function useNow(): number {
  const clock = useContext(ClockContext);
  if (clock === null) throw new Error('useNow is used outside of ClockContext');
  return useSyncExternalStore(clock.subscribe, clock.now);
}
