/** A value that can be watched. Small enough for `useSyncExternalStore`, and usable without React. */
export interface Store<T> {
  get(): T;
  /** Sets the value and tells the watchers, unless it is the same value. */
  set(next: T): void;
  /** Watches; the answer ends the watching. */
  subscribe(watcher: () => void): () => void;
}

/** Makes a store that holds `initial`. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const watcher of watchers) watcher();
    },
    subscribe(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
