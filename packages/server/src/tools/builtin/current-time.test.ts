import { describe, expect, it } from 'vitest';
import { currentTime } from './current-time.ts';
import { runBuiltinTool } from './run-builtin.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

toolConformance(currentTime, {
  valid: [{}, undefined, { timezone: 'Europe/Paris' }, { timezone: null }, { timezone: '+02:00' }],
  invalid: [
    { input: { timezone: 'Mars/Olympus' }, message: /"Mars\/Olympus" is not a time zone.*"UTC"/ },
    { input: { timezone: 'new york' }, message: /such as "America\/New_York"/ },
    { input: { timezone: '' }, message: /at least 1 character; the text "" came/ },
    { input: { timezone: 'x'.repeat(65) }, message: /at most 64 characters/ },
    { input: { timezone: 2 }, message: /input\.timezone must be text; 2 came/ },
    { input: { time_zone: 'UTC' }, message: /no field "time_zone" \(the fields are timezone\)/ },
  ],
});

describe('the time', () => {
  it.each([
    [undefined, 'UTC', 'Monday, 5 January 2026, 00:04:05 (UTC+00:00)'],
    ['europe/paris', 'Europe/Paris', 'Monday, 5 January 2026, 01:04:05 (UTC+01:00)'],
    ['America/New_York', 'America/New_York', 'Sunday, 4 January 2026, 19:04:05 (UTC-05:00)'],
    ['Asia/Kolkata', 'Asia/Kolkata', 'Monday, 5 January 2026, 05:34:05 (UTC+05:30)'],
  ])('in %s', async (asked, timezone, local) => {
    const input = asked === undefined ? {} : { timezone: asked };
    expect(await currentTime.execute(input, testingContext())).toEqual({
      iso: '2026-01-05T00:04:05.000Z',
      timezone,
      local,
      unix_ms: 1_767_571_445_000,
    });
  });

  it('follows summer time', async () => {
    const clock = { now: () => Date.UTC(2026, 6, 1, 12) };
    const { local } = await currentTime.execute(
      { timezone: 'Europe/Paris' },
      testingContext({ clock }),
    );
    expect(local).toBe('Wednesday, 1 July 2026, 14:00:00 (UTC+02:00)');
  });

  it('is a fault of ours when the clock is broken', async () => {
    const context = testingContext({ clock: { now: () => NaN } });
    const result = await runBuiltinTool(currentTime, {}, context);
    expect(result).toMatchObject({ status: 'error', error: expect.stringContaining('of ours') });
  });
});
