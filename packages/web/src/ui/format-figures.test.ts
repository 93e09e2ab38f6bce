import { describe, expect, it } from 'vitest';
import {
  formatCost,
  formatCount,
  formatPart,
  formatPercent,
  formatShort,
  formatSpan,
  totalTokens,
} from './format-figures.ts';

describe('figures', () => {
  it('say that nothing is known, never zero', () => {
    for (const format of [
      formatCost,
      formatCount,
      formatPart,
      formatPercent,
      formatShort,
      formatSpan,
    ])
      expect(format(null)).toBe('–');
    expect(totalTokens({ input_tokens: null, output_tokens: null })).toBeNull();
    expect(totalTokens({ input_tokens: null, output_tokens: 3 })).toBe(3);
  });

  it.each([
    [0, '$0'],
    [0.000_01, '<$0.0001'],
    [0.004_2, '$0.0042'],
    [1.254, '$1.25'],
  ])('show %d dollars as %s', (usd, text) => expect(formatCost(usd)).toBe(text));

  it('are short where there is little room', () => {
    expect(formatShort(950)).toBe('950');
    expect(formatShort(12_345)).toBe('12.3K');
    expect(formatCount(12_345)).toBe('12,345');
    expect(formatPart(0.123)).toBe('12.3%');
    expect(formatPercent(95)).toBe('95%');
  });
});
