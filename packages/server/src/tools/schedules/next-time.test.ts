import { describe, expect, it } from 'vitest';
import { firstTime, nextTime } from './next-time.ts';

const NOW = Date.parse('2026-03-28T12:00:00Z');
const cron = (spec: string, timezone = 'UTC') => ({ kind: 'cron' as const, spec, timezone });
const every = { kind: 'every' as const, spec: '60', timezone: 'UTC' };
const iso = (ms: number | string | null) =>
  typeof ms === 'number' ? new Date(ms).toISOString() : ms;

describe('the times of a schedule', () => {
  it.each([
    [cron('0 9 * * *'), '2026-03-29T09:00:00.000Z'],
    // The clocks of Oslo are put forward that night.
    [cron('0 9 * * *', 'Europe/Oslo'), '2026-03-29T07:00:00.000Z'],
    [every, '2026-03-28T12:01:00.000Z'],
    [
      { kind: 'at' as const, spec: '2026-03-28T14:00:00+01:00', timezone: 'UTC' },
      '2026-03-28T13:00:00.000Z',
    ],
  ])('%j begin at %s', (times, expected) => {
    expect(iso(firstTime(times, NOW))).toBe(expected);
  });

  it.each([
    [cron('not cron'), /cannot be used/],
    [cron('* * * * * *'), /more often than every 10 seconds/],
    [cron('0 9 * * *', 'Nowhere/Land'), /cannot be used/],
    [cron('0 0 30 2 *'), /no time to come|cannot be used/],
    [{ ...every, spec: '9' }, /too few/],
    [{ ...every, spec: 'x' }, /too few/],
    [{ kind: 'at' as const, spec: '2026-03-28T11:00:00Z', timezone: 'UTC' }, /has passed/],
    [{ kind: 'at' as const, spec: 'tomorrow', timezone: 'UTC' }, /is no time/],
  ])('%j are refused', (times, reason) => {
    expect(firstTime(times, NOW)).toMatch(reason);
  });

  it('go on from the time that was due, not from when it fired', () => {
    expect(iso(nextTime(every, NOW, NOW + 5_000))).toBe('2026-03-28T12:01:00.000Z');
    expect(iso(nextTime(cron('*/5 * * * *'), NOW, NOW + 5_000))).toBe('2026-03-28T12:05:00.000Z');
    expect(nextTime({ ...every, kind: 'at' }, NOW, NOW)).toBeNull();
  });

  it('pass over what was missed by more than an hour, and keep their pace', () => {
    const later = NOW + 86_400_000 + 30_000;
    expect(iso(nextTime(every, NOW, later))).toBe('2026-03-29T11:01:00.000Z');
    expect(iso(nextTime(cron('0 * * * *'), NOW, later))).toBe('2026-03-29T12:00:00.000Z');
  });
});
