import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../agents/index.ts';
import { agentBody, create, list } from './testing/conversation.ts';
import { scriptedModel, spoken, type Heard, type Line } from './testing/scripted-model.ts';
import { startTestProgram } from './testing.ts';

const SUM = { name: 'calculator', input: { expression: '17% * 2340' } };

/** A program whose model says what the script says, and the official client of the wire with a token of it. */
async function open(script: (heard: Heard) => Line | Promise<Line>) {
  const models = scriptedModel(script);
  const program = await startTestProgram({ models });
  const token = await program.token();
  const client = new OpenAI({ baseURL: `${program.url}/v1`, apiKey: token, maxRetries: 0 });
  // A definition counts once the log has told of it.
  await expect.poll(async () => (await client.models.list()).data).toHaveLength(1);
  const ask = (messages: OpenAI.ChatCompletionMessageParam[], more: object = {}) =>
    client.chat.completions.create({ model: 'chat', messages, ...more, stream: false });
  return { models, program, token, client, ask };
}

const user = (content: string) => ({ role: 'user' as const, content });
const assistant = (content: string) => ({ role: 'assistant' as const, content });

describe('a client of the OpenAI SDK', () => {
  it('talks to an agent that uses a tool, whole and in pieces', async () => {
    const { client, ask, program, token } = await open(({ step }) =>
      step === 0 ? { text: 'Let me see.', tools: [SUM] } : 'It is 397.8.',
    );
    const { data, response } = await client.chat.completions
      .create({ model: 'chat', messages: [user('what is 17% of 2340?')] })
      .withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'chat',
      choices: [{ message: { role: 'assistant', content: 'It is 397.8.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 },
    });
    const conversation = response.headers.get('x-conversation-id') ?? '';
    const messages = await list(program, token, 'user.message.v1');
    expect(messages.map(({ context }) => context.content)).toEqual(['what is 17% of 2340?']);
    expect(messages[0].tags).toContain(`session:${decodeURIComponent(conversation)}`);

    const stream = await client.chat.completions.create({
      model: 'chat',
      messages: [user('and again?')],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '');
    expect(text.join('')).toBe('Let me see.\n\nIt is 397.8.');
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop']);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 30 } });
    await expect(ask([user('one more')])).resolves.toMatchObject({ model: 'chat' });
  });

  it('is answered by the agent that it names and by no other', async () => {
    const { client, ask, program, token, models } = await open(({ prompt }) => prompt);
    await create(program, token, agentBody('second', 'user:message'));
    await create(program, token, agentBody('shy', 'only:this'));
    await expect
      .poll(async () => (await client.models.list()).data.map(({ id }) => id))
      .toEqual(['chat', 'second', 'shy']);
    const { choices } = await ask([user('who are you?')], { model: 'shy' });
    expect(choices[0]?.message.content).toBe('You are shy.');
    await ask([user('and you?')], { model: 'second' });
    expect(models.heard.map(({ prompt }) => prompt)).toEqual(['You are shy.', 'You are second.']);
    expect((await client.models.retrieve('shy')).owned_by).toBe('cairn');
  });

  it('brings its history along, and stays in one conversation', async () => {
    const { ask, models, program, token } = await open(({ question }) => `You said ${question}.`);
    await ask([{ role: 'system', content: 'Be brief.' }, user('one')]);
    const history = [user('one'), assistant('Another answer.'), user('two')];
    await ask([{ role: 'system', content: 'Be brief.' }, ...history]);
    expect(spoken(models.heard[0])).toEqual([expect.stringContaining('Be brief.'), 'one']);
    expect(spoken(models.heard[1])).toEqual([
      expect.stringContaining('Be brief.'),
      'one',
      'Another answer.',
      'two',
    ]);
    const tags = (await list(program, token, 'user.message.v1')).map((each) =>
      each.tags.find((tag: string) => tag.startsWith('session:')),
    );
    expect(tags[0]).toBe(tags[1]);

    // Who names the conversation and sends no history goes on with what is recorded.
    const metadata = { conversation_id: 'c1' };
    await ask([user('three')], { metadata });
    await ask([user('four')], { metadata });
    expect(spoken(models.heard.at(-1))).toEqual(['three', 'You said three.', 'four']);
    await ask([user('three')]);
    expect(spoken(models.heard.at(-1))).toEqual(['three']);
  });

  it('learns why there is no answer, in the shape of its wire', async () => {
    const { ask, client } = await open(() => {
      throw new ModelError('rate_limit', 'the provider wants fewer calls');
    });
    await expect(ask([user('hello')])).rejects.toMatchObject({ status: 429, code: 'rate_limit' });
    const stream = await client.chat.completions.create({
      model: 'chat',
      messages: [user('hello')],
      stream: true,
    });
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toThrow('fewer calls');
    await expect(ask([user('x')], { model: 'nobody' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    for (const more of [{ n: 2 }, { tools: [{ type: 'function' }] }, { messages: [] }])
      await expect(ask([user('x')], more)).rejects.toMatchObject({
        status: 400,
        type: 'invalid_request_error',
      });
    const stranger = new OpenAI({ baseURL: client.baseURL, apiKey: 'nonsense', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
  });

  it('who leaves does not end the work of the agent', async () => {
    const asked = Promise.withResolvers<void>();
    const allowed = Promise.withResolvers<string>();
    const { client, program, token } = await open(() => {
      asked.resolve();
      return allowed.promise;
    });
    const abort = new AbortController();
    const request = client.chat.completions.create(
      { model: 'chat', messages: [user('take your time')] },
      { signal: abort.signal },
    );
    await asked.promise;
    abort.abort();
    await expect(request).rejects.toThrow('aborted');
    allowed.resolve('Done.');
    await expect
      .poll(async () => (await list(program, token, 'agent.response.v1')).map((e) => e.context))
      .toMatchObject([{ content: 'Done.', status: 'completed' }]);
  });
});
