import { describe, expect, it } from 'vitest';
import { hasWords, isIdPrefix } from './has-words.ts';

describe('what is typed into the palette', () => {
  it('finds names that have all of its words, in any order and case', () => {
    expect(hasWords('Statistics charts figures', 'CHART stat')).toBe(true);
    expect(hasWords('Statistics charts figures', 'chart runs')).toBe(false);
    expect(hasWords('Home', ' ')).toBe(true);
  });

  it('can be the beginning of an id', () => {
    expect(isIdPrefix('0190ab')).toBe(true);
    expect(isIdPrefix('0190ABCD-1234-7000-8000-00000000dead')).toBe(true);
    for (const text of ['019', 'support', '0190 ab', '0190ab%'])
      expect(isIdPrefix(text)).toBe(false);
  });
});
