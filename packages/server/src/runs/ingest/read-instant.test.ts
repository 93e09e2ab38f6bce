import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareInstants, readInstant, wireTime, type Instant } from './read-instant.ts';

const textOf = (value: unknown) => readInstant(value)?.text ?? null;

describe('a time that was reported', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01t00:00:00z', '2026-01-01T00:00:00Z'],
    ['2026-01-01 00:00', '2026-01-01T00:00:00Z'],
    ['2026-01-01', '2026-01-01T00:00:00Z'],
    ['2026-01-01T00:00:00.005+00:00', '2026-01-01T00:00:00.005000Z'],
    ['2026-01-01T00:00:00.0000019', '2026-01-01T00:00:00.000001Z'],
    ['2026-01-01T00:30:00.25+01:00', '2025-12-31T23:30:00.250000Z'],
    ['2026-01-01T00:00:00-0530', '2026-01-01T05:30:00Z'],
    ['2026-01-01T00:00:00+02', '2025-12-31T22:00:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    [0, '1970-01-01T00:00:00Z'],
    [1_767_225_600.000_25, '2026-01-01T00:00:00.000250Z'],
    [1_767_225_600_123, '2026-01-01T00:00:00.123000Z'],
    ['1767225600', '2026-01-01T00:00:00Z'],
    [-1.5, '1969-12-31T23:59:58.500000Z'],
  ])('as %j is %s', (value, text) => {
    expect(textOf(value)).toBe(text);
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-04-31',
    '2026-13-01',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+24:00',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '',
    'now',
    ' 2026-01-01',
    1e300,
    Number.NaN,
    true,
    null,
    [],
    {},
  ])('as %j is none', (value) => {
    expect(readInstant(value)).toBeNull();
  });

  it('is read the same again, and again from the JSON of the database', () => {
    const micros = fc.integer({ min: 0, max: 999_999 });
    const seconds = fc.integer({ min: -2_000_000_000, max: 20_000_000_000 });
    fc.assert(
      fc.property(seconds, micros, fc.integer({ min: -1_439, max: 1_439 }), (s, us, offset) => {
        const fraction = String(us).padStart(6, '0');
        const sign = offset < 0 ? '-' : '+';
        const two = (n: number) => String(Math.trunc(n)).padStart(2, '0');
        const zone = `${sign}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
        const local = new Date((s + offset * 60) * 1_000).toISOString().slice(0, 19);
        const read = readInstant(`${local}.${fraction}${zone}`) as Instant;
        expect(read.ms).toBe(s * 1_000 + Math.floor(us / 1_000));
        expect(readInstant(read.text)).toEqual(read);
        // PostgreSQL leaves zeros out at the end.
        const json = read.text.replace(/0*Z$/, (end) => (read.text.includes('.') ? '' : end));
        expect(wireTime(`${json.replace(/Z$/, '')}+00:00`)).toBe(read.text);
      }),
    );
  });

  it('is compared by its microseconds', () => {
    const [a, b] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z'].map(readInstant);
    expect(compareInstants(a as Instant, b as Instant)).toBeLessThan(0);
    expect(compareInstants(b as Instant, b as Instant)).toBe(0);
  });
});
