import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import type { ModelAnswer } from './models/index.ts';
import { RunStore } from './store.ts';

const ANSWER: ModelAnswer = {
  text: 'x',
  tool_calls: [],
  finish_reason: 'stop',
  usage: { input_tokens: 1, output_tokens: null },
  model: 'm',
};

async function start(timeouts_ms: number[] = []) {
  const db = await openTestDatabase();
  const runs = new RunStore(db);
  const plan = {
    owner_id: newId(),
    agent_id: newId(),
    delivery_id: newId(),
    trigger_id: newId(),
    trigger_version: 1,
    conversation_id: 'c1',
  };
  const run = await runs.ensure(plan);
  const calls = timeouts_ms.map((timeout_ms, place) => ({
    request_id: newId(),
    step_seq: 0,
    place,
    call_id: `${place}`,
    tool: 'echo',
    request_breadcrumb_id: newId(),
    output: null,
    is_error: null,
    timeout_ms,
  }));
  await runs.transaction((tx) => runs.addToolCalls(run, calls, tx));
  const answer = (place: number, more: object = {}) =>
    runs.transaction((tx) =>
      runs.answer(
        {
          owner_id: plan.owner_id,
          request_id: calls[place]?.request_id ?? newId(),
          breadcrumb_id: newId(),
          output: { from: place },
          is_error: false,
          ...more,
        },
        tx,
      ),
    );
  return { runs, plan, run, calls, answer };
}

describe('a run', () => {
  it('is made once for a delivery', async () => {
    const { runs, plan, run } = await start();
    expect(await runs.ensure(plan)).toEqual(run);
    expect(run).toMatchObject({ ...plan, state: 'running' });
  });

  it('ends once', async () => {
    const { runs, run, plan } = await start();
    const end = (failure: { error_class: string; message: string } | null) =>
      runs.transaction((tx) => runs.finish(run.id, newId(), failure, tx));
    expect(await end({ error_class: 'x', message: 'y' })).toBe(true);
    expect(await end(null)).toBe(false);
    expect((await runs.ensure(plan)).state).toBe('failed');
  });

  it('keeps its steps in order, each recorded once', async () => {
    const { runs, run } = await start();
    const add = (seq: number) => runs.transaction((tx) => runs.addStep(run.id, seq, ANSWER, tx));
    await add(1);
    await add(0);
    await expect(add(1)).rejects.toMatchObject({ is_unique_violation: true });
    expect(await runs.steps(run.id)).toEqual([
      { seq: 0, answer: ANSWER },
      { seq: 1, answer: ANSWER },
    ]);
  });
});

describe('the answer to a tool call', () => {
  it('counts once and says which delivery waits for it', async () => {
    const { runs, run, plan, answer } = await start([60_000]);
    expect(await answer(0)).toBe(plan.delivery_id);
    expect(await answer(0, { output: 'second' })).toBeNull();
    expect(await runs.toolCalls(run.id)).toMatchObject([{ output: { from: 0 }, is_error: false }]);
  });

  it('from another tenant, for nobody, or after the end of the run is ignored', async () => {
    const { runs, run, answer } = await start([60_000]);
    expect(await answer(0, { owner_id: newId() })).toBeNull();
    expect(await answer(7)).toBeNull();
    await runs.transaction((tx) => runs.finish(run.id, null, null, tx));
    expect(await answer(0)).toBeNull();
    expect(await runs.toolCalls(run.id)).toMatchObject([{ output: null, is_error: null }]);
  });

  it('is waited for as long as its call has time', async () => {
    const { runs, run, answer } = await start([60_000, 120_000]);
    const first = await runs.expire(run.id, 'late');
    expect(first).toBeGreaterThan(50_000);
    expect(first).toBeLessThanOrEqual(60_000);
    await answer(0);
    expect(await runs.expire(run.id, 'late')).toBeGreaterThan(110_000);
    await answer(1);
    expect(await runs.expire(run.id, 'late')).toBeNull();
  });

  it('is given up when its time is over, while others still have theirs', async () => {
    const { runs, run, answer } = await start([-1, 60_000]);
    expect(await runs.expire(run.id, 'late')).toBeGreaterThan(0);
    expect(await runs.toolCalls(run.id)).toMatchObject([
      { output: 'late', is_error: true },
      { output: null, is_error: null },
    ]);
    expect(await answer(0)).toBeNull();
    await answer(1);
    expect(await runs.expire(run.id, 'late')).toBeNull();
  });
});
