import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSearch, readSearch, stringifySearch } from './search.ts';

describe('the search of the address', () => {
  it('is the same after it was written and read', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme-composite' });
    const search = fc.record({ breadcrumb: text, schema: text, q: text }, { requiredKeys: [] });
    fc.assert(
      fc.property(search, (value) => {
        expect(readSearch(parseSearch(stringifySearch(value)))).toEqual(value);
      }),
    );
  });

  it('keeps numbers as the text that they are', () => {
    expect(readSearch(parseSearch('?q=17'))).toEqual({ q: '17' });
  });

  it('leaves out what is empty or unknown', () => {
    expect(readSearch({ q: '', view: 'canvas', other: 'x', schema: ['a'] })).toEqual({});
    expect(stringifySearch({ q: '', schema: undefined })).toBe('');
  });
});
