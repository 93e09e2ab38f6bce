import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

const script = (name: string) =>
  fileURLToPath(new URL(`../tools/mcp/testing/${name}.ts`, import.meta.url));

/** A program with servers that the administrator mounts, and the status that says that they are there. */
async function startWith(
  mcpServers: Record<string, unknown>,
  models = scriptedModel(() => 'unused'),
  more: Record<string, string> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-mcp-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'servers.json');
  await writeFile(path, JSON.stringify({ mcpServers }));
  const program = await startTestProgram({
    models,
    environment: { MCP_SERVERS_FILE: path, ...more },
  });
  const token = await program.token();
  const stream = await listen(program, token);
  const statusOf = (server: string, state = 'ready') =>
    stream.until(
      `${server} is ${state}`,
      ({ schema_name, context }) =>
        schema_name === 'mcp.status.v1' && context.server === server && context.state === state,
    );
  return { program, token, stream, statusOf };
}

const reference = { command: process.execPath, args: [script('stdio-server')] };

/** The reference client, as a principal. */
async function connect(program: TestProgram, token: string, mode: 'auto' | 'legacy' = 'auto') {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const headers = { authorization: `Bearer ${token}` };
  const url = new URL(`${program.url}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  onTestFinished(() => client.close());
  const call = async (name: string, input: Record<string, unknown> = {}): Promise<Json> =>
    client.callTool({ name, arguments: input });
  return { client, call };
}

describe('a mounted MCP server', () => {
  it('has its tools beside ours, and an agent uses one and is told of its progress', async () => {
    const models = scriptedModel(({ step }) =>
      step === 0 ? { tools: [{ name: 'ref__steps', input: { count: 2 } }] } : 'done',
    );
    const { program, token, statusOf } = await startWith({ ref: reference }, models);
    const status = await list(program, token, 'mcp.status.v1');
    if (status.length === 0) await statusOf('ref');
    const stream = await listen(program, token, {
      types: 'breadcrumb.updated,tool.progress',
    });
    const message = await say(program, token, 'take steps', 'c1');
    const answer = await stream.answerTo(message.id);
    expect(answer.context.content).toBe('done');
    const offered = models.heard[0]?.call.tools?.map(({ name }) => name);
    expect(offered).toEqual(expect.arrayContaining(['calculator', 'ref__add', 'ref__steps']));
    const [response] = await list(program, token, 'tool.response.v1');
    expect(response.context).toMatchObject({ status: 'success', output: { text: 'did steps' } });
    expect(stream.events.filter(({ type }) => type === 'tool.progress')[0]).toMatchObject({
      tool: 'ref__steps',
      text: 'step 1',
    });
  });

  it('is asked only what fits the schema of its tool', async () => {
    const models = scriptedModel(({ step, call }) =>
      step === 0
        ? { tools: [{ name: 'ref__add', input: { a: 'one', b: 2 } }] }
        : JSON.stringify(call.messages.at(-1)),
    );
    const { program, token, stream, statusOf } = await startWith({ ref: reference }, models);
    if ((await list(program, token, 'mcp.status.v1')).length === 0) await statusOf('ref');
    await stream.answerTo((await say(program, token, 'add', 'c1')).id);
    const [response] = await list(program, token, 'tool.response.v1');
    expect(response.context).toMatchObject({
      status: 'error',
      error_class: 'invalid_input',
      error: expect.stringContaining('The input of ref__add is not valid: input.a: expected'),
    });
  });

  it('that dies in a call fails the step with a class, and the run goes on', async () => {
    const models = scriptedModel(({ step }) => {
      if (step === 0) return { tools: [{ name: 'ref__die', input: {} }] };
      return step === 1 ? { tools: [{ name: 'ref__add', input: { a: 1, b: 2 } }] } : 'both done';
    });
    const { program, token, stream, statusOf } = await startWith({ ref: reference }, models);
    if ((await list(program, token, 'mcp.status.v1')).length === 0) await statusOf('ref');
    const message = await say(program, token, 'break it', 'c1');
    expect((await stream.answerTo(message.id)).context.content).toBe('both done');
    const [died, added] = await list(program, token, 'tool.response.v1');
    expect(died.context).toMatchObject({
      status: 'error',
      error: expect.stringContaining('mcp_connection_lost'),
    });
    expect(added.context).toMatchObject({ status: 'success', output: { structured: { sum: 3 } } });
  });

  it('that is hostile offers what fits, and each of its failures is an answer', async () => {
    const script_path = script('hostile-server');
    const hostile = { command: process.execPath, args: [script_path] };
    const { program, token, statusOf, stream } = await startWith({ bad: hostile });
    if ((await list(program, token, 'mcp.status.v1')).length === 0) await statusOf('bad');
    const [tools] = await list(program, token, 'mcp.tools.v1');
    expect(tools.context.tools).toHaveLength(1_000);
    expect(tools.context.tools_left_out).toBe(9_017);
    const ask = async (tool: string, input: unknown = {}, name = tool) => {
      const requestId = `ask ${name}`;
      await create(program, token, {
        title: tool,
        schema_name: 'tool.request.v1',
        tags: ['tool:request'],
        context: { tool: `bad__${tool}`, input, requestId },
      });
      const { context } = await stream.until(
        `the answer of ${tool}`,
        (event) =>
          event.schema_name === 'tool.response.v1' && event.context?.request_id === requestId,
      );
      return context;
    };
    // Its schema has a pattern over which one could think for ever.
    expect(await ask('nonsense', { text: `${'a'.repeat(50)}!` })).toMatchObject({
      status: 'error',
      error_class: 'invalid_input',
    });
    expect(await ask('nonsense', { text: 'a' }, 'again')).toMatchObject({
      status: 'error',
      error_class: 'mcp_protocol',
    });
    expect(await ask('flood')).toMatchObject({
      status: 'error',
      error: expect.stringContaining('mcp_connection_lost'),
    });
  });

  it('is mounted by a record with a secret in its headers, and goes with the record', async () => {
    const child = spawn(process.execPath, [script('http-server')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, KEY: 's3cret' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const port = String(said).trim().split(' ')[1];
    const { program, token, statusOf, stream } = await startWith({}, undefined, {
      OUTBOUND_ALLOW_PRIVATE: 'true',
    });
    const secret = { name: 'web-key', scope_type: 'global', value: 's3cret' };
    await program.request('POST', '/v1/secrets', { token, json: secret });
    const record = await create(program, token, {
      title: 'A server',
      schema_name: 'mcp.server.v1',
      tags: [],
      context: {
        name: 'web',
        url: `http://127.0.0.1:${port}/mcp`,
        headers: { authorization: `Bearer $\{secret:web-key}` },
      },
    });
    expect((await statusOf('web')).context.protocol_version).toBe('2026-07-28');
    const { call } = await connect(program, token);
    const sum = await call('web__add', { a: 40, b: 2 });
    expect(sum.structuredContent).toEqual({ structured: { sum: 42 } });
    // The server tells it on the stream that listens for changes.
    await call('web__grow');
    await stream.until(
      'the tool that it grew',
      ({ schema_name, context }) =>
        schema_name === 'mcp.tools.v1' && JSON.stringify(context ?? '').includes('grown 0'),
    );
    await program.request('DELETE', `/breadcrumbs/${record.id}`, { token });
    const gone = async () => (await list(program, token, 'mcp.tools.v1')).length === 0;
    await expect.poll(gone).toBe(true);
    expect((await call('web__add', { a: 1, b: 2 })).content[0].text).toMatch(/no tool named/);
  });

  it('is not connected to for a record that no curator changed last, or that leads inside', async () => {
    const { program, token, stream, statusOf } = await startWith({});
    const body = (context: object) => ({
      title: 'A server',
      schema_name: 'mcp.server.v1',
      tags: ['mcp:server'],
      context,
    });
    // An emitter proposes; nothing is connected to.
    const emitter = await program.token({ agent_id: OTHER, roles: ['emitter', 'subscriber'] });
    const context = { name: 'web', url: 'http://10.0.0.1/mcp' };
    const proposed = await create(program, emitter, body(context));
    const refused = await statusOf('web', 'failed');
    expect(refused.context.error).toMatchObject({
      class: 'mcp_refused',
      message: expect.stringContaining('curator'),
    });
    await program.request('PATCH', `/breadcrumbs/${proposed.id}`, {
      token,
      json: { context },
      headers: { 'if-match': '1' },
    });
    await stream.until(
      'the address is refused',
      (event) => event.context?.error?.message?.includes('private network') === true,
    );
    await program.request('DELETE', `/breadcrumbs/${proposed.id}`, { token });
    const gone = async () => (await list(program, token, 'mcp.status.v1')).length === 0;
    await expect.poll(gone).toBe(true);
  });
});

describe('/mcp', () => {
  it.each([
    ['auto', '2026-07-28'],
    ['legacy', '2025-11-25'],
  ] as const)('serves the reference client (%s) in revision %s', async (mode, revision) => {
    const program = await startTestProgram({ models: scriptedModel(() => 'hello') });
    const token = await program.token();
    const { client, call } = await connect(program, token, mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(revision);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['search', 'read', 'create', 'subscribe_and_wait', 'calculator']),
    );
    const waiting = call('subscribe_and_wait', {
      selector: { schema_name: 'agent.response.v1', all_tags: ['session:m1'] },
      timeout_s: 20,
    });
    const said = await call('create', {
      title: 'Hi',
      schema_name: 'user.message.v1',
      tags: ['user:message', 'session:m1'],
      context: { content: 'hi', conversation_id: 'm1' },
    });
    const { id } = said.structuredContent;
    expect((await call('read', { id })).structuredContent).toMatchObject({ id, title: 'Hi' });
    const { breadcrumb, seq } = (await waiting).structuredContent;
    expect(breadcrumb.context.content).toBe('hello');
    expect(seq).toBeGreaterThan(0);
    const sum = await call('calculator', { expression: '6*7' });
    expect(JSON.stringify(sum.structuredContent)).toContain('42');
    const found = await call('search', { query: 'Hi' });
    expect(found.structuredContent.hits).toBeInstanceOf(Array);
  });

  it('takes the answer of the tools runner, not one that somebody else of the tenant writes', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'hello') });
    const asker = await program.token({ agent_id: OTHER, roles: ['emitter', 'subscriber'] });
    const forger = await program.token({ agent_id: FORGER, roles: ['emitter', 'subscriber'] });
    const heard = await listen(program, forger);
    const { call } = await connect(program, asker);
    const waiting = call('timer', { seconds: 2 });
    const request = await heard.until(
      'the request',
      ({ schema_name, context }) => schema_name === 'tool.request.v1' && context?.tool === 'timer',
    );
    const { requestId: request_id, tool } = request.context;
    for (const output of ['forged', 'forged again'])
      await create(program, forger, {
        title: 'timer: success',
        schema_name: 'tool.response.v1',
        tags: ['tool:response', 'workspace:tools', `request:${request_id}`],
        context: { request_id, tool, status: 'success', output, error: null },
      });
    const answer = await waiting;
    expect(answer.isError).toBeFalsy();
    expect(JSON.stringify(answer)).not.toContain('forged');
  });

  it('takes the answer of a curator', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'hello') });
    const asker = await program.token({ agent_id: OTHER, roles: ['emitter', 'subscriber'] });
    const curator = await program.token();
    const heard = await listen(program, curator);
    const { call } = await connect(program, asker);
    const waiting = call('timer', { seconds: 600 });
    const request = await heard.until(
      'the request',
      ({ schema_name, context }) => schema_name === 'tool.request.v1' && context?.tool === 'timer',
    );
    const { requestId: request_id, tool } = request.context;
    await create(program, curator, {
      title: 'timer: success',
      schema_name: 'tool.response.v1',
      tags: ['tool:response', `request:${request_id}`],
      context: { request_id, tool, status: 'success', output: 'enough', error: null },
    });
    expect((await waiting).content[0].text).toBe('enough');
  });

  it('goes on from a sequence without missing what came between, and ends in time', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'hello') });
    const token = await program.token();
    const { call } = await connect(program, token);
    const selector = { all_tags: ['wanted'] };
    const none = (await call('subscribe_and_wait', { selector, timeout_s: 1 })).structuredContent;
    expect(none.breadcrumb).toBeNull();
    await create(program, token, { title: 'It came', tags: ['wanted'], context: {} });
    const found = await call('subscribe_and_wait', { selector, after: none.seq });
    expect(found.structuredContent.breadcrumb.title).toBe('It came');
  });

  it('gives each principal what its roles allow, and a reason for what fails', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'hello') });
    const reader = await program.token({ agent_id: OTHER, roles: ['subscriber'] });
    const { client, call } = await connect(program, reader);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['search', 'read', 'subscribe_and_wait']);
    const refused = await call('create', { title: 'x', context: {}, tags: [] });
    expect(refused).toMatchObject({ isError: true });
    expect(refused.content[0].text).toMatch(/forbidden/);
    expect((await call('read', { id: OTHER })).content[0].text).toMatch(/not_found/);
    expect((await call('read', { id: 7 })).content[0].text).toMatch(/input.id must be/);
    expect((await call('calculator', { expression: '1' })).content[0].text).toMatch(/forbidden/);
    const person = await connect(program, await program.token());
    expect((await person.call('calculator', { expression: '1/' })).isError).toBe(true);
    expect((await person.call('no_such')).content[0].text).toMatch(/no tool named no_such/);
  });

  it('needs a token, and refuses foreign origins and what is no request', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'hello') });
    const token = await program.token();
    const ask = (options: object) => program.request('POST', '/mcp', options);
    expect((await ask({ json: {} })).status).toBe(401);
    const origin = { origin: 'https://evil.example' };
    expect((await ask({ token, json: {}, headers: origin })).status).toBe(403);
    expect((await ask({ token, json: { hello: 1 } })).status).toBeGreaterThanOrEqual(400);
    expect((await program.request('GET', '/mcp', { token })).status).toBe(405);
    expect((await program.request('DELETE', '/v1/mcp', { token })).status).toBe(405);
  });
});

const FORGER = '33333333-3333-4333-8333-333333333333';
const OTHER = '11111111-1111-4111-8111-111111111111';
