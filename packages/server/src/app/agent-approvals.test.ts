import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../base/index.ts';
import { openPostgres } from '../db/index.ts';
import { newSchemaName, openTestDatabase, POSTGRES_URL } from '../db/testing.ts';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, type Heard, type Line } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

const OTHER = '22222222-2222-4222-8222-222222222222';

/** Uses `send` once, and says what came of it. */
const useSend = ({ step, call }: Heard): Line =>
  step === 0
    ? { tools: [{ name: 'send', input: { to: 'Ann' } }] }
    : JSON.stringify(call.messages.at(-1));

/** A program whose agent needs consent for its tool `send`. */
async function start(
  approvals: Record<string, unknown> | null = { tools: ['send'] },
  message: Record<string, unknown> = {},
) {
  const models = scriptedModel(useSend);
  const runs: unknown[] = [];
  const send = testTool('send', async (input) => {
    runs.push(input);
    return 'sent';
  });
  const program = await startTestProgram({ models, tools: [send.tool] });
  const token = await program.token();
  const requires_approval = approvals === null;
  const context = { ...(send.definition['context'] as object), requires_approval };
  await create(program, token, { ...send.definition, context });
  const agent = await create(
    program,
    token,
    agentBody('a', 'for:a', approvals ? { approvals } : {}),
  );
  const stream = await listen(program, token);
  const tags = ['for:a', 'session:c1', 'extension:chat'];
  const trigger = await say(program, token, 'go', 'c1', { tags, ...message });
  const request = await stream.until('the request', (e) => e.schema_name === 'approval.request.v1');
  const pending = async (as = token): Promise<Json[]> =>
    (await program.request('GET', '/v1/approvals?state=pending', { token: as })).body;
  const decide = (id: string, json: unknown, as = token) =>
    program.request('POST', `/v1/approvals/${id}`, { token: as, json });
  const answer = () => stream.answerTo(trigger.id);
  return { program, token, agent, stream, request, runs, pending, decide, answer, models };
}

const toldOf = (answer: Json): Json => JSON.parse(answer.context.content);

describe('a tool call that needs consent', () => {
  it('waits for it, holds no worker, and is made when it is given', async () => {
    const { program, token, agent, request, runs, pending, decide, answer } = await start();
    const [item] = await pending();
    expect(item).toMatchObject({
      agent_name: 'a',
      agent_id: agent.id,
      tool: 'send',
      state: 'pending',
    });
    expect(item.input).toEqual({ to: 'Ann' });
    expect(request.context).toMatchObject({
      approval_id: item.id,
      request_id: item.request_id,
      run_id: item.run_id,
      requested_by: agent.id,
      on_expiry: 'deny',
      expires_at: item.expires_at,
    });
    expect(request.context.message).toMatch(/a wants to use the tool send\. .* it will not run\./);
    expect(request.tags).toEqual(
      expect.arrayContaining([
        'approval:request',
        `approval:${item.id}`,
        'session:c1',
        'agent:a',
        'extension:chat',
      ]),
    );
    const running = await program.db.query({
      text: "select 1 from deliveries where queue = 'agents' and state = 'running'",
    });
    expect(running.rows).toEqual([]);
    expect(runs).toEqual([]);
    expect(await list(program, token, 'tool.request.v1')).toEqual([]);

    const decided = await decide(item.id, { decision: 'approve', comment: 'fine' });
    expect(decided).toMatchObject({ status: 200, body: { state: 'approved', comment: 'fine' } });
    expect(toldOf(await answer())).toMatchObject({ output: 'sent', is_error: false });
    expect(runs).toEqual([{ to: 'Ann' }]);
    expect(await pending()).toEqual([]);
    const [response] = await list(program, token, 'approval.response.v1');
    expect(response.context).toMatchObject({ approval_id: item.id, decision: 'approve' });
    expect(response.tags).toEqual(expect.arrayContaining(['approval:response', 'session:c1']));
    const again = await decide(item.id, { decision: 'deny' });
    expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  it('is not made when it is denied, and the model is told why', async () => {
    const { pending, decide, answer, runs } = await start();
    const [item] = await pending();
    await decide(item.id, { decision: 'deny', comment: 'not Ann' });
    const told = toldOf(await answer());
    expect(told).toMatchObject({ is_error: true });
    expect(told.output).toContain('did not consent to this call: not Ann');
    expect(runs).toEqual([]);
  });

  it('is decided also by a breadcrumb that a person writes', async () => {
    const { program, token, request, answer, runs } = await start();
    const { approval_id } = request.context;
    await create(program, token, {
      title: 'Yes',
      schema_name: 'approval.response.v1',
      tags: ['approval:response'],
      context: { approval_id, decision: 'approve' },
    });
    expect(toldOf(await answer())).toMatchObject({ output: 'sent' });
    expect(runs).toHaveLength(1);
  });

  it.each([
    ['deny', true, 0],
    ['approve', false, 1],
  ])('has the consequence %s when nobody decides in time', async (on_expiry, is_error, count) => {
    const { program, token, answer, runs, request, decide } = await start({
      tools: '*',
      expires_s: 1,
      on_expiry,
    });
    expect(toldOf(await answer())).toMatchObject({ is_error });
    expect(runs).toHaveLength(count);
    const [response] = await list(program, token, 'approval.response.v1');
    expect(response.context).toMatchObject({ decision: on_expiry, decided_by: null });
    const late = await decide(request.context.approval_id, { decision: 'approve' });
    expect(late.body).toMatchObject({ code: 'conflict' });
    expect(late.body.detail).toContain('its time was over');
  });

  it('can be one that the definition of the tool asks for', async () => {
    const { pending, decide, answer } = await start(null);
    const [item] = await pending();
    await decide(item.id, { decision: 'approve' });
    expect(toldOf(await answer())).toMatchObject({ output: 'sent' });
  });

  it('is never consented to by an agent, in whichever way', async () => {
    const { program, agent, stream, request, decide, pending, answer, token } = await start();
    const { approval_id } = request.context;
    const as_agent = await program.token({ agent_id: agent.id, roles: ['emitter', 'subscriber'] });
    const refused = await decide(approval_id, { decision: 'approve' }, as_agent);
    expect(refused.body).toMatchObject({ code: 'forbidden' });
    await create(program, as_agent, {
      title: 'Yes',
      schema_name: 'approval.response.v1',
      tags: ['approval:response'],
      context: { approval_id, decision: 'approve' },
    });
    // What comes later in the log has been dispatched when this is answered, so the breadcrumb has been seen.
    await stream.answerTo((await say(program, token, 'later', 'c2')).id);
    expect(await pending()).toHaveLength(1);
    await decide(approval_id, { decision: 'deny' });
    expect(toldOf(await answer())).toMatchObject({ is_error: true });
  });

  it('is decided by whoever may see the message, and by nobody else', async () => {
    const { program, request, decide, pending } = await start(
      { tools: ['send'] },
      { visibility: 'private' },
    );
    const { approval_id } = request.context;
    const stranger = await program.token({ agent_id: OTHER, roles: ['emitter', 'subscriber'] });
    expect(await pending(stranger)).toEqual([]);
    expect((await decide(approval_id, { decision: 'approve' }, stranger)).status).toBe(404);
    const reader = await program.token({ agent_id: OTHER, roles: ['subscriber'] });
    expect((await decide(approval_id, { decision: 'approve' }, reader)).status).toBe(403);
    const foreign = await program.token({ owner_id: '11111111-1111-4111-8111-111111111111' });
    expect(await pending(foreign)).toEqual([]);
    expect((await decide(approval_id, { decision: 'approve' }, foreign)).status).toBe(404);
    expect(await pending()).toHaveLength(1);
  });

  it('is withdrawn when the run is stopped', async () => {
    const { program, token, request, decide, answer, runs } = await start();
    const { run_id, approval_id } = request.context;
    await program.request('POST', `/v1/agent-runs/${run_id}/stop`, { token });
    expect((await answer()).context).toMatchObject({ status: 'stopped' });
    expect((await decide(approval_id, { decision: 'approve' })).status).toBe(409);
    expect(runs).toEqual([]);
  });
});

/** PGlite serves one process, so several need a real server. */
describe.skipIf(POSTGRES_URL === undefined)('in two processes', () => {
  it('the first decision counts and the other is told so', async () => {
    const schema = newSchemaName();
    await openTestDatabase(schema);
    const models = scriptedModel(useSend);
    const runs: unknown[] = [];
    const send = testTool('send', async (input) => runs.push(input));
    const [one, two] = await Promise.all(
      [0, 1].map(async (): Promise<TestProgram> => {
        const url = String(POSTGRES_URL);
        const own = await openPostgres({ url, pool_size: 8, schema, log: silentLog });
        onTestFinished(() => own.close());
        return startTestProgram({ db: own, models, tools: [send.tool] });
      }),
    );
    if (!one || !two) throw new Error('two were started');
    // Each process signs with a key of its own here.
    const [token, other] = await Promise.all([one.token(), two.token()]);
    await create(one, token, send.definition);
    const approvals = { tools: ['send'] };
    await create(one, token, agentBody('a', 'for:a', { approvals }));
    const stream = await listen(one, token);
    for (let round = 0; round < 5; round++) {
      const tags = ['for:a', `session:c${round}`];
      const message = await say(one, token, 'go', `c${round}`, { tags });
      const request = await stream.until(
        'the request',
        (e) => e.schema_name === 'approval.request.v1' && e.tags.includes(`session:c${round}`),
      );
      const path = `/v1/approvals/${request.context.approval_id}`;
      const answers = await Promise.all(
        [one, two, one, two].map((program, n) =>
          program.request('POST', path, {
            token: program === one ? token : other,
            json: { decision: n % 2 === 0 ? 'approve' : 'deny' },
          }),
        ),
      );
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        200, 409, 409, 409,
      ]);
      const approved = answers.find(({ status }) => status === 200)?.body.state === 'approved';
      const told = toldOf(await stream.answerTo(message.id));
      expect(told.is_error).toBe(!approved);
    }
  }, 60_000);
});
