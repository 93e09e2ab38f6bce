import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import type { NewRun, RunOrigin } from './contract.ts';
import type { ModelAnswer } from './models/index.ts';
import { RunStore } from './store.ts';

const ANSWER: ModelAnswer = {
  text: 'x',
  tool_calls: [],
  finish_reason: 'stop',
  usage: { input_tokens: 1, output_tokens: null },
  model: 'm',
};

/** Nothing is known of what caused a run. */
const NOBODY: RunOrigin = {
  author: null,
  at: '2026-01-01T00:00:00.000Z',
  run_id: null,
  tool_request_id: null,
};
const FACTS = { latency_ms: 7, cost_usd: 0.5, deltas: 2 };

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
  const ensure = (more: Partial<NewRun> = {}) => runs.ensure({ ...plan, origin: NOBODY, ...more });
  const { run } = await ensure();
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
    kind: 'tool' as const,
    responder: null,
    approval_id: null,
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
          kind: 'tool',
          from: null,
          ...more,
        },
        tx,
      ),
    );
  return { runs, plan, run, calls, answer, ensure };
}

describe('a run', () => {
  it('is made once for a delivery', async () => {
    const { plan, run, ensure } = await start();
    expect((await ensure()).run).toEqual(run);
    expect(run).toMatchObject({ ...plan, state: 'running', depth: 0, parent_run_id: null });
    expect(run.root_run_id).toBe(run.id);
  });

  it('ends once', async () => {
    const { runs, run, ensure } = await start();
    const end = (state: 'failed' | 'completed') =>
      runs.transaction((tx) =>
        runs.finish(run.id, { state, response_id: newId(), failure: null }, tx),
      );
    expect(await end('failed')).toBe(true);
    expect(await end('completed')).toBe(false);
    expect((await ensure()).run.state).toBe('failed');
  });

  it('keeps its steps in order, each recorded and counted once', async () => {
    const { runs, run, ensure } = await start();
    const add = (seq: number) =>
      runs.transaction((tx) => runs.addStep(run.id, seq, ANSWER, FACTS, tx));
    await add(1);
    await add(0);
    await expect(add(1)).rejects.toMatchObject({ is_unique_violation: true });
    expect((await runs.history(run.id)).steps).toEqual([
      { seq: 0, answer: ANSWER, cost_usd: 0.5 },
      { seq: 1, answer: ANSWER, cost_usd: 0.5 },
    ]);
    const spent = { model_calls: 2, tool_calls: 0, tokens: 2, cost_usd: 1 };
    expect(await ensure()).toMatchObject({ own: spent, tree: spent, deltas: 2 });
  });

  it('keeps what it was told, each at its place once', async () => {
    const { runs, run } = await start();
    const note = { after_seq: 0, kind: 'repetition', text: 'first' } as const;
    await runs.addNote(run.id, note);
    await runs.addNote(run.id, { ...note, text: 'second' });
    expect((await runs.history(run.id)).notes).toEqual([note]);
  });
});

describe('the run that began a run', () => {
  /** Another run, whose trigger tells this. */
  const begin = async (
    of: Awaited<ReturnType<typeof start>>,
    origin: Partial<RunOrigin>,
    more: Partial<NewRun> = {},
  ) =>
    (
      await of.ensure({
        delivery_id: newId(),
        agent_id: newId(),
        origin: { ...NOBODY, at: new Date(Date.now() + 1_000).toISOString(), ...origin },
        ...more,
      })
    ).run;

  it('is the one that asked', async () => {
    const of = await start();
    const child = await begin(of, { parent_run_id: of.run.id, request_id: newId() });
    expect(child).toMatchObject({ parent_run_id: of.run.id, root_run_id: of.run.id, depth: 1 });
    const grandchild = await begin(of, { parent_run_id: child.id });
    expect(grandchild).toMatchObject({ parent_run_id: child.id, depth: 2 });
    expect(grandchild.root_run_id).toBe(of.run.id);
  });

  it('is the one that the trigger names, when the agent of that run wrote it, and nobody else', async () => {
    const of = await start();
    const named = { run_id: of.run.id };
    expect(await begin(of, { ...named, author: of.plan.agent_id })).toMatchObject({ depth: 1 });
    expect(await begin(of, { ...named, author: newId() })).toMatchObject({ depth: 0 });
    // What an agent copied from long ago tells nothing.
    const end = { state: 'completed', response_id: null, failure: null } as const;
    await of.runs.transaction((tx) => of.runs.finish(of.run.id, end, tx));
    const at = new Date(Date.now() + 600_000).toISOString();
    expect(await begin(of, { ...named, author: of.plan.agent_id, at })).toMatchObject({
      parent_run_id: expect.not.stringMatching(of.run.id),
    });
  });

  it('is the one whose tool was answered', async () => {
    const of = await start([60_000]);
    const tool_request_id = of.calls[0]?.request_id ?? null;
    expect(await begin(of, { tool_request_id, author: newId() })).toMatchObject({ depth: 1 });
  });

  it('is the latest of the author that the trigger can come from', async () => {
    const of = await start();
    const { agent_id: author } = of.plan;
    const late = await begin(of, { author }, { agent_id: author });
    expect(late).toMatchObject({ parent_run_id: of.run.id });
    expect(await begin(of, { author })).toMatchObject({ parent_run_id: late.id, depth: 2 });
    const before = '2020-01-01T00:00:00.000Z';
    expect(await begin(of, { author, at: before })).toMatchObject({ depth: 0 });
  });

  it('is none when it had ended long before the trigger was written', async () => {
    const of = await start();
    const end = { state: 'completed', response_id: null, failure: null } as const;
    await of.runs.transaction((tx) => of.runs.finish(of.run.id, end, tx));
    const { agent_id: author } = of.plan;
    const at = new Date(Date.now() + 600_000).toISOString();
    expect(await begin(of, { author, at })).toMatchObject({ depth: 0 });
    expect(await begin(of, { author })).toMatchObject({ depth: 1 });
  });

  it('is never one of another tenant', async () => {
    const of = await start();
    const { agent_id: author } = of.plan;
    const origin = { author, run_id: of.run.id, parent_run_id: of.run.id };
    expect(await begin(of, origin, { owner_id: newId() })).toMatchObject({ depth: 0 });
  });

  it('shares what is spent with it', async () => {
    const of = await start();
    const delivery_id = newId();
    const child = await begin(of, { parent_run_id: of.run.id }, { delivery_id });
    await of.runs.transaction((tx) => of.runs.addStep(child.id, 0, ANSWER, FACTS, tx));
    const state = await of.ensure();
    expect(state).toMatchObject({ own: { model_calls: 0 }, tree: { model_calls: 1, tokens: 1 } });
  });
});

describe('the answer to a tool call', () => {
  it('counts once and says which delivery waits for it', async () => {
    const { runs, run, plan, answer } = await start([60_000]);
    expect(await answer(0)).toBe(plan.delivery_id);
    expect(await answer(0, { output: 'second' })).toBeNull();
    expect((await runs.history(run.id)).calls).toMatchObject([
      { output: { from: 0 }, is_error: false },
    ]);
  });

  it('from another tenant, for nobody, or after the end of the run is ignored', async () => {
    const { runs, run, answer } = await start([60_000]);
    expect(await answer(0, { owner_id: newId() })).toBeNull();
    expect(await answer(7)).toBeNull();
    const end = { state: 'completed', response_id: null, failure: null } as const;
    await runs.transaction((tx) => runs.finish(run.id, end, tx));
    expect(await answer(0)).toBeNull();
    expect((await runs.history(run.id)).calls).toMatchObject([{ output: null, is_error: null }]);
  });

  it('counts only from whom it was asked of', async () => {
    const { answer } = await start([60_000]);
    expect(await answer(0, { from: newId() })).toBeNull();
    expect(await answer(0, { kind: 'ask' })).toBeNull();
    expect(await answer(0, { from: null })).not.toBeNull();
  });

  it('is waited for as long as its call has time', async () => {
    const { runs, run, answer } = await start([60_000, 120_000]);
    const left = async () => (await runs.expire(run.id)).left_ms;
    const first = await left();
    expect(first).toBeGreaterThan(50_000);
    expect(first).toBeLessThanOrEqual(60_000);
    await answer(0);
    expect(await left()).toBeGreaterThan(110_000);
    await answer(1);
    expect(await left()).toBeNull();
  });

  it('is given up when its time is over, while others still have theirs', async () => {
    const { runs, run, answer } = await start([-1, 60_000]);
    expect(await runs.expire(run.id)).toMatchObject({ has_approvals: false });
    expect((await runs.history(run.id)).calls).toMatchObject([
      { output: 'the tool did not answer within 1 s', is_error: true },
      { output: null, is_error: null },
    ]);
    expect(await answer(0)).toBeNull();
    await answer(1);
    expect(await runs.expire(run.id)).toEqual({ left_ms: null, has_approvals: false });
  });
});
