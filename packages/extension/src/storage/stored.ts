import { createStore, type Store } from '@cairn/web';

/** A value in the storage of the browser: read once, then watched, so that every panel shows the same. */
export interface Stored<T> {
  readonly store: Store<T>;
  /** Keeps a value. Rejects when the browser's storage is full. */
  keep(value: T): Promise<void>;
  /** Ends the watching. */
  close(): void;
}

type Area = Pick<chrome.storage.StorageArea, 'get' | 'set' | 'onChanged'>;

/**
 * Opens the value that stands under a key. `parse` makes a value of whatever stands there, also of nothing: what is
 * stored may be from another version.
 */
export async function openStored<T>(
  area: Area,
  key: string,
  parse: (raw: unknown) => T,
): Promise<Stored<T>> {
  const { [key]: raw } = await area.get(key);
  const store = createStore(parse(raw));
  const onChanged = (changes: Record<string, chrome.storage.StorageChange>): void => {
    const change = changes[key];
    if (change === undefined) return;
    const is_ours = JSON.stringify(change.newValue) === JSON.stringify(store.get());
    if (!is_ours) store.set(parse(change.newValue));
  };
  area.onChanged.addListener(onChanged);
  return {
    store,
    async keep(value) {
      store.set(value);
      await area.set({ [key]: value });
    },
    close: () => area.onChanged.removeListener(onChanged),
  };
}
