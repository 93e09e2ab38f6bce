import { describe, expect, it } from 'vitest';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { startTestProgram, type Json } from './testing.ts';

const EMITTER = '22222222-2222-4222-8222-222222222222';

async function start() {
  const models = scriptedModel(({ prompt }) => prompt);
  const program = await startTestProgram({ models });
  const token = await program.token();
  const emitter = await program.token({ agent_id: EMITTER, roles: ['emitter', 'subscriber'] });
  const stream = await listen(program, token);
  const ask = async (tag: string): Promise<Json> =>
    stream.answerTo((await say(program, token, 'hello', 'c1', { tags: [tag, 'session:c1'] })).id);
  /** The state that is told of a version of a definition. */
  const stateOf = ({ id }: Json, version = 1): Promise<Json> =>
    stream.until(
      `the state of version ${version}`,
      ({ schema_name, context }) =>
        schema_name === 'agent.status.v1' &&
        context.definition_id === id &&
        context.definition_version === version,
    );
  const patch = (agent: Json, json: unknown, as = token) =>
    program.request('PATCH', `/breadcrumbs/${agent.id}`, { token: as, json });
  const activate = (id: string, as = token) =>
    program.request('POST', `/v1/definitions/${id}/activate`, { token: as });
  return { program, token, emitter, stream, models, ask, stateOf, patch, activate };
}

describe('the state of a definition', () => {
  it('is told by one record, which follows it', async () => {
    const { program, token, stateOf, patch } = await start();
    const agent = await create(program, token, agentBody('a', 'for:a'));
    const told = await stateOf(agent);
    expect(told.context).toMatchObject({ agent_id: 'a', state: 'active', reason: null });
    expect(told.tags).toEqual(expect.arrayContaining(['agent:status', 'agent:a']));
    await patch(agent, { context: { agent_id: 'a' } });
    const { context, breadcrumb_id } = await stateOf(agent, 2);
    expect(context).toMatchObject({ state: 'invalid' });
    expect(context.reason).toMatch(/system_prompt/);
    expect(breadcrumb_id).toBe(told.breadcrumb_id);
    expect(await list(program, token, 'agent.status.v1', 'agent:a')).toHaveLength(1);
    await program.request('DELETE', `/breadcrumbs/${agent.id}`, { token });
    const left = () => list(program, token, 'agent.status.v1', 'agent:a');
    await expect.poll(left).toEqual([]);
  });

  it.each([
    [
      'a selector',
      { subscriptions: { selectors: [{ context_match: [{ path: '$.[', op: 'eq', value: 1 }] }] } },
      /selectors/,
    ],
    [
      'a field that its selector does not have',
      { subscriptions: { selectors: [{ role: 'trigger', any_tag: ['a'] }] } },
      /"any_tag" is no field of a selector/,
    ],
    ['an output schema', { output_schema: { type: 'nonsense' } }, /output_schema/],
    ['agents without the right to begin them', { agents: ['b'] }, /can_spawn_agents/],
    ['a limit', { limits: { model_calls: 0 } }, /limits\/model_calls/],
    ['a policy', { when_busy: 'panic' }, /when_busy/],
    ['a model of no provider', { model: 'nosuch/model' }, /model is "nosuch\/model"; expected/],
  ])('is invalid because of %s, and says so', async (_name, more, reason) => {
    const { program, token, stateOf } = await start();
    const agent = await create(program, token, agentBody('a', 'for:a', more));
    const { context } = await stateOf(agent);
    expect(context.state).toBe('invalid');
    expect(context.reason).toMatch(reason);
  });

  it('is active and warns of tools that are not there, and of another of its name', async () => {
    const { program, token, stateOf } = await start();
    const tools = ['echo', 'nosuchtool', 'ask_agent'];
    const agent = await create(program, token, agentBody('a', 'for:a', { tools }));
    const { context } = await stateOf(agent);
    expect(context.state).toBe('active');
    expect(context.reason).toBe('it names tools that are not there: nosuchtool');
    const other = await create(program, token, agentBody('a', 'for:b', { tools: ['echo'] }));
    const second = await stateOf(other);
    expect(second.context).toMatchObject({
      state: 'active',
      reason: expect.stringMatching(/^another active definition has the same agent_id/),
    });
    const registered = async (id: string): Promise<Json> =>
      (await program.request('GET', '/v1/registry/agents', { token })).body.find(
        (each: Json) => each.id === id,
      );
    const both = /nosuchtool; another active definition has the same agent_id/;
    expect(await registered(agent.id)).toMatchObject({
      status: 'active',
      reason: expect.stringMatching(both),
    });
    expect((await registered(other.id)).reason).toBe(second.context.reason);
    // Tools may come later.
    await create(program, token, {
      title: 'Tool: nosuchtool',
      schema_name: 'tool.code.v1',
      tags: ['tool', 'tool:nosuchtool'],
      context: {
        name: 'nosuchtool',
        code: { language: 'javascript', source: 'export async function execute() { return 2; }' },
        input_schema: { type: 'object' },
      },
    });
    await program.request('DELETE', `/breadcrumbs/${other.id}`, { token });
    await expect.poll(async () => (await registered(agent.id)).reason).toBeNull();
  });

  it('is proposed when no curator made it, and active once one has activated it', async () => {
    const { program, token, emitter, stateOf, activate, ask, models } = await start();
    const agent = await create(program, emitter, agentBody('a', 'for:a'));
    expect((await stateOf(agent)).context.state).toBe('proposed');
    await create(program, token, agentBody('b', 'for:b'));
    await say(program, token, 'hello', 'c1', { tags: ['for:a', 'session:c1'] });
    await ask('for:b');
    expect(models.heard).toHaveLength(1);
    expect((await activate(agent.id, emitter)).status).toBe(403);
    expect((await activate(agent.id)).body).toEqual({ id: agent.id, version: 2 });
    expect((await stateOf(agent, 2)).context.state).toBe('active');
    expect((await ask('for:a')).context.content).toBe('You are a.');
  });

  it('goes on counting when somebody who is no curator would change it', async () => {
    const { program, token, emitter, patch, models, ask } = await start();
    const agent = await create(program, token, agentBody('a', 'for:a'));
    expect((await ask('for:a')).context.content).toBe('You are a.');
    const context = {
      ...(agentBody('a', 'for:a')['context'] as object),
      system_prompt: 'Mine now.',
    };
    expect((await patch(agent, { context }, emitter)).status).toBe(403);
    await ask('for:a');
    expect(models.heard.map(({ prompt }) => prompt)).toEqual(['You are a.', 'You are a.']);
  });

  it('is never active by an agent, whatever its roles', async () => {
    const { program, token, stateOf } = await start();
    const agent = await create(program, token, agentBody('a', 'for:a'));
    await stateOf(agent);
    const as_agent = await program.token({ agent_id: agent.id });
    const child = await create(program, as_agent, agentBody('child', 'for:child'));
    expect((await stateOf(child)).context.state).toBe('proposed');
  });

  it('of something else than a definition is not to be activated', async () => {
    const { program, token, activate } = await start();
    const note = await create(program, token, { title: 'Note', tags: [], context: {} });
    expect((await activate(note.id)).status).toBe(404);
  });
});

describe('a run whose definition was changed under its hands', () => {
  it('does not act on what no curator has seen', async () => {
    const began = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const models = scriptedModel(async ({ prompt }) => {
      began.resolve();
      await gate.promise;
      return prompt;
    });
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const agent = await create(program, token, agentBody('a', 'for:a'));
    // Nobody stands for what an agent writes, whatever the roles of its token.
    const other = await create(program, token, agentBody('b', 'for:b'));
    const as_agent = await program.token({ agent_id: other.id });
    const speak = () => say(program, token, 'hello', 'c1', { tags: ['for:a', 'session:c1'] });
    await speak();
    const second = await speak();
    await began.promise;
    const context = { ...(agentBody('a', 'for:a')['context'] as object), system_prompt: 'Mine.' };
    await program.request('PATCH', `/breadcrumbs/${agent.id}`, {
      token: as_agent,
      json: { context },
    });
    gate.resolve();
    const answer = await stream.answerTo(second.id);
    expect(answer.context).toMatchObject({
      status: 'failed',
      error: { class: 'invalid_definition' },
    });
    expect(models.heard).toHaveLength(1);
  });
});
