import type { TtlConfig, TtlType } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../base/index.ts';
import { AUTOMATIC_TTLS } from './automatic-ttl.ts';
import { chooseLifetime } from './choose-lifetime.ts';
import { readLifetime, type AskedLifetime } from './lifetime.ts';
import { readTtlPolicy } from '../schemas/read-ttl-policy.ts';

const NOW = Date.parse('2026-01-01T00:00:00.000Z');
const END = '2026-02-01T00:00:00.000Z';
const never = { ttl: null, ttl_type: 'never', ttl_config: null, ttl_source: null };

function asked(ttl_type?: TtlType, ttl_config?: TtlConfig, ttl?: string): AskedLifetime {
  return { ttl_type, ttl_config, ttl };
}

describe('a TTL that is asked for', () => {
  it.each<[AskedLifetime, string | null, object | null]>([
    [asked('datetime', undefined, END), END, null],
    [asked(undefined, undefined, END), END, null],
    [
      asked('duration', { days: 1, hours: 1, minutes: 30 }),
      '2026-01-02T01:30:00.000Z',
      { days: 1, hours: 1, minutes: 30 },
    ],
    [asked('duration', { hours: 0.5 }), '2026-01-01T00:30:00.000Z', { hours: 0.5 }],
    [asked('duration', { duration: '2h' }), '2026-01-01T02:00:00.000Z', { hours: 2 }],
    [asked('duration', { duration: '90s' }), '2026-01-01T00:01:30.000Z', { seconds: 90 }],
    [asked('duration', undefined, END), END, null],
    [asked('usage', { max_reads: 3 }), null, { max_reads: 3 }],
    [asked('hybrid', { max_reads: 3 }, END), END, { max_reads: 3, hybrid_mode: 'any' }],
    [
      asked('hybrid', { max_reads: 3, hours: 1, hybrid_mode: 'all' }),
      null,
      { max_reads: 3, hours: 1, hybrid_mode: 'all', ends_at: '2026-01-01T01:00:00.000Z' },
    ],
  ])('%j ends at %s', (given, ttl, ttl_config) => {
    const lifetime = readLifetime(given, NOW, 'explicit');
    expect(lifetime).toMatchObject({ ttl, ttl_config, ttl_source: 'explicit' });
  });

  it('is none with null, or with never', () => {
    expect(readLifetime({ ttl: null }, NOW, 'explicit')).toEqual(never);
    expect(readLifetime({ ttl_type: 'never', ttl_config: {} }, NOW, 'explicit')).toEqual(never);
  });

  it.each<[AskedLifetime, string]>([
    [asked(undefined, { max_reads: 1 }), 'needs a ttl_type'],
    [asked('never', undefined, END), 'none of'],
    [asked('never', { days: 1 }), 'no durations'],
    [asked('datetime'), 'needs ttl'],
    [asked('datetime', { days: 1 }, END), 'no durations'],
    [asked('datetime', { max_reads: 1 }, END), 'counts no reads'],
    [asked('duration'), 'days, hours, minutes'],
    [asked('duration', { days: 1, max_reads: 1 }), 'counts no reads'],
    [asked('duration', { minutes: 0 }), 'less than a second'],
    [asked('duration', { days: 1 }, END), 'either ttl or durations'],
    [asked('duration', { duration: '2h', days: 1 }), 'either duration or its parts'],
    [asked('duration', { duration: '2 hours' }), 'ttl_config has'],
    [asked('duration', { duration: '99999999d' }), 'ttl_config has'],
    [asked('duration', { duration: '0m' }), 'less than a second'],
    [asked('usage', { duration: '2h', max_reads: 1 }), 'no durations'],
    [asked('duration', { days: 1, hybrid_mode: 'all' }), 'hybrid_mode'],
    [asked('usage'), 'needs max_reads'],
    [asked('usage', { max_reads: 1, hours: 1 }), 'no durations'],
    [asked('usage', { max_reads: 1 }, END), 'none of'],
    [asked('usage', { max_reads: 0 }), 'ttl_config has'],
    [asked('duration', { days: 36_501 }), 'ttl_config has'],
    [asked('hybrid', { hours: 1 }), 'needs max_reads'],
    [asked('hybrid', { max_reads: 1 }), 'needs ttl'],
    [asked('duration', undefined, '2016-12-31T23:59:60Z'), 'leap second'],
  ])('%j is refused', (given, why) => {
    const attempt = () => readLifetime(given, NOW, 'explicit');
    expect(attempt).toThrow(AppError);
    expect(attempt).toThrow(why);
  });
});

describe('the lifetime of a new record', () => {
  const choose = (given: object, ttl_policy?: object) =>
    chooseLifetime(
      { tags: [], context: {}, schema_name: 'note.v1', ...given },
      readTtlPolicy({ ttl_policy }),
      AUTOMATIC_TTLS,
      NOW,
    );
  const hours = (count: number) => ({ type: 'duration', config: { hours: count } });

  it('is that of its schema, unless its author says otherwise', () => {
    expect(choose({}, hours(1))).toEqual({
      ttl: '2026-01-01T01:00:00.000Z',
      ttl_type: 'duration',
      ttl_config: { seconds: 3_600 },
      ttl_source: 'schema-default',
    });
    expect(choose({}, { type: 'duration', config: { duration: '1h' } })).toEqual(
      choose({}, hours(1)),
    );
    expect(choose({ ttl: END }, hours(1))).toMatchObject({ ttl: END, ttl_source: 'explicit' });
    expect(choose({ ttl: null }, hours(1))).toEqual(never);
  });

  it('is that of its schema whatever its author says, where the schema allows no other', () => {
    const policy = { ...hours(1), allow_override: false };
    expect(choose({ ttl: null }, policy)).toMatchObject({ ttl_source: 'schema-default' });
    expect(() => choose({ ttl_type: 'usage' }, policy)).toThrow('needs max_reads');
  });

  it('comes from the first condition that holds', () => {
    const policy = {
      ...hours(1),
      conditional_policies: [
        {
          when: { context_match: [{ path: '$.level', op: 'eq', value: 'error' }] },
          type: 'duration',
          config: { days: 90 },
        },
        { condition: { any_tags: ['keep'] }, type: 'never' },
        { when: { any_tags: ['once'] }, type: 'usage', config: { max_reads: 1 } },
      ],
    };
    const days_90 = '2026-04-01T00:00:00.000Z';
    expect(choose({ context: { level: 'error' }, tags: ['keep'] }, policy).ttl).toBe(days_90);
    expect(choose({ tags: ['keep', 'once'] }, policy)).toEqual({
      ...never,
      ttl_source: 'schema-default',
    });
    expect(choose({ tags: ['once'] }, policy)).toMatchObject({ ttl: null, ttl_type: 'usage' });
    expect(choose({}, policy).ttl).toBe('2026-01-01T01:00:00.000Z');
  });

  it.each([
    [{ type: 'duration', config: { hours: 1 } }],
    [{ when: {}, type: 'never' }],
    [{ when: { any_tags: null }, type: 'never' }],
    [{ when: { any_tag: ['a'] }, type: 'never' }],
    [{ when: { any_tags: ['a'] }, type: 'duration' }],
    [{ when: { context_match: [{ path: '$.a', op: 'like', value: 1 }] }, type: 'never' }],
    ['never'],
  ])('has no policy when one of its conditions is %j', (conditional) => {
    expect(choose({}, { ...hours(1), conditional_policies: [conditional] })).toEqual(never);
  });

  it('is usual for its kind where nobody says anything, also when the time of a policy has passed', () => {
    const ping = { schema_name: 'system.ping.v1' };
    const past = { type: 'datetime', config: { datetime: '2025-01-01T00:00:00Z' } };
    expect(choose(ping)).toMatchObject({ ttl_source: 'auto-applied' });
    expect(choose(ping, { type: 'never' })).toMatchObject({ ttl: null });
    expect(choose(ping, past)).toMatchObject({ ttl_source: 'auto-applied' });
    expect(choose({}, past)).toEqual(never);
    expect(choose({}, { type: 'datetime', config: { datetime: END } })).toMatchObject({ ttl: END });
    expect(choose({})).toEqual(never);
  });
});
