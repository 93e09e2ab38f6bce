import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../db/testing.ts';
import { RunMaintenance } from '../runs/index.ts';
import { expireLeases, stopQuietly } from './testing/crash-scene.ts';
import { agentBody, create, endedRun, openRun, say } from './testing/conversation.ts';
import { faultyDatabase } from './testing/faulty-database.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

/** An agent that uses `send` once, for which it needs consent, and what starts programs that can run it. */
function scene() {
  const models = scriptedModel(({ step }) =>
    step === 0 ? { tools: [{ name: 'send', input: {} }] } : 'done',
  );
  const send = testTool('send', async () => 'sent');
  const start = async (options: Parameters<typeof startTestProgram>[0] = {}) => {
    const program = await startTestProgram({ models, tools: [send.tool], ...options });
    return { program, token: await program.token() };
  };
  /** Has the agent take up a message; resolves when it waits for consent. */
  const ask = async (program: TestProgram, token: string) => {
    await create(program, token, send.definition);
    const approvals = { approvals: { tools: ['send'] } };
    const agent = await create(program, token, agentBody('a', 'for:a', approvals));
    const stream = await listen(program, token);
    const tags = ['for:a', 'session:c1'];
    const message = await say(program, token, 'go', 'c1', { tags });
    const request = await stream.until(
      'the request',
      (event) => event.schema_name === 'approval.request.v1',
    );
    const { run_id, approval_id } = request.context;
    return { agent, message, run_id, approval_id };
  };
  return { start, ask };
}

const approve = ({ program, token }: { program: TestProgram; token: string }, id: string) =>
  program.request('POST', `/v1/approvals/${id}`, { token, json: { decision: 'approve' } });

const stepsOf = ({ steps }: Json) =>
  steps.map((each: Json) => [each.seq, each.step_type, each.name, each.metadata.outcome]);

const WHOLE = [
  [0, 'plan', 'scripted-1', undefined],
  [1, 'tool', 'send', 'success'],
  [2, 'respond', 'scripted-1', undefined],
];

/** What is stored of runs, without the times at which it was. */
async function storedRuns({ db }: TestProgram): Promise<Json> {
  const { rows } = await db.query<Json>({
    text: `select
      (select jsonb_agg(to_jsonb(t) - '{created_at}'::text[]) from run_keys t) as keys,
      (select jsonb_agg(to_jsonb(t) - '{created_at,heard_at}'::text[]) from runs t) as runs,
      (select jsonb_agg(to_jsonb(t) - '{created_at}'::text[] order by seq) from run_steps t) as steps,
      (select jsonb_agg(to_jsonb(t) order by metric, key) from run_rollups t where n <> 0) as rollups`,
  });
  return rows[0];
}

describe('a run that goes on', () => {
  it('is seen with its steps so far while it waits for consent, and ends as if it was told once', async () => {
    const { start, ask } = scene();
    const home = await start();
    const { program, token } = home;
    const { agent, message, run_id, approval_id } = await ask(program, token);
    const open = await openRun(program, token, run_id, 2);
    expect(open).toMatchObject({
      agent_id: 'a',
      agent_version: '1',
      source: 'cairn',
      ended_at: null,
      breadcrumb_id: message.id,
      conversation_id: 'c1',
      metadata: { definition_id: agent.id },
      failures: [],
    });
    expect(stepsOf(open)).toEqual([WHOLE[0], [1, 'tool', 'send', 'waiting']]);
    expect(open.steps[1].metadata).toMatchObject({ approval_id });
    const listed = async (query: string) =>
      (await program.request('GET', `/v1/runs?${query}`, { token })).body.map(
        (each: Json) => each.run_id,
      );
    expect(await listed('status=running')).toEqual([run_id]);
    // What goes on is not counted yet.
    const stats = () => program.request('GET', '/v1/stats', { token });
    expect((await stats()).body).toMatchObject({ total_runs: 0, step_type_breakdown: {} });

    await approve(home, approval_id);
    const ended = await endedRun(program, token, run_id);
    expect(ended).toMatchObject({ status: 'success', end_reason: null });
    expect(stepsOf(ended)).toEqual(WHOLE);
    expect(await listed('status=running')).toEqual([]);
    expect(await listed('')).toEqual([run_id]);
    expect((await stats()).body).toMatchObject({
      total_runs: 1,
      step_type_breakdown: { plan: 1, tool: 1, respond: 1 },
    });

    const before = await storedRuns(program);
    for (const table of ['runs', 'run_steps', 'run_keys', 'run_rollups', 'run_rollup_days'])
      await program.db.query({ text: `delete from ${table}` });
    await program.db.query({
      text: "update deliveries set state = 'pending', due_at = clock_timestamp() where dedupe_key = $1",
      values: [`trace:${run_id}`],
    });
    await endedRun(program, token, run_id);
    expect(await storedRuns(program)).toEqual(before);
  }, 180_000);

  it('goes on and ends properly when its process is killed, however long it waits', async () => {
    const { start, ask } = scene();
    const db = await openTestDatabase();
    const faulty = faultyDatabase(db);
    const first = await start({ db: faulty });
    const { run_id, approval_id } = await ask(first.program, first.token);
    await openRun(first.program, first.token, run_id, 2);
    const struck = faulty.set({ at: 0, side: 'before', is_final: true });
    await first.program.request('POST', '/breadcrumbs', {
      token: first.token,
      json: { title: 'The last', tags: [], context: {} },
    });
    await struck;
    await stopQuietly(first.program);
    await expireLeases(db);

    const second = await start({ db });
    await db.query({ text: "update runs set heard_at = heard_at - interval '1 hour'" });
    const maintenance = second.program.program.services.find(
      (service) => service instanceof RunMaintenance,
    );
    expect(await maintenance?.round()).toMatchObject({ closed: 0 });
    const waits = await openRun(second.program, second.token, run_id, 2);
    expect(stepsOf(waits)).toEqual([WHOLE[0], [1, 'tool', 'send', 'waiting']]);
    await approve(second, approval_id);
    const ended = await endedRun(second.program, second.token, run_id);
    expect(ended).toMatchObject({ status: 'success', end_reason: null });
    expect(stepsOf(ended)).toEqual(WHOLE);
    const { rows } = await db.query<Json>({
      text: `select (select count(*)::int from runs) as runs, (select count(*)::int from run_steps) as steps,
        (select sum(n)::int from run_rollups where metric = 'run') as counted`,
    });
    expect(rows).toEqual([{ runs: 1, steps: 3, counted: 1 }]);
  }, 180_000);

  it('is seen while a tool has not answered', async () => {
    const gate = Promise.withResolvers<string>();
    const slow = testTool('slow', () => gate.promise);
    const models = scriptedModel(({ step }) =>
      step === 0 ? { tools: [{ name: 'slow', input: {} }] } : 'done',
    );
    const program = await startTestProgram({ models, tools: [slow.tool] });
    const token = await program.token();
    await create(program, token, slow.definition);
    await create(program, token, agentBody('a', 'for:a'));
    const stream = await listen(program, token);
    const tags = ['for:a', 'session:c1'];
    const message = await say(program, token, 'go', 'c1', { tags });
    const { rows } = await expectRun(program);
    const run_id = rows[0]?.id ?? '';
    expect(stepsOf(await openRun(program, token, run_id, 2))).toEqual([
      WHOLE[0],
      [1, 'tool', 'slow', 'waiting'],
    ]);
    gate.resolve('here');
    await stream.answerTo(message.id);
    expect(stepsOf(await endedRun(program, token, run_id))).toMatchObject([
      WHOLE[0],
      [1, 'tool', 'slow', 'success'],
      WHOLE[2],
    ]);
  }, 180_000);
});

/** The one run, as soon as it has begun. */
async function expectRun({ db }: TestProgram) {
  const find = () => db.query<{ id: string }>({ text: 'select id from agent_runs' });
  await expect.poll(async () => (await find()).rows.length).toBe(1);
  return find();
}
