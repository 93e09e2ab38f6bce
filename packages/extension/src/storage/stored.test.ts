import { describe, expect, it } from 'vitest';
import { openStored } from './stored.ts';

type Listener = (changes: Record<string, chrome.storage.StorageChange>) => void;

/** An area of the browser's storage as several panels share it: every change is told to all. */
function storageArea(items: Record<string, unknown> = {}) {
  const listeners = new Set<Listener>();
  const area = {
    get: async (key: string) => ({ [key]: items[key] }),
    async set(changed: Record<string, unknown>) {
      for (const [key, value] of Object.entries(changed)) {
        const newValue: unknown = JSON.parse(JSON.stringify(value));
        items[key] = newValue;
        for (const each of listeners) each({ [key]: { newValue } });
      }
    },
    onChanged: {
      addListener: (listener: Listener) => listeners.add(listener),
      removeListener: (listener: Listener) => listeners.delete(listener),
    },
  };
  return { area: area as unknown as chrome.storage.StorageArea, items, listeners };
}

const asText = (raw: unknown): string => (typeof raw === 'string' ? raw : 'none');

describe('a stored value', () => {
  it('is what was stored, and what is kept is stored', async () => {
    const { area, items } = storageArea({ a: 'old' });
    const value = await openStored(area, 'a', asText);
    expect(value.store.get()).toBe('old');
    await value.keep('new');
    expect(items['a']).toBe('new');
    expect((await openStored(area, 'b', asText)).store.get()).toBe('none');
  });

  it('follows what another panel keeps, until it is closed', async () => {
    const { area, listeners } = storageArea();
    const one = await openStored(area, 'a', asText);
    const two = await openStored(area, 'a', asText);
    const other = await openStored(area, 'b', asText);
    const told: string[] = [];
    two.store.subscribe(() => told.push(two.store.get()));
    await one.keep('first');
    expect(two.store.get()).toBe('first');
    expect(other.store.get()).toBe('none');
    two.close();
    await one.keep('second');
    expect(told).toEqual(['first']);
    one.close();
    other.close();
    expect(listeners.size).toBe(0);
  });
});
