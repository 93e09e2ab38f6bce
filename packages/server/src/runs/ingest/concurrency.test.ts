import { describe, expect, it } from 'vitest';
import { newId, type AppError } from '../../base/index.ts';
import { createIngest } from '../create-ingest.ts';
import { openTestIngest, OWNER_ID, runBody, type Json } from './testing.ts';

const STARTED = '2026-03-10T12:00:00Z';
const ENDED = '2026-03-10T12:00:01Z';
const RUNS = 30;

function stepOf(seq: number, step_id: string) {
  return {
    step_id,
    seq,
    step_type: 'tool',
    name: 'call',
    latency_ms: 10,
    started_at: STARTED,
    ended_at: ENDED,
  };
}

/** A random order, so that two who do the same meet everywhere. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: newId().slice(-12) }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ item }) => item);
}

describe('two who report the same runs at the same time', () => {
  it('never wait for each other in a circle, and count everything once', async () => {
    const { ingest: first, db, clock, count } = await openTestIngest();
    const settings = { privacy: 'reject', retention_days: 90 } as const;
    const { ingest: second } = createIngest({ db, clock, settings });
    const both = [first, second];
    const wholes = Array.from({ length: RUNS }, () => runBody());
    const pieces = Array.from({ length: RUNS }, () => ({
      run_id: newId(),
      steps: Array.from({ length: 4 }, (_, seq) => stepOf(seq, newId())),
    }));
    const start = ({ run_id }: { run_id: string }) => ({
      run_id,
      agent_id: 'support',
      agent_version: '1',
      started_at: STARTED,
    });
    const failure = { failure_type: 'tool', failure_code: 'x', message: 'gone' };
    const end = { status: 'failure', ended_at: ENDED, failure };
    const report = (ingest: typeof first) => [
      ...wholes.map((body) => () => ingest.report(OWNER_ID, body)),
      ...pieces.map((piece) => async () => {
        const { run_id, steps } = piece;
        await ingest.begin(OWNER_ID, start(piece));
        const appended = shuffled(steps).map((step) =>
          ingest.append(OWNER_ID, run_id, { steps: [step] }),
        );
        await Promise.all(appended);
      }),
    ];
    await Promise.all(both.flatMap((ingest) => shuffled(report(ingest)).map((work) => work())));
    await Promise.all(
      both.flatMap((ingest) =>
        shuffled(pieces).map(({ run_id }) => ingest.end(OWNER_ID, run_id, end)),
      ),
    );
    expect(await count('runs')).toBe(2 * RUNS);
    expect(await count('run_steps')).toBe(6 * RUNS);
    expect(await count('run_failures')).toBe(RUNS);
    const { rows } = await db.query<Json>({
      text: `select metric, key, sum(n)::int as n from run_rollups where metric in ('run', 'step', 'failure')
        group by metric, key order by metric, key`,
    });
    expect(rows.map(({ metric, key, n }: Json) => [metric, key, n])).toEqual([
      ['failure', 'tool/x', RUNS],
      ['run', 'failure', RUNS],
      ['run', 'success', RUNS],
      ['step', 'plan', RUNS],
      ['step', 'tool', 5 * RUNS],
    ]);
    expect(await count('run_failure_groups where n = 30')).toBe(1);
  });

  it('store one run of those with the same id and different bodies', async () => {
    const { ingest: first, db, clock, count } = await openTestIngest();
    const settings = { privacy: 'reject', retention_days: 90 } as const;
    const { ingest: second } = createIngest({ db, clock, settings });
    const run_id = newId();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? first : second).report(OWNER_ID, runBody({ run_id, agent_id: `a${index}` })),
      ),
    );
    const codes = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as AppError).code : 'stored',
    );
    expect(codes.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'conflict'), 'stored']);
    expect([await count('runs'), await count('run_steps')]).toEqual([1, 2]);
  });
});
