/* oxlint-disable no-template-curly-in-string -- the places of a workflow are written so */
import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../db/testing.ts';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, type Heard, type Line } from './testing/scripted-model.ts';
import { startTestProgram, type Json } from './testing.ts';

const SEND = {
  title: 'Tool: send',
  schema_name: 'tool.code.v1',
  tags: ['tool', 'tool:send'],
  context: {
    name: 'send',
    description: 'Sends something.',
    code: {
      language: 'javascript',
      source: 'export async function execute(input) { return { sent: input.to }; }',
    },
    input_schema: { type: 'object' },
    requires_approval: true,
  },
};

const STEPS = [
  { id: 'name', tool: 'echo', input: { message: 'Ann' } },
  { id: 'post', tool: 'send', input: { to: '${name.message}' } },
  { id: 'log', tool: 'echo', input: { message: 'sent to ${post.sent}' } },
];

/** Two that wait for nothing, and each for a person. */
const TWO = ['Ann', 'Bob'].map((to) => ({ id: to, tool: 'send', input: { to } }));

/** Runs a workflow once, and tells what came of it. */
const useWorkflow =
  (input: unknown) =>
  ({ step, call, question }: Heard): Line => {
    if (question !== 'go') return 'unused';
    return step === 0
      ? { tools: [{ name: 'workflow', input }] }
      : JSON.stringify(call.messages.at(-1));
  };

const REFUSAL = { status: 'error', error_class: 'forbidden' };

const toldOf = (answer: Json): Json => JSON.parse(answer.context.content);

/** A program whose agent wants a workflow with a step that needs consent, when somebody has been asked about it. */
async function start(
  input: unknown = { steps: STEPS },
  more: Record<string, unknown> = {},
  db?: Awaited<ReturnType<typeof openTestDatabase>>,
) {
  const models = scriptedModel(useWorkflow(input));
  const program = await startTestProgram({ models, ...(db ? { db } : {}) });
  const token = await program.token();
  await create(program, token, SEND);
  const agent = await create(program, token, agentBody('a', 'for:a', more));
  const stream = await listen(program, token);
  const trigger = await say(program, token, 'go', 'c1', { tags: ['for:a', 'session:c1'] });
  const request = await stream.until('the request', (e) => e.schema_name === 'approval.request.v1');
  const decide = (json: unknown, { context } = request) =>
    program.request('POST', `/v1/approvals/${context.approval_id}`, { token, json });
  /** Of several requests the one about this input. */
  const requestFor = (to: string) =>
    stream.until(
      `the request for ${to}`,
      (e) => e.schema_name === 'approval.request.v1' && e.context.input.to === to,
    );
  const as_agent = await program.token({ agent_id: agent.id, roles: ['emitter', 'subscriber'] });
  /** What comes of a request that the agent writes by itself. */
  const forge = async (context: Record<string, unknown>): Promise<Json> => {
    const { id } = await create(program, as_agent, {
      title: 'Forged',
      schema_name: 'tool.request.v1',
      tags: ['tool:request', 'workspace:tools', `request:${String(context['requestId'])}`],
      context,
    });
    const response = await stream.until(
      'the answer to what was forged',
      (e) => e.context?.caused_by?.tool_request_id === id,
    );
    return response.context;
  };
  const steps = async (): Promise<Json[]> => {
    const requests = await list(program, token, 'tool.request.v1', 'workflow:step');
    return requests.map(({ context }) => [context.tool, context.input]);
  };
  const call = async () => {
    const { rows } = await program.db.query<{ is_waiting: boolean; left_s: number }>({
      text: `select r.waiting_since is not null as is_waiting,
          extract(epoch from c.deadline_at - clock_timestamp())::float8 as left_s
        from agent_tool_calls c join agent_runs r on r.id = c.run_id`,
    });
    return rows[0];
  };
  const answer = () => stream.answerTo(trigger.id);
  const asked = { request, requestFor, decide, as_agent, forge };
  return { program, token, agent, stream, trigger, ...asked, steps, call, answer };
}

describe('a step of a workflow that needs consent', () => {
  it('waits for it, holds no worker, and is taken once when it is given', async () => {
    const { program, token, agent, request, decide, steps, call, answer } = await start();
    expect(request.context).toMatchObject({
      tool: 'send',
      input: { to: 'Ann' },
      requested_by: agent.id,
      on_expiry: 'deny',
    });
    expect(request.context.message).toContain('the tool send in the step post of a workflow');
    expect(await steps()).toEqual([['echo', { message: 'Ann' }]]);
    // The time of the run stands still meanwhile, and the workflow may take as long as the person.
    const waiting = await call();
    expect(waiting?.is_waiting).toBe(true);
    expect(waiting?.left_s).toBeGreaterThan(86_400);
    const pending = await program.request('GET', '/v1/approvals?state=pending', { token });
    expect(pending.body).toMatchObject([{ tool: 'send', agent_name: 'a', state: 'pending' }]);

    expect(await decide({ decision: 'approve' })).toMatchObject({ status: 200 });
    const told = toldOf(await answer());
    expect(told.output.results).toEqual({
      name: { message: 'Ann' },
      post: { sent: 'Ann' },
      log: { message: 'sent to Ann' },
    });
    expect(await steps()).toEqual([
      ['echo', { message: 'Ann' }],
      ['send', { to: 'Ann' }],
      ['echo', { message: 'sent to Ann' }],
    ]);
    const after = await call();
    expect(after?.is_waiting).toBe(false);
    expect(after?.left_s).toBeLessThanOrEqual(3_600);
    expect((await decide({ decision: 'deny' })).status).toBe(409);
  });

  it('fails with the reason when it is denied, and what does not depend on it goes on', async () => {
    const spare = { id: 'spare', tool: 'echo', input: { message: 'x' }, depends_on: ['name'] };
    const input = { steps: [...STEPS, spare], continueOnError: true };
    const { decide, steps, answer } = await start(input);
    await decide({ decision: 'deny', comment: 'not Ann' });
    const { output } = toldOf(await answer());
    expect(output.results).toEqual({ name: { message: 'Ann' }, spare: { message: 'x' } });
    expect(output.errors).toEqual({
      post: 'a person did not consent to this call: not Ann',
      log: 'it was left out, since post failed',
    });
    expect((await steps()).map(([tool]) => tool)).toEqual(['echo', 'echo']);
  });

  it.each([
    ['deny', true],
    ['approve', false],
  ])('has the consequence %s when nobody decides in time', async (on_expiry, is_error) => {
    const approvals = { tools: [], expires_s: 1, on_expiry };
    const { program, token, decide, answer } = await start(undefined, { approvals });
    const told = toldOf(await answer());
    expect(told.is_error).toBe(is_error);
    const late = 'nobody consented to this call in time';
    expect(JSON.stringify(told.output).includes(late)).toBe(is_error);
    const [response] = await list(program, token, 'approval.response.v1');
    expect(response.context).toMatchObject({ decision: on_expiry, decided_by: null });
    expect((await decide({ decision: 'approve' })).status).toBe(409);
  });

  it('ends with its workflow when the run is stopped', async () => {
    const { program, token, stream, request, decide, steps, answer } = await start();
    const { run_id } = request.context;
    await program.request('POST', `/v1/agent-runs/${run_id}/stop`, { token });
    expect((await answer()).context).toMatchObject({ status: 'stopped' });
    const ended = await stream.until(
      'the end of the workflow',
      (e) => e.schema_name === 'tool.response.v1' && e.context.tool === 'workflow',
    );
    expect(ended.context.error).toContain('the run that wanted it has ended');
    expect((await decide({ decision: 'approve' })).status).toBe(409);
    expect(await steps()).toHaveLength(1);
  });

  it('ends with its workflow also when the run ends without a word', async () => {
    const { program, token, stream, trigger, request, decide } = await start();
    const path = `/breadcrumbs/${trigger.id}`;
    const headers = { 'if-match': String(trigger.version) };
    expect((await program.request('DELETE', path, { token, headers })).status).toBeLessThan(300);
    const { run_id } = request.context;
    await program.request('POST', `/v1/agent-runs/${run_id}/stop`, { token });
    const ended = await stream.until(
      'the end of the workflow',
      (e) => e.schema_name === 'tool.response.v1' && e.context.tool === 'workflow',
    );
    expect(ended.context.error).toContain('the run that wanted it has ended');
    expect((await decide({ decision: 'approve' })).status).toBe(409);
    const { rows } = await program.db.query({
      text: 'select 1 from agent_runs where waiting_since is not null',
    });
    expect(rows).toEqual([]);
  });

  it('gives its own time back, and not that of another which waits as well', async () => {
    const { stream, requestFor, decide, call, answer } = await start({ steps: TWO });
    const [ann, bob] = [await requestFor('Ann'), await requestFor('Bob')];
    await decide({ decision: 'approve' }, ann);
    await stream.until(
      'the answer to the first',
      (e) => e.schema_name === 'tool.response.v1' && e.context.tool === 'send',
    );
    const between = await call();
    expect(between?.is_waiting).toBe(true);
    expect(between?.left_s).toBeGreaterThan(80_000);
    expect(between?.left_s).toBeLessThanOrEqual(86_400 + 3_600 + 60);
    await decide({ decision: 'approve' }, bob);
    expect(toldOf(await answer()).output.results).toEqual({
      Ann: { sent: 'Ann' },
      Bob: { sent: 'Bob' },
    });
    const after = await call();
    expect(after?.is_waiting).toBe(false);
    expect(after?.left_s).toBeGreaterThan(0);
    // What both waited at the same time counts for each, and these have waited moments.
    expect(after?.left_s).toBeLessThan(3_600 + 60);
  });

  it('cannot be answered before anybody has consented', async () => {
    const { program, token, as_agent, request, stream, decide, answer } = await start();
    const { request_id } = request.context;
    const forged = await create(program, as_agent, {
      title: 'Forged',
      schema_name: 'tool.request.v1',
      tags: ['tool:request', 'workspace:tools'],
      context: { tool: 'echo', input: { message: 'forged' }, requestId: request_id },
    });
    await stream.until(
      'the answer to what was forged',
      (e) => e.context?.caused_by?.tool_request_id === forged.id,
    );
    // What comes later in the log has been dispatched when this is answered.
    await stream.answerTo((await say(program, token, 'later', 'c2')).id);
    await decide({ decision: 'approve' });
    expect(toldOf(await answer()).output.results.post).toEqual({ sent: 'Ann' });
  });

  it('is not got around by an agent that writes the request by itself', async () => {
    const { request, forge, decide, steps, answer } = await start();
    const { request_id } = request.context;
    const forged = { tool: 'send', input: { to: 'Ann' }, requestId: request_id };
    expect(await forge(forged)).toMatchObject(REFUSAL);
    await decide({ decision: 'deny' });
    expect(toldOf(await answer())).toMatchObject({ is_error: true });
    expect(await forge(forged)).toMatchObject(REFUSAL);
    expect((await steps()).map(([tool]) => tool)).toEqual(['echo']);
  });

  it('is taken once for a consent, also when the request that was sent for it is gone', async () => {
    const { program, token, forge, decide, answer } = await start();
    await decide({ decision: 'approve' });
    expect(toldOf(await answer()).output.results.post).toEqual({ sent: 'Ann' });
    const requests = await list(program, token, 'tool.request.v1', 'workflow:step');
    const sent = requests.find(({ context }) => context.tool === 'send');
    const headers = { 'if-match': String(sent?.version) };
    const path = `/breadcrumbs/${sent?.id}`;
    expect((await program.request('DELETE', path, { token, headers })).status).toBeLessThan(300);
    expect(await forge(sent?.context)).toMatchObject(REFUSAL);
  });

  it('is not kept from going out by requests that others wrote under its id', async () => {
    const { request, forge, decide, answer } = await start();
    const { request_id } = request.context;
    const forged = { tool: 'send', input: { to: 'Ann' }, requestId: request_id };
    expect(await forge(forged)).toMatchObject(REFUSAL);
    await decide({ decision: 'approve' });
    expect(toldOf(await answer()).output.results.post).toEqual({ sent: 'Ann' });
  });

  it.each([
    ['patches', { approvals: { tools: [] }, tools: ['echo', 'send', 'workflow', 'random'] }],
    ['deletes', null],
    ['makes a note of', 'note.v1'],
  ])('is not got around by an agent that %s its own definition', async (_name, change) => {
    const tools = ['echo', 'send', 'workflow'];
    const { program, agent, as_agent, request, forge, steps } = await start(undefined, { tools });
    const { request_id } = request.context;
    const is_name = typeof change === 'string';
    const json = is_name
      ? { schema_name: change }
      : { context: { ...(agentBody('a', 'for:a', change ?? {})['context'] as object) } };
    const headers = { 'if-match': '1' };
    const done = await program.request(
      change === null ? 'DELETE' : 'PATCH',
      `/breadcrumbs/${agent.id}`,
      { token: as_agent, headers, ...(change === null ? {} : { json }) },
    );
    // A curator stands for it.
    expect(done.status).toBe(403);
    const send = { tool: 'send', input: { to: 'Ann' }, requestId: request_id };
    expect(await forge(send)).toMatchObject(REFUSAL);
    const other = { tool: 'random', input: {}, requestId: 'other' };
    expect(await forge(other)).toMatchObject(REFUSAL);
    const flow = { steps: [{ id: 'a', tool: 'random', input: {} }] };
    const inner = { tool: 'workflow', input: flow, requestId: 'inner' };
    expect(await forge(inner)).toMatchObject({
      status: 'error',
      error: expect.stringContaining('random'),
    });
    expect((await steps()).map(([tool]) => tool)).toEqual(['echo']);
  });

  it('is refused where nobody can be asked, since no agent wants it', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'unused') });
    const token = await program.token();
    await create(program, token, SEND);
    const stream = await listen(program, token);
    const request = await create(program, token, {
      title: 'By hand',
      schema_name: 'tool.request.v1',
      tags: ['tool:request', 'workspace:tools'],
      context: { tool: 'workflow', input: { steps: STEPS }, requestId: 'by-hand' },
    });
    const { context } = await stream.until(
      'its answer',
      (e) => e.context?.caused_by?.tool_request_id === request.id,
    );
    expect(context.error).toContain('which only the run of an agent can ask for');
  });

  it('is still asked for after the program has died, and goes on then', async () => {
    const db = await openTestDatabase();
    const first = await start(undefined, {}, db);
    await first.program.stop();
    const models = scriptedModel(useWorkflow({ steps: STEPS }));
    const program = await startTestProgram({ models, db });
    const token = await program.token();
    const stream = await listen(program, token);
    const { approval_id } = first.request.context;
    const json = { decision: 'approve' };
    await program.request('POST', `/v1/approvals/${approval_id}`, { token, json });
    const told = toldOf(await stream.answerTo(first.trigger.id));
    expect(told.output.executionOrder).toEqual(['name', 'post', 'log']);
    const requests = await list(program, token, 'tool.request.v1', 'workflow:step');
    expect(requests.map(({ context }) => context.tool)).toEqual(['echo', 'send', 'echo']);
    expect(await list(program, token, 'approval.request.v1')).toHaveLength(1);
  });
});
