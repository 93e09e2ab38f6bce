import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../../base/index.ts';
import { RollupSums, type Counted } from './contributions.ts';
import { deriveId } from './derive-id.ts';
import { openTestIngest, type Json, type TestIngest } from './testing.ts';

/** What a client does to one of a few runs. */
type Action =
  | { readonly kind: 'whole'; readonly run: number; readonly variant: number }
  | { readonly kind: 'start'; readonly run: number; readonly variant: number }
  | { readonly kind: 'step'; readonly run: number; readonly seq: number; readonly variant: number }
  | { readonly kind: 'end'; readonly run: number; readonly variant: number };

const run = fc.nat(2);
const variant = fc.nat(1);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('whole' as const), run, variant }),
  fc.record({ kind: fc.constant('start' as const), run, variant }),
  fc.record({ kind: fc.constant('step' as const), run, seq: fc.nat(3), variant }),
  fc.record({ kind: fc.constant('step' as const), run, seq: fc.nat(3), variant }),
  fc.record({ kind: fc.constant('end' as const), run, variant }),
);

/** What the server should know of a run. */
interface Known {
  readonly kind: 'whole' | 'pieces';
  readonly variant: number;
  readonly steps: Map<number, number>;
  /** The variant of its end; null while it goes on. */
  end: number | null;
}

const STARTED = '2026-03-10T12:00:00Z';
const ENDED = '2026-03-10T12:00:03Z';

function headOf(run_id: string, of: number) {
  return {
    run_id,
    agent_id: `agent ${of}`,
    agent_version: '1',
    environment: 'test',
    started_at: STARTED,
  };
}

function stepOf(seq: number, of: number) {
  return {
    seq,
    step_type: 'tool',
    name: `step ${of}`,
    latency_ms: 10 + seq,
    started_at: STARTED,
    ended_at: ENDED,
    cost_usd: 0.5,
  };
}

const FAILURE = { failure_type: 'tool', failure_code: 'x', message: 'gone after 5 s' };
const endOf = (of: number) =>
  of === 0
    ? { status: 'success', ended_at: ENDED, failure: null }
    : { status: 'failure', ended_at: ENDED, failure: FAILURE };

/** The status that each action should be answered with, and what is known then. */
function expected(known: Map<number, Known>, act: Action): number {
  const it = known.get(act.run);
  if (act.kind === 'whole' || act.kind === 'start') {
    const kind = act.kind === 'whole' ? 'whole' : 'pieces';
    if (it) return it.kind === kind && it.variant === act.variant ? 200 : 409;
    const steps = new Map(act.kind === 'whole' ? [[0, act.variant]] : []);
    known.set(act.run, { kind, variant: act.variant, steps, end: kind === 'whole' ? 0 : null });
    return 201;
  }
  if (!it) return 404;
  if (act.kind === 'end') {
    if (it.end === null) {
      // All steps before the last one must have come.
      if (Math.max(-1, ...it.steps.keys()) >= it.steps.size) return 422;
      it.end = act.variant;
    }
    // A whole run of this test ended as variant 0 does.
    return it.end === act.variant ? 200 : 409;
  }
  const there = it.steps.get(act.seq);
  if (there !== undefined) return there === act.variant ? 200 : 409;
  if (it.end !== null) return 409;
  it.steps.set(act.seq, act.variant);
  return 200;
}

async function perform(
  test: TestIngest,
  headers: Record<string, string>,
  ids: string[],
  act: Action,
) {
  const run_id = ids[act.run] ?? '';
  const send = (path: string, body: unknown) => test.post(path, body, headers);
  switch (act.kind) {
    case 'whole': {
      const steps = [stepOf(0, act.variant)];
      return send('/v1/runs', { ...headOf(run_id, act.variant), ...endOf(0), steps });
    }
    case 'start':
      return send('/v1/runs/start', headOf(run_id, act.variant));
    case 'step':
      return send(`/v1/runs/${run_id}/steps`, { steps: [stepOf(act.seq, act.variant)] });
    case 'end':
      return send(`/v1/runs/${run_id}/end`, endOf(act.variant));
  }
}

/** What the rollups of the runs of the model should add up to. */
function rollupsOf(owner_id: string, ids: readonly string[], known: ReadonlyMap<number, Known>) {
  const sums = new RollupSums();
  for (const [index, it] of known) {
    if (it.end === null) continue;
    const run_id = ids[index] ?? '';
    const { status, ended_at, failure } = endOf(it.end);
    const steps = [...it.steps].map(([seq, of]) => ({
      ...stepOf(seq, of),
      step_id: deriveId(run_id, 'step', seq),
      metadata: {},
    }));
    sums.add(owner_id, {
      ...headOf(run_id, it.variant),
      status,
      ended_at,
      steps,
      failures: failure
        ? [
            {
              ...failure,
              step_id: null,
            },
          ]
        : [],
      decisions: [],
      quality_signals: [],
    } as Counted);
  }
  const sorted = (rows: Json[]) =>
    rows
      .map(({ agent_id, metric, key, n, total, buckets }: Json) =>
        JSON.stringify([agent_id, metric, key, n, total, buckets]),
      )
      .toSorted();
  return { rollups: sorted(sums.rollups()), sorted, groups: sums.groups() };
}

describe('reports in any order, with any repeats', () => {
  it('leave what a model of them has, and rollups that add up to it', async () => {
    const test = await openTestIngest();
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (actions) => {
        const owner_id = newId();
        const ids = [newId(), newId(), newId()];
        const known = new Map<number, Known>();
        for (const act of actions) {
          const { status, body } = await perform(test, { 'x-owner': owner_id }, ids, act);
          const wanted = expected(known, act);
          expect([act, status, status === wanted || body]).toEqual([act, wanted, true]);
        }
        const { rollups, sorted, groups } = rollupsOf(owner_id, ids, known);
        const stored = await test.db.query<Json>({
          text: 'select agent_id, metric, key, n, total, to_json(buckets) as buckets from run_rollups where owner_id = $1',
          values: [owner_id],
        });
        expect(sorted(stored.rows)).toEqual(rollups);
        const failures = await test.db.query<Json>({
          text: 'select fingerprint, agent_id, n from run_failure_groups where owner_id = $1 order by agent_id',
          values: [owner_id],
        });
        expect(failures.rows).toEqual(
          groups
            .map(({ fingerprint, agent_id, n }) => ({ fingerprint, agent_id, n }))
            .toSorted((a, b) => (a.agent_id < b.agent_id ? -1 : 1)),
        );
        const counted = await test.db.query<Json>({
          text: `select r.run_id, r.steps_count, (select count(*)::int from run_steps s
              where s.owner_id = r.owner_id and s.run_id = r.run_id) as steps
            from runs r where r.owner_id = $1`,
          values: [owner_id],
        });
        const sizes = new Map(
          counted.rows.map((row: Json) => [row.run_id, [row.steps_count, row.steps]]),
        );
        expect(sizes).toEqual(
          new Map([...known].map(([index, { steps }]) => [ids[index], [steps.size, steps.size]])),
        );
      }),
      { numRuns: 25 },
    );
  });
});
