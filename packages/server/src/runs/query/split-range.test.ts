import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, readTime, toText, toWireTime, type Instant } from './instant.ts';
import { splitRange, withoutDays, type Stretch } from './split-range.ts';

const HOURS = 75;

/** Moments near the borders of hours, and others. */
const instant = fc.record({
  ms: fc.oneof(
    fc.integer({ min: 0, max: HOURS * HOUR_MS }),
    fc
      .tuple(fc.integer({ min: 0, max: HOURS }), fc.integer({ min: -1, max: 1 }))
      .map(([hour, off]) => Math.max(0, hour * HOUR_MS + off)),
  ),
  us: fc.constantFrom(0, 1, 998, 999),
});

function holds({ from, before }: Stretch, moment: Instant): boolean {
  const text = toText(moment);
  return (from === null || text >= from) && (before === null || text < before);
}

describe('splitting a range', () => {
  it('puts every moment of it in exactly one part, and none beyond', () => {
    const optional = fc.option(instant, { nil: undefined });
    fc.assert(
      fc.property(optional, optional, instant, (from, to, moment) => {
        const split = splitRange({ from, to });
        const { days, hours, edges } = split;
        const text = toText(moment);
        const is_in = (!from || text >= toText(from)) && (!to || text <= toText(to));
        const parts = [...(days ? [days] : []), ...hours, ...edges].filter((each) =>
          holds(each, moment),
        );
        expect(parts).toHaveLength(is_in ? 1 : 0);
        expect(edges.length).toBeLessThanOrEqual(2);
        const by_hour = withoutDays(split);
        const others = [...by_hour.hours, ...edges].filter((each) => holds(each, moment));
        expect([by_hour.days, others.length]).toEqual([null, is_in ? 1 : 0]);
        expect(hours.length).toBeLessThanOrEqual(2);
        const ends = hours.flatMap(({ from: first, before }) => [first, before]);
        for (const end of ends) expect(end).toMatch(/:00:00\.000000Z$/);
        for (const end of [days?.from, days?.before])
          expect(end ?? 'T00:00:00.000000Z').toMatch(/T00:00:00\.000000Z$/);
      }),
      { numRuns: 3_000 },
    );
  });

  it('leaves no edge where the range begins and ends on the hour', () => {
    const from = readTime('from', '2026-01-01T00:00:00Z');
    const to = readTime('to', '2026-01-01T01:59:59.999999Z');
    expect(splitRange({ from, to })).toEqual({
      days: null,
      hours: [{ from: '2026-01-01T00:00:00.000000Z', before: '2026-01-01T02:00:00.000000Z' }],
      edges: [],
    });
  });

  it('needs no edge without an end', () => {
    expect(splitRange({})).toEqual({ days: { from: null, before: null }, hours: [], edges: [] });
  });
});

describe('a time of a query', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000Z'],
    ['2026-01-01T02:00:00.123456+02:00', '2026-01-01T00:00:00.123456Z'],
    ['2026-01-01T02:00:00 02:00', '2026-01-01T00:00:00.000000Z'],
    ['2026-01-01 02:00', '2026-01-01T02:00:00.000000Z'],
    ['2026-01-01', '2026-01-01T00:00:00.000000Z'],
    ['1767225600', '2026-01-01T00:00:00.000000Z'],
    ['1767225600000', '2026-01-01T00:00:00.000000Z'],
  ])('%s is %s', (text, expected) => {
    expect(toText(readTime('start_time', text))).toBe(expected);
  });

  it.each(['', 'now', '2026-02-30', '9999-01-01', '0000-01-01', '2026-01-01T00:00:00+99:00'])(
    '%j is none',
    (text) => {
      expect(() => readTime('start_time', text)).toThrow(/start_time must be a time/);
    },
  );

  it('leaves with no digits of a second, or six', () => {
    expect(toWireTime('2026-01-01 00:00:00+00')).toBe('2026-01-01T00:00:00Z');
    expect(toWireTime('2026-01-01 00:00:00.005+00')).toBe('2026-01-01T00:00:00.005000Z');
    expect(() => toWireTime('2026-01-01 00:00:00+02')).toThrow(/not a time/);
  });
});
