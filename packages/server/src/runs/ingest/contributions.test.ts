import { describe, expect, it } from 'vitest';
import { bucketOf } from '../measure-latency.ts';
import { contributions, RollupSums, type Counted } from './contributions.ts';
import { fingerprintOf, generalize } from './fingerprint-failure.ts';

const OWNER_ID = '00000000-0000-0000-0000-00000000aaaa';
const STEP = {
  step_id: 's',
  seq: 0,
  step_type: 'tool',
  name: 'n',
  latency_ms: 7,
  started_at: '2026-01-01T00:59:59Z',
  ended_at: '2026-01-01T00:59:59Z',
  metadata: {},
} as const;

function runOf(changes: Partial<Counted> = {}): Counted {
  return {
    run_id: 'r',
    agent_id: 'a',
    agent_version: '1',
    environment: '',
    status: 'success',
    started_at: '2026-01-01T00:59:59.9Z',
    ended_at: '2026-01-01T01:00:00.4Z',
    steps: [
      { ...STEP, input_tokens: 2 },
      { ...STEP, input_tokens: 3, cost_usd: 0.25 },
    ],
    failures: [],
    decisions: [],
    quality_signals: [],
    ...changes,
  };
}

describe('what a run adds to the rollups', () => {
  it('is nothing while it goes on', () => {
    expect(contributions(runOf({ status: 'running' }))).toEqual([]);
  });

  it('is one of each, with figures once for the run', () => {
    expect(contributions(runOf())).toEqual([
      { metric: 'run', key: 'success', n: 1, total: 500, bucket: bucketOf(500) },
      { metric: 'step', key: 'tool', n: 1, total: 7, bucket: bucketOf(7) },
      { metric: 'step', key: 'tool', n: 1, total: 7, bucket: bucketOf(7) },
      { metric: 'tokens', key: 'input', n: 1, total: 5, bucket: null },
      { metric: 'cost', key: 'usd', n: 1, total: 0.25, bucket: null },
    ]);
  });

  it('says nothing of a duration that is not known', () => {
    const [run] = contributions(runOf({ ended_at: null }));
    expect(run).toEqual({ metric: 'run', key: 'success', n: 1, total: 0, bucket: null });
  });

  it('counts in the hour in which it started, and is nothing when it is taken away again', () => {
    const sums = new RollupSums();
    sums.add(OWNER_ID, runOf());
    sums.add(OWNER_ID, runOf());
    sums.take(OWNER_ID, runOf());
    expect(new Set(sums.rollups().map(({ hour }) => hour))).toEqual(
      new Set(['2026-01-01T00:00:00.000Z']),
    );
    expect(sums.rollups().find(({ metric }) => metric === 'step')).toMatchObject({
      n: 2,
      total: 14,
    });
    sums.take(OWNER_ID, runOf());
    expect([sums.rollups(), sums.groups()]).toEqual([[], []]);
  });

  it('groups failures with when they were first and last seen', () => {
    const sums = new RollupSums();
    const failure = { step_id: null, failure_type: 'tool', failure_code: 'timeout' } as const;
    for (const [ended_at, message, run_id] of [
      ['2026-01-01T02:00:00Z', 'no answer in 5 s', 'one'],
      ['2026-01-01T03:00:00Z', 'no answer in 7.5 s', 'two'],
      ['2026-01-01T01:00:00Z', 'no answer in 60 s', 'three'],
    ] as const)
      sums.add(
        OWNER_ID,
        runOf({ run_id, ended_at, status: 'failure', failures: [{ ...failure, message }] }),
      );
    expect(sums.groups()).toMatchObject([
      {
        n: 3,
        first_seen: '2026-01-01T01:00:00Z',
        last_seen: '2026-01-01T03:00:00Z',
        last_run_id: 'two',
        message: 'no answer in 7.5 s',
      },
    ]);
  });
});

describe('the fingerprint of a failure', () => {
  it.each([
    ['no answer in 5 s', 'no answer in 1.25 s'],
    [
      'run 4bf92f35-77b3-4da6-a3ce-929d0e0e4736 is gone',
      'run 00f067aa0ba902b700f067aa0ba902b7 is gone',
    ],
    ['no such user "anna"', "no such user 'Berta K'"],
    ['cannot open /home/a/b.txt', 'cannot open /var/lib/x/y/z'],
    ['GET https://a.example/x?y=1 failed', 'GET http://b.example failed'],
    ['mail to a@b.co bounced', 'mail to someone.else@example.org bounced'],
    ['bad  pointer 0xdeadbeef', 'Bad pointer 0x1'],
  ])('is the same for %j and %j', (a, b) => {
    expect(generalize(a)).toBe(generalize(b));
  });

  it('differs by type, code and words', () => {
    const failure = { failure_type: 'tool', failure_code: 'x', message: 'it broke' } as const;
    const all = [
      failure,
      { ...failure, failure_type: 'model' as const },
      { ...failure, failure_code: 'y' },
      { ...failure, message: 'it burst' },
    ].map(fingerprintOf);
    expect(new Set(all).size).toBe(4);
  });

  it('of a long message takes no long time', () => {
    for (const part of ['a', '1', '/', '"', '@', 'a@', '0x', ' ', '../'])
      expect(generalize(part.repeat(10_000)).length).toBeLessThanOrEqual(5_000);
  });
});
