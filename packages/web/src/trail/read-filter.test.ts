import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  faultOfRule,
  isEverything,
  readSelection,
  readTags,
  selectorOf,
  writeSelection,
  readChosen,
  writeChosen,
} from './read-filter.ts';

const tag = fc.stringMatching(/^[a-z:_-]{1,8}$/);
const selection = fc.record({
  q: fc.string({ maxLength: 10 }),
  schema_name: fc.string({ maxLength: 10 }),
  any_tags: fc.uniqueArray(tag, { maxLength: 4 }),
  all_tags: fc.uniqueArray(tag, { maxLength: 4 }),
  rules: fc.array(fc.record({ path: fc.string(), op: fc.string(), value: fc.string() }), {
    maxLength: 3,
  }),
});

describe('the selection of the trail', () => {
  it('comes back from the address as it was put there', () => {
    fc.assert(
      fc.property(selection, (each) => {
        expect(readSelection(writeSelection(each))).toEqual(each);
      }),
    );
  });

  it('is everything when the address says nothing, or nothing that can be read', () => {
    expect(isEverything(readSelection({}))).toBe(true);
    expect(isEverything(readSelection({ rules: '{broken', any: ' , ' }))).toBe(true);
    expect(isEverything(readSelection({ rules: '[["$.a"]]' }))).toBe(false);
  });

  it('takes tags with blanks or commas between, each once', () => {
    expect(readTags(' a, b  a,c ')).toEqual(['a', 'b', 'c']);
  });

  it('is a selector, with values as JSON where they are JSON', () => {
    const address = {
      q: 'words',
      schema: 'note.v1',
      all: 'x',
      rules: '[["$.n","gt","5"],["$.t","eq","plain text"],["$.x","exists",""],["","eq","1"]]',
    };
    expect(selectorOf(readSelection(address))).toEqual({
      schema_name: 'note.v1',
      all_tags: ['x'],
      context_match: [
        { path: '$.n', op: 'gt', value: 5 },
        { path: '$.t', op: 'eq', value: 'plain text' },
        { path: '$.x', op: 'exists' },
      ],
    });
  });

  it('says what is wrong with a rule, and nothing of one that is not written yet', () => {
    expect(faultOfRule({ path: '', op: 'eq', value: '' })).toBeNull();
    expect(faultOfRule({ path: '$.a', op: 'eq', value: '1' })).toBeNull();
    expect(faultOfRule({ path: '$.a', op: 'like', value: '1' })).toContain('like');
    expect(faultOfRule({ path: 'a b', op: 'eq', value: '1' })).toEqual(expect.any(String));
  });

  it('keeps the chosen rows in the address, unless they are too many for one', () => {
    const chosen = new Set(['0190-a', '0190-b']);
    expect(readChosen({ selected: writeChosen(chosen) })).toEqual(chosen);
    expect(readChosen({})).toEqual(new Set());
    const many = new Set(Array.from({ length: 101 }, (_, at) => String(at)));
    expect(writeChosen(many)).toBe('');
  });
});
