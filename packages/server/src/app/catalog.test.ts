import { describe, expect, it } from 'vitest';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { startTestProgram, type Json } from './testing.ts';

const SUM = { name: 'calculator', input: { expression: '1 + 1' } };

async function open() {
  const models = scriptedModel(({ step, question }) =>
    step === 0 && question === 'sum' ? { tools: [SUM] } : 'Done.',
  );
  const program = await startTestProgram({ models });
  const token = await program.token();
  const catalog = async (schema_name: string) => {
    const [record, ...others] = await list(program, token, schema_name);
    expect(others).toEqual([]);
    return record;
  };
  const get = async (path: string) => (await program.request('GET', path, { token })).body;
  return { program, token, catalog, get };
}

const named = (entries: Json[], name: string) => entries.find((each) => each.name === name);

describe('the catalogue of agents', () => {
  it('is one record that follows the definitions, and is left alone when they say the same', async () => {
    const { program, token, catalog } = await open();
    const made = await create(program, token, agentBody('second', 'x', { description: 'Helps.' }));
    const agents = async () => (await catalog('agent.catalog.v1'))?.context.agents ?? [];
    const statuses = async () =>
      (await agents()).map((each: Json) => `${each.name} ${each.status}`).toSorted();
    await expect.poll(statuses).toEqual(['chat active', 'second active']);
    const { tags, title, version, context } = await catalog('agent.catalog.v1');
    expect(title).toBe('Agent Catalog');
    expect(tags).toEqual(['workspace:agents', 'agent:catalog']);
    expect(context).toMatchObject({ workspace: 'workspace:agents', totalAgents: 2 });
    expect(named(context.agents, 'second')).toMatchObject({
      agent_id: 'second',
      definition_id: made.id,
      description: 'Helps.',
      lastSeen: null,
      metrics: { runs: 0, failed: 0, input_tokens: null, output_tokens: null, cost_usd: null },
    });

    await program.request('PATCH', `/breadcrumbs/${made.id}`, { token, json: { title: 'Other' } });
    await program.request('PATCH', `/breadcrumbs/${made.id}`, {
      token,
      json: { context: { agent_id: 'second' } },
    });
    await expect.poll(statuses).toEqual(['chat active', 'second invalid']);
    await program.request('DELETE', `/breadcrumbs/${made.id}`, { token });
    await expect.poll(statuses).toEqual(['chat active']);
    // The new title is told nowhere; each of the three others, perhaps together, made a version.
    expect((await catalog('agent.catalog.v1')).version - version).toBeLessThanOrEqual(3);
  });
});

describe('the catalogue of tools', () => {
  it('tells of built-in tools and those with code, of proposed ones too', async () => {
    const { program, token, catalog } = await open();
    const tool = {
      title: 'Tool: double',
      schema_name: 'tool.code.v1',
      tags: ['tool', 'tool:double'],
      context: {
        name: 'double',
        description: 'Doubles a number.',
        category: 'arithmetic',
        code: { language: 'javascript', source: 'export async function execute() { return 2; }' },
        input_schema: { type: 'object', properties: { n: { type: 'number' } } },
      },
    };
    const emitter = await program.token({
      agent_id: '0190aaaa-0000-7000-8000-000000000001',
      roles: ['emitter'],
    });
    const { id } = await create(program, emitter, tool);
    const double = async () =>
      named((await catalog('tool.catalog.v1'))?.context.tools ?? [], 'double');
    await expect.poll(double).toMatchObject({ status: 'proposed', kind: 'code' });
    await program.request('POST', `/v1/definitions/${id}/activate`, { token });
    await expect.poll(double).toMatchObject({
      status: 'active',
      category: 'arithmetic',
      description: 'Doubles a number.',
      inputSchema: { type: 'object' },
    });
    const { title, tags, context } = await catalog('tool.catalog.v1');
    expect([title, tags]).toEqual(['Tool Catalog', ['workspace:tools', 'tool:catalog']]);
    expect(named(context.tools, 'calculator')).toMatchObject({ kind: 'builtin', status: 'active' });
    expect(context.activeTools).toBe(
      context.tools.filter((each: Json) => each.status === 'active').length,
    );
    expect(JSON.stringify(context)).not.toContain('export async function');
  });
});

describe('the registry', () => {
  it('knows when agents and tools were used last, and how that went', async () => {
    const { program, token, get } = await open();
    await say(program, token, 'sum', 'c1');
    await expect.poll(async () => (await list(program, token, 'agent.response.v1')).length).toBe(1);
    const [chat] = await get('/v1/registry/agents');
    expect(chat).toMatchObject({
      name: 'chat',
      status: 'active',
      last_seen: expect.any(String),
      metrics: { runs: 1, completed: 1, failed: 0, input_tokens: 20, output_tokens: 10 },
    });
    const calculator = named(await get('/v1/registry/tools'), 'calculator');
    expect(calculator).toMatchObject({
      last_seen: expect.any(String),
      metrics: { calls: 1, failures: 0 },
    });
    const stranger = await program.token({ owner_id: '0190bbbb-0000-7000-8000-000000000001' });
    const of_others = await program.request('GET', '/v1/registry/agents', { token: stranger });
    expect(of_others.body).toEqual([]);
    expect((await program.request('GET', '/v1/registry/agents')).status).toBe(401);
  });

  it('counts what tools did for anybody, and not what was refused or answered by others', async () => {
    const { program, token, get } = await open();
    const agent = await create(program, token, agentBody('idle', 'x', { tools: ['echo'] }));
    await expect
      .poll(async () => named(await get('/v1/registry/agents'), 'idle')?.status)
      .toBe('active');
    const as_agent = await program.token({ agent_id: agent.id, roles: ['emitter', 'subscriber'] });
    const ask = async (by: string, input: unknown, conversation: string): Promise<Json> => {
      await create(program, by, {
        title: 'x',
        schema_name: 'tool.request.v1',
        tags: ['tool:request', 'workspace:tools', `session:${conversation}`],
        context: { tool: 'calculator', input, requestId: conversation },
      });
      const answers = () => list(program, token, 'tool.response.v1', `session:${conversation}`);
      await expect.poll(async () => (await answers()).length).toBe(1);
      return (await answers())[0]?.context;
    };
    expect(named(await get('/v1/registry/tools'), 'calculator')).toMatchObject({
      last_seen: null,
      metrics: { calls: 0, failures: 0, mean_ms: null },
    });
    const refused = await ask(as_agent, { expression: '1' }, 'refused');
    expect(refused.error_class).toBe('forbidden');
    await create(program, token, {
      title: 'x',
      schema_name: 'tool.response.v1',
      tags: ['tool:response'],
      context: { request_id: 'r', tool: 'calculator', status: 'error', execution_time_ms: 9e9 },
    });
    const before = named(await get('/v1/registry/tools'), 'calculator');
    expect(before).toMatchObject({ last_seen: null, metrics: { calls: 0, failures: 0 } });
    const good = await ask(token, { expression: '1 + 1' }, 'good');
    const bad = await ask(token, { expression: '1 +' }, 'bad');
    expect([good.status, bad.status]).toEqual(['success', 'error']);
    const mean_ms = Math.round((good.execution_time_ms + bad.execution_time_ms) / 2);
    expect(named(await get('/v1/registry/tools'), 'calculator')).toMatchObject({
      last_seen: expect.any(String),
      metrics: { calls: 2, failures: 1, mean_ms },
    });
  });
});
