import { describe, expect, it } from 'vitest';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

/** A program whose model answers with the prompt it was given, and a way to speak to agents by tag. */
async function start() {
  const models = scriptedModel(({ prompt }) => prompt);
  const program = await startTestProgram({ models });
  const token = await program.token();
  const stream = await listen(program, token);
  const speak = (tag: string) => say(program, token, 'hello', 'c1', { tags: [tag, 'session:c1'] });
  const askAs = async (tag: string) => stream.answerTo((await speak(tag)).id);
  return { models, program, token, stream, speak, askAs };
}

const patch = (program: TestProgram, token: string, agent: Json, context: unknown) =>
  program.request('PATCH', `/breadcrumbs/${agent.id}`, { token, json: { context } });

describe('the definition of an agent', () => {
  it('counts for the message that is written right after it', async () => {
    const { program, token, askAs } = await start();
    await create(program, token, agentBody('new', 'for:new'));
    expect((await askAs('for:new')).context.content).toBe('You are new.');
  });

  it('is used as it is now: prompt and selectors after an update', async () => {
    const { program, token, speak, askAs, models } = await start();
    const body = agentBody('a', 'for:a');
    const agent = await create(program, token, body);
    expect((await askAs('for:a')).context.content).toBe('You are a.');
    const changed = agentBody('a', 'for:b', { system_prompt: 'You changed.' });
    expect((await patch(program, token, agent, changed['context'])).status).toBe(200);
    await speak('for:a');
    expect((await askAs('for:b')).context.content).toBe('You changed.');
    // Both messages are of one conversation: had the first one triggered the agent, it would have come first.
    expect(models.heard).toHaveLength(2);
  });

  it('stops counting when it is deleted', async () => {
    const { program, token, speak, askAs, models } = await start();
    const agent = await create(program, token, agentBody('a', 'for:a'));
    await create(program, token, agentBody('b', 'for:b'));
    await askAs('for:a');
    await program.request('DELETE', `/breadcrumbs/${agent.id}`, { token });
    await speak('for:a');
    await askAs('for:b');
    expect(models.heard).toHaveLength(2);
  });

  it('is left out when it is not valid, and leaves the others alone', async () => {
    const { program, token, askAs, models } = await start();
    const bad = [
      { system_prompt: 'no name', subscriptions: { selectors: [{}] } },
      { agent_id: 'x', system_prompt: 1, subscriptions: { selectors: [{}] } },
      { agent_id: 'x', system_prompt: '', subscriptions: {} },
      { agent_id: 'x', system_prompt: '', temperature: 3, subscriptions: { selectors: [{}] } },
      'no object',
      null,
      agentBody('x', '', {
        subscriptions: {
          selectors: [{ context_match: [{ path: '$.a', op: 'resembles', value: 1 }] }],
        },
      })['context'],
      agentBody('x', '', {
        subscriptions: { selectors: [{ context_match: [{ path: '$.[', op: 'eq', value: 1 }] }] },
      })['context'],
    ];
    for (const context of bad) await create(program, token, { ...agentBody('x', 'x'), context });
    await create(program, token, agentBody('good', 'for:good'));
    expect((await askAs('for:good')).context.content).toBe('You are good.');
    expect(models.heard).toHaveLength(1);
  });

  it('stops counting when an update makes it invalid', async () => {
    const { program, token, speak, askAs, models } = await start();
    const agent = await create(program, token, agentBody('a', 'for:a'));
    await create(program, token, agentBody('b', 'for:b'));
    await askAs('for:a');
    await patch(program, token, agent, { agent_id: 'a' });
    await speak('for:a');
    await askAs('for:b');
    expect(models.heard).toHaveLength(2);
  });

  it('works also when it is secret', async () => {
    const { program, token, askAs } = await start();
    await create(program, token, { ...agentBody('a', 'for:a'), sensitivity: 'secret' });
    expect((await askAs('for:a')).context.content).toBe('You are a.');
  });

  it('says which tools are offered, which model is asked, and how', async () => {
    const { program, token, askAs, models } = await start();
    const parameters = { model: 'openai/some-model', temperature: 0.3, max_tokens: 77 };
    await create(program, token, {
      ...agentBody('a', 'for:a', { tools: ['echo', 'no_such_tool'], ...parameters }),
    });
    await create(program, token, agentBody('b', 'for:b'));
    await create(program, token, agentBody('c', 'for:c', { tools: [], model: null }));
    await askAs('for:a');
    await askAs('for:b');
    await askAs('for:c');
    const [a, b, c] = models.heard.map(({ call }) => call);
    expect(a?.tools.map(({ name }) => name)).toEqual(['echo']);
    expect(a).toMatchObject(parameters);
    expect(b?.tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['calculator', 'current_time', 'echo', 'random']),
    );
    expect(b).toMatchObject({ model: 'scripted' });
    expect(b).not.toHaveProperty('temperature');
    expect(b).not.toHaveProperty('max_tokens');
    expect(c?.tools).toEqual([]);
    expect(c).toMatchObject({ model: 'scripted' });
  });

  it('of another tenant sees none of our messages', async () => {
    const { program, askAs, models } = await start();
    const foreign = await program.token({ owner_id: '11111111-1111-4111-8111-111111111111' });
    await create(program, foreign, agentBody('spy', 'for:a'));
    const token = await program.token();
    await create(program, token, agentBody('a', 'for:a'));
    await askAs('for:a');
    expect(models.heard).toHaveLength(1);
    expect(await list(program, foreign, 'agent.response.v1')).toEqual([]);
  });
});

describe('a message when its agent goes away', () => {
  it('is answered with the reason when the agent is deleted before its turn comes', async () => {
    const began = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const models = scriptedModel(async () => {
      began.resolve();
      await gate.promise;
      return 'done';
    });
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const agent = await create(program, token, agentBody('a', 'for:a'));
    const speak = () => say(program, token, 'hello', 'c1', { tags: ['for:a', 'session:c1'] });
    const first = await speak();
    const second = await speak();
    await began.promise;
    // The dispatcher has passed both messages before it comes to the deletion.
    await program.request('DELETE', `/breadcrumbs/${agent.id}`, { token });
    gate.resolve();
    await stream.answerTo(first.id);
    const { context } = await stream.answerTo(second.id);
    expect(context).toMatchObject({
      status: 'failed',
      error: { class: 'gone', message: 'the agent was deleted before it could answer' },
    });
    expect(models.heard).toHaveLength(1);
  });

  it('is not answered when it was deleted itself', async () => {
    const gate = Promise.withResolvers<void>();
    const models = scriptedModel(async ({ question }) => {
      if (question === 'one') await gate.promise;
      return `to ${question}`;
    });
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const one = await say(program, token, 'one', 'c1');
    const two = await say(program, token, 'two', 'c1');
    const three = await say(program, token, 'three', 'c1');
    await program.request('DELETE', `/breadcrumbs/${two.id}`, { token });
    gate.resolve();
    await stream.answerTo(one.id);
    await stream.answerTo(three.id);
    expect(models.heard.map(({ question }) => question)).toEqual(['one', 'three']);
    expect(stream.of('agent.response.v1')).toHaveLength(2);
  });
});
