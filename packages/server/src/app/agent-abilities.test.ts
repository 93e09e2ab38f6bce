import { describe, expect, it } from 'vitest';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, type Heard, type Line } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type Json } from './testing.ts';

const EMITTER = '22222222-2222-4222-8222-222222222222';

async function start(script: (heard: Heard) => Line | Promise<Line>) {
  const models = scriptedModel(script);
  const probe = testTool('probe', async (input) => input);
  const program = await startTestProgram({ models, tools: [probe.tool] });
  const token = await program.token();
  await create(program, token, probe.definition);
  const stream = await listen(program, token);
  const define = async (name: string, more: Record<string, unknown> = {}): Promise<Json> => {
    const agent = await create(program, token, agentBody(name, `for:${name}`, more));
    await stream.until('the agent', ({ title }) => title === `Agent ${name}: active`);
    return agent;
  };
  const ask = async (name: string, content = 'go'): Promise<Json> => {
    const tags = [`for:${name}`, 'session:c1'];
    return stream.answerTo((await say(program, token, content, 'c1', { tags })).id);
  };
  return { models, program, token, stream, define, ask };
}

describe('what an agent may do', () => {
  it('has no tools when it may use none, and is told so when it asks for one', async () => {
    const { define, ask, models, stream } = await start(({ step, call }) =>
      step === 0 ? { tools: [{ name: 'probe', input: {} }] } : JSON.stringify(call.messages.at(-1)),
    );
    await define('a', { capabilities: { can_use_tools: false } });
    const told = JSON.parse((await ask('a')).context.content);
    expect(told).toMatchObject({ is_error: true });
    expect(told.output).toContain('the tools are: none');
    expect(models.heard[0]?.call.tools).toEqual([]);
    expect(stream.of('tool.request.v1')).toEqual([]);
  });

  it('creates no records when it may not', async () => {
    const tools = async (capabilities: object) => {
      const models = scriptedModel(() => 'done');
      const program = await startTestProgram({ models });
      const token = await program.token();
      const stream = await listen(program, token);
      await create(program, token, agentBody('a', 'for:a', { capabilities }));
      const tags = ['for:a', 'session:c1'];
      await stream.answerTo((await say(program, token, 'go', 'c1', { tags })).id);
      return models.heard[0]?.call.tools.map(({ name }) => name);
    };
    expect(await tools({})).toContain('breadcrumb_create');
    expect(await tools({ can_create_breadcrumbs: false })).not.toContain('breadcrumb_create');
  });
});

describe('an agent that asks another', () => {
  const may = { capabilities: { can_spawn_agents: true }, agents: ['b'] };
  const script = ({ prompt, step, call, question }: Heard): Line => {
    if (prompt !== 'You are a.') return `b heard ${question}`;
    const input = { agent: 'b', message: 'how much?' };
    if (step === 0) return { tools: [{ name: 'ask_agent', input }] };
    return JSON.stringify(call.messages.at(-1));
  };

  it('gets its answer, by a run that it began', async () => {
    const { define, ask, program, models, stream } = await start(script);
    await define('b');
    await define('a', may);
    const told = JSON.parse((await ask('a')).context.content);
    expect(told).toMatchObject({ tool: 'ask_agent', output: 'b heard how much?', is_error: false });
    expect(models.heard[0]?.call.tools.map(({ name }) => name)).toContain('ask_agent');
    const { rows } = await program.db.query<Json>({
      text: `select c.depth, p.id = c.parent_run_id as is_child, c.root_run_id = p.id as is_root, p.tool_calls
        from agent_runs c join agent_runs p on p.depth = 0 where c.depth = 1`,
    });
    expect(rows).toEqual([{ depth: 1, is_child: true, is_root: true, tool_calls: 1 }]);
    expect(stream.of('agent.request.v1')[0].context).toMatchObject({ from: 'a', to: 'b' });
  });

  it('is told what went wrong with that', async () => {
    const { define, ask } = await start((heard) =>
      heard.prompt === 'You are b.' ? '' : script(heard),
    );
    await define('b');
    await define('a', may);
    const told = JSON.parse((await ask('a')).context.content);
    expect(told).toMatchObject({ is_error: true });
    expect(told.output).toContain('the model gave an empty answer');
  });

  it.each([
    ['is not there', may, /the agent b is not active/],
    ['is not among its own', { ...may, agents: ['c'] }, /"agent" must be one of c/],
    ['it has no right to ask', {}, /there is no tool named ask_agent/],
  ])('is refused when the other %s', async (_name, more, expected) => {
    const { define, ask } = await start(script);
    await define('a', more);
    const told = JSON.parse((await ask('a')).context.content);
    expect(told.output).toMatch(expected);
  });

  it('comes to rest when the two ask each other for ever', async () => {
    const { define, ask, models } = await start(({ prompt, step, call }) => {
      const other = prompt.startsWith('You are a.') ? 'b' : 'a';
      const input = { agent: other, message: 'and you?' };
      return step === 0
        ? { tools: [{ name: 'ask_agent', input }] }
        : String(JSON.stringify(call.messages.at(-1)).length);
    });
    await define('a', { ...may, limits: { depth: 3 } });
    await define('b', { ...may, agents: ['a'] });
    expect((await ask('a')).context.status).toBe('completed');
    // Depths 0 to 3 each asked and answered; the one below was stopped before it began.
    expect(models.heard).toHaveLength(8);
  });
});

describe('an agent that hands over', () => {
  it('lets the other answer the same message, knowing why', async () => {
    const { define, ask, stream, models } = await start(({ prompt, call }) => {
      const input = { agent: 'b', reason: 'it is about money' };
      if (prompt === 'You are a.')
        return { text: 'One moment.', tools: [{ name: 'hand_over', input }] };
      return JSON.stringify(call.messages.filter(({ role }) => role === 'system').at(-1));
    });
    const b = await define('b');
    await define('a', { capabilities: { can_spawn_agents: true }, agents: ['b'] });
    const { context, tags } = await ask('a', 'how much?');
    expect(context).toMatchObject({ status: 'completed', agent_id: b.id, conversation_id: 'c1' });
    expect(context.content).toContain(
      'The agent a handed this message over to you: it is about money',
    );
    expect(tags).toContain('session:c1');
    expect(stream.of('agent.response.v1')).toHaveLength(1);
    expect(models.heard.map(({ question }) => question)).toEqual(['how much?', 'how much?']);
  });

  it('comes to rest when two hand over to each other', async () => {
    const { define, ask } = await start(({ prompt }) => {
      const agent = prompt === 'You are a.' ? 'b' : 'a';
      return { tools: [{ name: 'hand_over', input: { agent, reason: 'not mine' } }] };
    });
    await define('b', { capabilities: { can_spawn_agents: true }, agents: ['a'] });
    await define('a', { capabilities: { can_spawn_agents: true }, agents: ['b'] });
    expect((await ask('a')).context).toMatchObject({
      status: 'stopped',
      error: { class: 'depth' },
    });
  });
});

describe('an answer by a schema', () => {
  const output_schema = {
    type: 'object',
    required: ['city'],
    properties: { city: { type: 'string' } },
  };

  it('is given as data beside the text', async () => {
    const { define, ask, models } = await start(() => '{"city":"Oslo"}');
    await define('a', { output_schema });
    const { context } = await ask('a');
    expect(context).toMatchObject({ status: 'completed', data: { city: 'Oslo' } });
    expect(models.heard[0]?.prompt).toContain('It must fit this JSON Schema');
  });

  it('is asked for again when it does not fit, with what was wrong', async () => {
    const answers = ['Oslo, of course', '{"city":1}', '{"city":"Oslo"}'];
    const heard: Json[] = [];
    const { define, ask } = await start(({ call }) => {
      heard.push(call.messages.at(-1));
      return answers[heard.length - 1] ?? '';
    });
    await define('a', { output_schema });
    expect((await ask('a')).context).toMatchObject({ data: { city: 'Oslo' } });
    expect(heard).toHaveLength(3);
    expect(heard[1].content).toContain('does not fit the schema: it is not JSON');
    expect(heard[2].content).toMatch(/does not fit the schema: .*city/);
  });

  it('fails after the third that does not fit', async () => {
    const { define, ask, models } = await start(() => 'Oslo');
    await define('a', { output_schema });
    const { context } = await ask('a');
    expect(context).toMatchObject({ status: 'failed', error: { class: 'malformed_answer' } });
    expect(models.heard).toHaveLength(3);
  });
});

describe('the answer to a tool request', () => {
  it('is not taken from whoever happens to write one', async () => {
    const gate = Promise.withResolvers<string>();
    const models = scriptedModel(({ question, step, call }) => {
      if (question === 'later') return 'yes';
      if (step === 0) return { tools: [{ name: 'probe', input: {} }] };
      return JSON.stringify(call.messages.at(-1));
    });
    const probe = testTool('probe', () => gate.promise);
    const program = await startTestProgram({ models, tools: [probe.tool] });
    const token = await program.token();
    await create(program, token, probe.definition);
    await create(program, token, agentBody('a', 'for:a'));
    const emitter = await program.token({ agent_id: EMITTER, roles: ['emitter', 'subscriber'] });
    const stream = await listen(program, token);
    const tags = ['for:a', 'session:c1'];
    const message = await say(program, token, 'go', 'c1', { tags });
    const request = await stream.until('the request', (e) => e.schema_name === 'tool.request.v1');
    const { requestId: request_id } = request.context;
    await create(program, emitter, {
      title: 'probe: success',
      schema_name: 'tool.response.v1',
      tags: ['tool:response', `request:${request_id}`],
      context: { request_id, tool: 'probe', status: 'success', output: 'forged' },
    });
    // What is later in the log has been dispatched when this is answered.
    await stream.answerTo((await say(program, token, 'later', 'c2')).id);
    gate.resolve('true');
    const { context } = await stream.answerTo(message.id);
    expect(JSON.parse(context.content)).toMatchObject({ output: 'true' });
    expect(await list(program, token, 'tool.response.v1')).toHaveLength(2);
  });

  it('is taken from the responder that the definition of the tool names', async () => {
    const models = scriptedModel(({ step, call }) =>
      step === 0 ? { tools: [{ name: 'probe', input: {} }] } : JSON.stringify(call.messages.at(-1)),
    );
    const probe = testTool('probe', () => new Promise(() => {}));
    const program = await startTestProgram({ models, tools: [probe.tool] });
    const token = await program.token();
    const context = { ...(probe.definition['context'] as object), responder: EMITTER };
    await create(program, token, { ...probe.definition, context });
    await create(program, token, agentBody('a', 'for:a'));
    const emitter = await program.token({ agent_id: EMITTER, roles: ['emitter', 'subscriber'] });
    const stream = await listen(program, token);
    const tags = ['for:a', 'session:c1'];
    const message = await say(program, token, 'go', 'c1', { tags });
    const request = await stream.until('the request', (e) => e.schema_name === 'tool.request.v1');
    const { requestId: request_id } = request.context;
    await create(program, emitter, {
      title: 'probe: success',
      schema_name: 'tool.response.v1',
      tags: ['tool:response', `request:${request_id}`],
      context: { request_id, tool: 'probe', status: 'success', output: 'by me' },
    });
    const told = JSON.parse((await stream.answerTo(message.id)).context.content);
    expect(told).toMatchObject({ output: 'by me' });
  });
});
