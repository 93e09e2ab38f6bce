import { describe, expect, it } from 'vitest';
import { createShortcutReader, type PressedKey } from './shortcuts.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false, is_typing: false };

function press(keys: readonly (Partial<PressedKey> & { key: string })[]) {
  const read = createShortcutReader();
  return keys.map((each, index) => read({ ...plain, at: index * 100, ...each }));
}

describe('shortcuts', () => {
  it('go to a place by g and its letter', () => {
    expect(press([{ key: 'g' }, { key: 'r' }])).toEqual([null, { does: 'go', to: '/runs' }]);
    expect(press([{ key: 'r' }])).toEqual([null]);
    expect(press([{ key: 'g' }, { key: 'r', at: 5_000 }])).toEqual([null, null]);
    expect(press([{ key: 'g' }, { key: '!' }, { key: 'r' }])).toEqual([null, null, null]);
  });

  it('leave alone who is typing, except for the palette', () => {
    expect(press([{ key: '?', is_typing: true }])).toEqual([null]);
    expect(press([{ key: 'K', is_typing: true, metaKey: true }])).toEqual([{ does: 'palette' }]);
    expect(press([{ key: 'k', ctrlKey: true }])).toEqual([{ does: 'palette' }]);
  });

  it('begin with the rows by j or k', () => {
    expect(press([{ key: 'j' }, { key: 'k' }])).toEqual([{ does: 'rows' }, { does: 'rows' }]);
    expect(press([{ key: 'j', is_typing: true }])).toEqual([null]);
  });

  it('know help and the filter, and are not what the browser has keys for', () => {
    expect(press([{ key: '?' }, { key: '/' }])).toEqual([{ does: 'help' }, { does: 'filter' }]);
    expect(
      press([
        { key: '/', ctrlKey: true },
        { key: 'g', altKey: true },
      ]),
    ).toEqual([null, null]);
  });
});
