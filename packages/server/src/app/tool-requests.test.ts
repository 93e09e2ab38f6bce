/* oxlint-disable no-template-curly-in-string -- the places of a workflow are written so */
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

const FOREIGN = '11111111-1111-4111-8111-111111111111';

/** The body of a request as a client writes it by hand. */
const requestBody = (context: unknown, more: Record<string, unknown> = {}) => ({
  title: 'Request',
  schema_name: 'tool.request.v1',
  tags: ['tool:request', 'workspace:tools', 'session:c1'],
  context,
  ...more,
});

const responseBody = (request_id: string, output: unknown, more: Record<string, unknown> = {}) => ({
  title: 'Response',
  schema_name: 'tool.response.v1',
  tags: ['tool:response', 'workspace:tools', `request:${request_id}`],
  context: { request_id, status: 'success', output, error: null, ...more },
});

describe('a tool request made by hand', () => {
  async function start() {
    const program = await startTestProgram({ models: scriptedModel(() => 'unused') });
    const token = await program.token();
    const stream = await listen(program, token);
    const answerTo = (request: Json) =>
      stream.until(
        `the response to ${request.id}`,
        ({ schema_name, context }) =>
          schema_name === 'tool.response.v1' && context.caused_by.tool_request_id === request.id,
      );
    const ask = async (context: unknown) =>
      answerTo(await create(program, token, requestBody(context)));
    return { program, token, stream, answerTo, ask };
  }

  it('is answered under the id that it gave', async () => {
    const { ask } = await start();
    const input = { expression: '6*7' };
    const response = await ask({ tool: 'calculator', input, requestId: 'mine-1' });
    expect(response.tags).toEqual([
      'tool:response',
      'workspace:tools',
      'request:mine-1',
      'session:c1',
    ]);
    expect(response.context).toMatchObject({
      request_id: 'mine-1',
      tool: 'calculator',
      status: 'success',
      error: null,
    });
    expect(JSON.stringify(response.context.output)).toContain('42');
    expect(response.context.execution_time_ms).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['names no tool', { input: {}, requestId: 'r' }, /must have tool, input and requestId/],
    ['has no input', { tool: 'echo', requestId: 'r' }, /must have tool, input and requestId/],
    ['has no id', { tool: 'echo', input: {} }, /must have tool, input and requestId/],
    ['has an id that is no text', { tool: 'echo', input: {}, requestId: 7 }, /must have tool/],
    ['has an empty tool', { tool: '', input: {}, requestId: 'r' }, /must have tool/],
    ['is no object', 'echo', /must have tool/],
    ['is null', null, /must have tool/],
    [
      'names a tool that does not exist',
      { tool: 'nope', input: {}, requestId: 'r' },
      /no tool named nope/,
    ],
    [
      'names a tool of odd letters',
      { tool: "a'b%_\\", input: {}, requestId: 'r' },
      /no tool named/,
    ],
    ['has input of another type', { tool: 'calculator', input: 'x', requestId: 'r' }, /not valid/],
    [
      'has a name cut in a character',
      { tool: `${'a'.repeat(199)}😀`, input: {}, requestId: 'r' },
      /./,
    ],
    ['has a name that is too long', { tool: 'a'.repeat(5_000), input: {}, requestId: 'r' }, /./],
    ['has an id that is too long', { tool: 'echo', input: {}, requestId: 'r'.repeat(999) }, /./],
  ])('that %s is answered with the reason', async (_name, context, reason) => {
    const { ask, program, token } = await start();
    const response = await ask(context);
    expect(response.context).toMatchObject({ status: 'error', output: null });
    expect(response.context.error).toMatch(reason);
    expect(await list(program, token, 'tool.response.v1')).toHaveLength(1);
  });

  it('that has the tag of a health check, or not the tag of a request, is left alone', async () => {
    const { program, token, ask } = await start();
    const context = { tool: 'echo', input: { text: 'x' }, requestId: 'r' };
    const tags = ['tool:request', 'workspace:tools', 'health:check'];
    await create(program, token, requestBody(context, { tags }));
    await create(program, token, requestBody(context, { tags: ['workspace:tools'] }));
    await ask({ ...context, requestId: 'last' });
    const responses = await list(program, token, 'tool.response.v1');
    expect(responses.map((each) => each.context.request_id)).toEqual(['last']);
  });

  it('is not run again when it is edited', async () => {
    const { program, token, ask, answerTo } = await start();
    const context = { tool: 'echo', input: { text: 'x' }, requestId: 'r' };
    const request = await create(program, token, requestBody(context));
    await answerTo(request);
    await program.request('PATCH', `/breadcrumbs/${request.id}`, { token, json: { title: 'New' } });
    await ask({ ...context, requestId: 'last' });
    expect(await list(program, token, 'tool.response.v1')).toHaveLength(2);
  });

  it('shows by its tool no record that only a curator may read', async () => {
    const { program, token, ask } = await start();
    const owner = await program.token({ agent_id: '22222222-2222-4222-8222-222222222222' });
    await create(program, owner, {
      title: 'diary of somebody else',
      schema_name: 'note.v1',
      tags: ['note'],
      context: { text: 'treasure' },
      visibility: 'private',
    });
    const note = { title: 'a note', schema_name: 'note.v1', tags: ['note'], context: 'open' };
    await create(program, token, note);
    const input = { all_tags: ['note'] };
    const { context } = await ask({ tool: 'breadcrumb_search', input, requestId: 'r' });
    expect(context.status).toBe('success');
    expect(JSON.stringify(context.output)).toContain('a note');
    expect(JSON.stringify(context.output)).not.toContain('treasure');
  });
});

describe('tools beyond a single call', () => {
  async function start(environment: Record<string, string> = {}, db?: Database) {
    const options = { environment, models: scriptedModel(() => 'unused'), ...(db ? { db } : {}) };
    const program = await startTestProgram(options);
    const token = await program.token();
    const stream = await listen(program, token);
    const answerTo = (request: Json) =>
      stream.until(
        `the response to ${request.id}`,
        ({ schema_name, context }) =>
          schema_name === 'tool.response.v1' && context.caused_by.tool_request_id === request.id,
      );
    const request = (tool: string, input: unknown) =>
      create(program, token, requestBody({ tool, input, requestId: newId() }));
    const ask = async (tool: string, input: unknown) =>
      (await answerTo(await request(tool, input))).context;
    return { program, token, stream, request, answerTo, ask };
  }

  const doubler = (more: Record<string, unknown> = {}) => ({
    title: 'Tool: double',
    schema_name: 'tool.code.v1',
    tags: ['tool', 'tool:double', 'workspace:tools'],
    context: {
      name: 'double',
      code: {
        language: 'typescript',
        source: `export async function execute(input: { n: number }, context: any): Promise<object> {
          console.log('doubling'); return { n: input.n * 2 }; }`,
      },
      input_schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
      ...more,
    },
  });

  it('with code of their own are run once a curator stands for them', async () => {
    const { program, token, stream, ask } = await start();
    const agent = await program.token({ agent_id: FOREIGN, roles: ['emitter', 'subscriber'] });
    const { id } = await create(program, agent, doubler());
    const states = (state: string) =>
      stream.until(
        `the status ${state}`,
        ({ schema_name, context }) =>
          schema_name === 'tool.status.v1' &&
          context.definition_id === id &&
          context.state === state,
      );
    await states('proposed');
    expect(await ask('double', { n: 2 })).toMatchObject({ status: 'error' });
    await program.request('PATCH', `/breadcrumbs/${id}`, { token, json: { title: 'Approved' } });
    await states('active');
    expect(await ask('double', { n: 2 })).toMatchObject({ status: 'success', output: { n: 4 } });
    expect(await ask('double', { n: 'x' })).toMatchObject({ error_class: 'invalid_input' });
  });

  it('of code have a status that goes with their definition', async () => {
    const { program, token } = await start();
    const definition = await create(program, token, doubler());
    const stream = await listen(program, token, { types: 'breadcrumb.updated,breadcrumb.deleted' });
    const statuses = () => list(program, token, 'tool.status.v1', `definition:${definition.id}`);
    const [known] = await statuses();
    const told =
      known ?? (await stream.until('the status', (e) => e.schema_name === 'tool.status.v1'));
    const status_id = told.breadcrumb_id ?? told.id;
    const path = `/breadcrumbs/${definition.id}`;
    const headers = { 'if-match': '1' };
    const { status } = await program.request('DELETE', path, { token, headers });
    expect(status).toBeLessThan(300);
    await stream.until(
      'the end of the status',
      (e) => e.type === 'breadcrumb.deleted' && e.breadcrumb_id === status_id,
    );
    expect(await statuses()).toEqual([]);
  });

  it('as workflows hand values from step to step, each a request of its own', async () => {
    const { program, token, ask } = await start();
    await create(program, token, doubler());
    const steps = [
      { id: 'a', tool: 'double', input: { n: 2 } },
      { id: 'b', tool: 'double', input: { n: 5 } },
      { id: 'c', tool: 'calculator', input: { expression: '${a.n} + ${b.n}' } },
      { id: 'd', tool: 'json_transform', input: { data: ['${a.n}', '${c}'], expression: 'data' } },
    ];
    const answer = await ask('workflow', { steps, returnStep: 'd' });
    expect(answer).toMatchObject({
      status: 'success',
      output: { executionOrder: ['a', 'b', 'c', 'd'] },
    });
    expect(answer.output.result.result[0]).toBe(4);
    expect(JSON.stringify(answer.output.result)).toContain('14');
    expect(await list(program, token, 'tool.request.v1', 'workflow:step')).toHaveLength(4);
    const failing = [
      { id: 'a', tool: 'double', input: {} },
      { id: 'b', tool: 'echo', input: '${a}' },
    ];
    expect(await ask('workflow', { steps: failing })).toMatchObject({
      status: 'error',
      error: expect.stringContaining('The step a failed: The input of double is not valid'),
    });
  });

  it('that wait hold no worker, and go on after their program has died', async () => {
    const db = await openTestDatabase();
    const first = await start({ TOOL_CONCURRENCY: '1' }, db);
    const slow = await first.request('timer', { seconds: 2, message: 'late' });
    const steps = [
      { id: 'a', tool: 'timer', input: { seconds: 2 } },
      { id: 'b', tool: 'echo', input: { message: 'after ${a.waited_s} s' } },
    ];
    const flow = await first.request('workflow', { steps, returnStep: 'b' });
    // With one worker, this is answered while the others wait.
    expect(await first.ask('echo', { message: 'x' })).toMatchObject({ status: 'success' });
    await first.stream.until(
      'the first step',
      ({ tags }) => tags?.includes('workflow:step') === true,
    );
    await first.program.stop();
    const second = await start({}, db);
    const answered = async (request: Json) => {
      const passed = await list(second.program, second.token, 'tool.response.v1');
      return (
        passed.find(({ context }) => context.caused_by.tool_request_id === request.id) ??
        (await second.answerTo(request))
      );
    };
    expect((await answered(slow)).context).toMatchObject({
      status: 'success',
      output: { message: 'late' },
    });
    const { context } = await answered(flow);
    expect(context).toMatchObject({ status: 'success' });
    expect(context.output.result.message).toMatch(/^after 2/);
    const responses = await list(second.program, second.token, 'tool.response.v1');
    const names: string[] = responses.map(({ context }) => context.tool);
    expect(names.toSorted()).toEqual(['echo', 'echo', 'timer', 'timer', 'workflow']);
  });

  it('that are not offered say so', async () => {
    const { ask } = await start();
    const answer = await ask('http_fetch', { url: 'https://example.com' });
    expect(answer).toMatchObject({
      status: 'error',
      error: expect.stringContaining('TOOL_FETCH_HOSTS'),
    });
  });

  it('on a schedule make a record at its time', async () => {
    const { ask, stream } = await start();
    const at = new Date(Date.now() + 1_000).toISOString();
    const breadcrumb = {
      title: 'Wake up',
      schema_name: 'note.v1',
      tags: ['note'],
      context: { text: 'now' },
    };
    const { output } = await ask('scheduler', { action: 'create', at, breadcrumb });
    expect(output.schedules).toMatchObject([{ state: 'active', kind: 'at', next_at: at }]);
    const made = await stream.until('the record', ({ title }) => title === 'Wake up');
    expect(made.tags).toEqual(['note', 'session:c1', `schedule:${output.schedules[0].id}`]);
    expect((await ask('scheduler', { action: 'list' })).output.schedules).toMatchObject([
      { state: 'ended', firings: 1 },
    ]);
  });
});

describe('tools that answer from outside', () => {
  /** A program that runs no tools itself: the test answers, as a tool of somebody else's would. */
  async function start(script: Parameters<typeof scriptedModel>[0], seconds = '60') {
    const models = scriptedModel(script);
    const environment = {
      CAIRN_ROLES: 'api,agents',
      DATABASE_URL: 'postgres://not.used',
      TOOL_TIMEOUT_SECONDS: seconds,
    };
    const program = await startTestProgram({ models, environment });
    const token = await program.token();
    return { models, program, token, stream: await listen(program, token) };
  }

  const twoTools = ({ step, call }: { step: number; call: { messages: unknown[] } }) =>
    step === 0
      ? { tools: ['a', 'b'].map((text) => ({ name: 'echo', input: { text } })) }
      : JSON.stringify(call.messages.slice(-2));

  const requestsOf = async (program: TestProgram, stream: { until: Json }, token: string) => {
    await stream.until('a request', (e: Json) => e.schema_name === 'tool.request.v1');
    const requests = await list(program, token, 'tool.request.v1');
    return requests.map(({ context }) => context.requestId as string);
  };

  it('count once, from the own tenant only, and late ones not at all', async () => {
    const { models, program, token, stream } = await start(twoTools);
    const message = await say(program, token, 'go', 'c1');
    const [a, b] = (await requestsOf(program, stream, token)) as [string, string];
    const foreign = await program.token({ owner_id: FOREIGN });
    await create(program, foreign, responseBody(a, 'forged'));
    await create(program, token, responseBody(newId(), 'for nobody'));
    await create(program, token, responseBody('not-a-uuid', 'for nobody'));
    await create(program, token, responseBody(a, 'first'));
    await create(program, token, responseBody(a, 'second'));
    await create(program, token, responseBody(b, null, { status: 'error', error: 'no luck' }));
    const { context } = await stream.answerTo(message.id);
    expect(JSON.parse(context.content)).toMatchObject([
      { output: 'first', is_error: false },
      { output: 'no luck', is_error: true },
    ]);
    await create(program, token, responseBody(b, 'late'));
    // The next run reaches the model after whatever the late answer did.
    await say(program, token, 'next', 'c2');
    await stream.until(
      'the next run',
      (event) => event.tags?.includes('session:c2') && event.schema_name === 'tool.request.v1',
    );
    expect(models.heard.filter(({ question }) => question === 'go')).toHaveLength(2);
  });

  it('that are not there in time are given up, and what came in time is used', async () => {
    const { program, token, stream } = await start(twoTools, '1');
    const message = await say(program, token, 'go', 'c1');
    const [a, b] = (await requestsOf(program, stream, token)) as [string, string];
    await create(program, token, responseBody(a, 'in time'));
    const { context } = await stream.answerTo(message.id);
    expect(JSON.parse(context.content)).toMatchObject([
      { output: 'in time', is_error: false },
      { output: 'the tool did not answer within 1 s', is_error: true },
    ]);
    expect(context.caused_by.tool_response_ids).toHaveLength(1);
    await create(program, token, responseBody(b, 'late'));
    const last = await create(program, token, {
      title: 'x',
      tags: [],
      schema_name: 'note.v1',
      context: 1,
    });
    await stream.until('the last event', (event) => event.breadcrumb_id === last.id);
    expect(stream.of('agent.response.v1')).toHaveLength(1);
  });

  it('may answer in the form of other clients: by tag, or with requestId', async () => {
    const { program, token, stream } = await start(twoTools);
    const message = await say(program, token, 'go', 'c1');
    const [a, b] = (await requestsOf(program, stream, token)) as [string, string];
    await create(program, token, {
      ...responseBody(a, 0),
      context: { status: 'success', output: { by: 'tag' } },
    });
    await create(program, token, {
      ...responseBody(b, 0),
      tags: ['tool:response'],
      context: { requestId: b, status: 'success', output: { by: 'requestId' } },
    });
    const { context } = await stream.answerTo(message.id);
    expect(JSON.parse(context.content)).toMatchObject([
      { output: { by: 'tag' } },
      { output: { by: 'requestId' } },
    ]);
  });
});
