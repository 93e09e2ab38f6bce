import { describe, expect, it } from 'vitest';
import {
  describeLifetime,
  lifetimeDraftOf,
  readLifetimeDraft,
  USUAL_LIFETIME,
} from './edit-lifetime.ts';

const TIME = '2026-12-24T18:00:00.000Z';
const NONE = { ttl: null, ttl_type: 'never', ttl_config: null, read_count: 0 };

describe('how a breadcrumb ends', () => {
  it('is left to its schema unless something is chosen', () => {
    expect(readLifetimeDraft(USUAL_LIFETIME)).toEqual({ lifetime: {} });
    expect(readLifetimeDraft({ ...USUAL_LIFETIME, ttl_kind: 'never' })).toEqual({
      lifetime: { ttl_type: 'never', ttl: null, ttl_config: null },
    });
  });

  it.each([
    [
      { ttl_type: 'datetime', ttl: TIME },
      { ttl: TIME, ttl_config: null },
    ],
    [
      { ttl_type: 'duration', ttl: TIME, ttl_config: { hours: 1, minutes: 30 } },
      { ttl: null, ttl_config: { duration: '90m' } },
    ],
    [
      { ttl_type: 'usage', ttl_config: { max_reads: 2 } },
      { ttl: null, ttl_config: { max_reads: 2 } },
    ],
    [
      { ttl_type: 'hybrid', ttl: TIME, ttl_config: { max_reads: 3, hybrid_mode: 'any' } },
      { ttl: TIME, ttl_config: { max_reads: 3, hybrid_mode: 'any' } },
    ],
    [
      {
        ttl_type: 'hybrid',
        ttl_config: { days: 2, max_reads: 3, hybrid_mode: 'all', ends_at: TIME },
      },
      { ttl: null, ttl_config: { duration: '2d', max_reads: 3, hybrid_mode: 'all' } },
    ],
  ])('of %j is edited as the same', (stored, sent) => {
    const draft = lifetimeDraftOf({ ...NONE, ...stored });
    expect(readLifetimeDraft(draft)).toEqual({ lifetime: { ttl_type: stored.ttl_type, ...sent } });
  });

  it('by what was automatic is edited as the time at which it ends', () => {
    const draft = lifetimeDraftOf({ ...NONE, ttl_type: 'duration', ttl: TIME });
    expect(readLifetimeDraft(draft)).toEqual({
      lifetime: { ttl_type: 'datetime', ttl: TIME, ttl_config: null },
    });
  });

  it('is not sent without what its kind needs', () => {
    const faultsOf = (draft: object) => {
      const read = readLifetimeDraft({ ...USUAL_LIFETIME, ...draft });
      return 'faults' in read ? Object.keys(read.faults) : [];
    };
    expect(faultsOf({ ttl_kind: 'datetime' })).toEqual(['ttl']);
    expect(faultsOf({ ttl_kind: 'duration', ttl_lasts: 'soon' })).toEqual(['ttl_lasts']);
    expect(faultsOf({ ttl_kind: 'usage', ttl_reads: '1.5' })).toEqual(['ttl_reads']);
    expect(faultsOf({ ttl_kind: 'hybrid' })).toEqual(['ttl', 'ttl_reads']);
    expect(faultsOf({ ttl_kind: 'hybrid', ttl_lasts: ' 2 H ', ttl_reads: '1' })).toEqual([]);
  });

  it('is said in words, with the reads so far', () => {
    const said = (stored: object) => describeLifetime({ ...NONE, ...stored });
    expect(said({})).toBeNull();
    expect(said({ ttl_type: 'usage', ttl_config: { max_reads: 2 } })).toBe(
      'deleted after 2 reads, 0 so far',
    );
    const both = { ttl_type: 'hybrid', read_count: 1 };
    expect(said({ ...both, ttl: TIME, ttl_config: { max_reads: 1, hybrid_mode: 'any' } })).toMatch(
      /^deleted after 1 read, 1 so far, at the latest /,
    );
    expect(
      said({ ...both, ttl_config: { max_reads: 4, hybrid_mode: 'all', ends_at: TIME } }),
    ).toMatch(/^deleted after 4 reads, 1 so far, but not before /);
  });
});
