import { describe, expect, it } from 'vitest';
import { bucketFor, fromLocalField, readMoment, toLocalField } from './read-range.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');

describe('a moment of the address', () => {
  it('is the beginning of a named span before now', () => {
    expect(readMoment('24h', NOW)).toBe('2026-03-09T12:00:00.000Z');
    expect(readMoment('7d', NOW)).toBe('2026-03-03T12:00:00.000Z');
  });

  it('begins with a whole hour where the span is long', () => {
    const later = NOW + 1_234_567;
    expect(readMoment('7d', later)).toBe('2026-03-03T12:00:00.000Z');
    expect(readMoment('1h', later)).toBe('2026-03-10T11:20:34.567Z');
  });

  it('is the time that it says', () => {
    expect(readMoment('2026-01-02T03:04:05+01:00', NOW)).toBe('2026-01-02T02:04:05.000Z');
  });

  it.each([undefined, '', 'yesterday', '<script>'])('is none for %j', (text) => {
    expect(readMoment(text, NOW)).toBeUndefined();
  });

  it('comes back from the field that shows it, to the minute', () => {
    const at = '2026-03-10T12:34:00.000Z';
    expect(fromLocalField(toLocalField(at))).toBe(at);
    expect(toLocalField('24h')).toBe('');
    expect(fromLocalField('')).toBe('');
  });
});

describe('figures over time', () => {
  it('are by the hour in short spans and by the day in long ones', () => {
    expect(bucketFor('24h', undefined, NOW)).toBe('hour');
    expect(bucketFor('7d', undefined, NOW)).toBe('day');
    expect(bucketFor('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', NOW)).toBe('hour');
    expect(bucketFor(undefined, undefined, NOW)).toBe('day');
  });
});
