import { describe, expect, it } from 'vitest';
import { formatAgo, formatDuration, formatMoment, sayAgo } from './format-time.ts';

describe('formatAgo', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  it.each([
    [-5_000, 'now'],
    [9_999, 'now'],
    [42_000, '40 s'],
    [5 * 60_000, '5 min'],
    [3 * 3_600_000, '3 h'],
    [2 * 86_400_000, '2 d'],
  ])('says of %i ms ago "%s"', (ago, text) => {
    expect(formatAgo(now - ago, now)).toBe(text);
  });

  it('gives the date of what is long ago, and nothing for no time at all', () => {
    expect(formatAgo(Date.parse('2025-03-01T12:00:00Z'), now)).toContain('2025');
    expect(formatAgo(Number.NaN, now)).toBe('');
    expect(formatMoment(Number.NaN)).toBe('unknown time');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '<1 ms'],
    [38.2, '38 ms'],
    [1_240, '1.2 s'],
    [125_000, '2 min 5 s'],
    [12_000_000, '3 h 20 min'],
    [86_399_900, '1 d 0 h'],
    [190_800_000, '2 d 5 h'],
  ])('says of %d ms "%s"', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('a moment within a sentence', () => {
  it('is so long ago, just now, or on a day', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    expect(sayAgo(now - 3_000, now)).toBe('just now');
    expect(sayAgo(now - 13 * 60_000, now)).toBe('13 min ago');
    expect(sayAgo(now - 9 * 86_400_000, now)).toMatch(/^on .*2026/);
    expect(sayAgo(Number.NaN, now)).toBe('');
  });
});
