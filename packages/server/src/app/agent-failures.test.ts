import { describe, expect, it } from 'vitest';
import { ModelError } from '../agents/index.ts';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, spoken, type Heard, type Line } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type Json } from './testing.ts';

type Execute = Parameters<typeof testTool>[1];

/** Asks a program whose one tool, `probe`, does this, and says what came of it. */
async function ask(
  script: (heard: Heard) => Line | Promise<Line>,
  execute: Execute = async (input) => input,
  options: { environment?: Record<string, string>; message?: Record<string, unknown> } = {},
) {
  const models = scriptedModel(script);
  const probe = testTool('probe', execute);
  const { environment = {} } = options;
  const program = await startTestProgram({ models, tools: [probe.tool], environment });
  const token = await program.token();
  await create(program, token, probe.definition);
  const stream = await listen(program, token, {
    types: 'breadcrumb.updated,agent.delta,agent.status',
  });
  const message = await say(program, token, 'go', 'c1', options.message);
  // The event of a secret breadcrumb has no context, so the answer is known by its schema.
  const answer = await stream.until('an answer', (e) => e.schema_name === 'agent.response.v1');
  return { models, program, token, stream, message, answer };
}

/** Asks for `probe` first and tells what came back after that. */
const useProbe =
  (name = 'probe', input: unknown = { n: 1 }) =>
  ({ step, call }: Heard): Line => {
    if (step === 0) return { tools: [{ name, input }] };
    return JSON.stringify(call.messages.at(-1));
  };

/** What the model was told that the tool said. */
const toldOf = (answer: Json) => JSON.parse(answer.context.content);

describe('a tool call that fails', () => {
  it('for want of such a tool is told to the model, which can still answer', async () => {
    const { answer, stream } = await ask(useProbe('prohbe'));
    expect(answer.context.status).toBe('completed');
    expect(toldOf(answer)).toMatchObject({
      role: 'tool',
      is_error: true,
      output: 'there is no tool named prohbe; the tools are: probe',
    });
    expect(stream.of('tool.request.v1')).toEqual([]);
  });

  it('because the tool throws is told without its stack', async () => {
    const { answer, stream } = await ask(useProbe(), async () => {
      throw new TypeError('secret detail');
    });
    expect(toldOf(answer)).toMatchObject({ is_error: true });
    expect(toldOf(answer).output).toContain('probe failed for a reason of ours');
    const [response] = stream.of('tool.response.v1');
    expect(response.context).toMatchObject({ status: 'error', output: null });
    expect(JSON.stringify(stream.events)).not.toContain('secret detail');
  });

  it.each([
    ['a string', 'a string'],
    ['a number', 42],
    ['null', null],
  ])('because the tool throws %s is told all the same', async (_name, thrown) => {
    const { answer } = await ask(useProbe(), async () =>
      AbortSignal.abort(thrown).throwIfAborted(),
    );
    expect(toldOf(answer).output).toContain('probe failed');
  });

  it('because the tool never answers ends after the time it has', async () => {
    const { answer, stream } = await ask(useProbe(), () => new Promise(() => {}), {
      environment: { TOOL_TIMEOUT_SECONDS: '1' },
    });
    expect(toldOf(answer)).toMatchObject({ is_error: true });
    expect(toldOf(answer).output).toMatch(/did not answer/);
    await stream.until('the late response', (e) => e.schema_name === 'tool.response.v1');
    expect(stream.of('agent.response.v1')).toHaveLength(1);
  });

  it('because its answer is too long says so', async () => {
    const { answer, program, token } = await ask(useProbe(), async () => 'x'.repeat(600_000));
    expect(toldOf(answer).output).toMatch(/too long \(600002 bytes of 524288\)/);
    const [response] = await list(program, token, 'tool.response.v1');
    expect(response.context.status).toBe('error');
  });

  it('because its answer cannot be stored says so', async () => {
    const { answer } = await ask(useProbe(), async () => ({ text: 'a\0b' }));
    expect(toldOf(answer).output).toContain('not as promised');
  });

  it('because the model gave arguments that cannot be stored is told to it', async () => {
    const { answer, models } = await ask(useProbe('probe', { text: 'a\0b' }));
    expect(answer.context.status).toBe('completed');
    expect(toldOf(answer).output).toMatch(/cannot be used: text contains a NUL/);
    expect(models.heard).toHaveLength(2);
  });

  it('beyond sixteen at once is told to ask again', async () => {
    const { answer, stream } = await ask(({ step, call }) =>
      step === 0
        ? { tools: Array.from({ length: 18 }, (_, n) => ({ name: 'probe', input: { n } })) }
        : JSON.stringify(call.messages.filter(({ role }) => role === 'tool')),
    );
    expect(stream.of('tool.request.v1')).toHaveLength(16);
    const told: Json[] = toldOf(answer);
    expect(told.map(({ is_error }) => is_error)).toEqual([...Array(16).fill(false), true, true]);
    expect(told[17].output).toMatch(/at most 16/);
  });
});

describe('a tool answer', () => {
  const askProbe = (length: number) =>
    ask(
      ({ step }) => (step === 0 ? { tools: [{ name: 'probe', input: {} }] } : 'done'),
      async () => 'x'.repeat(length),
    );

  it('that is long is shortened for the model and kept whole in the record', async () => {
    const { answer, program, token, models } = await askProbe(60_000);
    expect(answer.context.content).toBe('done');
    const told = String(spoken(models.heard[1]).at(-1));
    expect(told.length).toBeLessThan(51_000);
    expect(told).toContain('the answer has 60002 characters');
    const [response] = await list(program, token, 'tool.response.v1');
    expect(response.context.output).toHaveLength(60_000);
  });

  it('that is very long is a record of its own, which the model is told of', async () => {
    const { answer, program, token, models } = await askProbe(200_000);
    expect(answer.context.content).toBe('done');
    const told = spoken(models.heard[1]).at(-1);
    expect(told).toMatchObject({ ref: expect.any(String), size_bytes: 200_002 });
    const [result] = await list(program, token, 'tool.result.v1');
    expect(told).toMatchObject({ ref: result.id });
  });
});

describe('a model that fails', () => {
  it.each([
    ['authentication', 'The key was refused.'],
    ['rate_limit', 'Too many requests'],
    ['quota', 'No credit left.'],
    ['timeout', 'It did not finish in time.'],
    ['unavailable', 'It is down.'],
    ['invalid_request', 'The model does not exist.'],
    ['malformed_answer', 'It asked for a tool with arguments that are not valid JSON.'],
    ['not_configured', 'There is no key.'],
  ] as const)('with %s ends the run once with a reason that can be read', async (cls, said) => {
    const { answer, models, stream, message } = await ask(() => {
      throw new ModelError(cls, said);
    });
    expect(answer.context).toMatchObject({
      status: 'failed',
      content: `I could not answer: ${said.replace(/\.$/, '')}.`,
      error: { class: cls, message: said },
      conversation_id: 'c1',
      caused_by: { trigger_id: message.id },
    });
    expect(models.heard).toHaveLength(1);
    expect(stream.of('agent.response.v1')).toHaveLength(1);
    const status = await stream.until('failed', (event) => event.status === 'failed');
    expect(status.detail).toBe(said);
  });

  it('in a way that nobody foresaw ends the run after some attempts, and tells no internals', async () => {
    const { answer, models } = await ask(() => {
      throw new TypeError('relation "x" does not exist');
    });
    expect(answer.context).toMatchObject({ status: 'failed', error: { class: 'internal' } });
    expect(JSON.stringify(answer)).not.toContain('relation');
    expect(models.heard).toHaveLength(4);
  });

  it('by always asking for tools is stopped, and the reason says so', async () => {
    const { answer, models } = await ask(({ step }) => ({
      tools: [{ name: 'probe', input: { step } }],
    }));
    expect(answer.context).toMatchObject({
      status: 'stopped',
      error: { class: 'budget_model_calls' },
    });
    expect(answer.context.content).toContain('stopped after 16 model calls');
    expect(answer.context.caused_by.tool_request_ids).toHaveLength(16);
    expect(models.heard).toHaveLength(16);
  });

  it('by saying nothing ends the run with that reason', async () => {
    const { answer } = await ask(() => '  \n');
    expect(answer.context).toMatchObject({
      status: 'failed',
      error: { class: 'malformed_answer', message: 'the model gave an empty answer' },
    });
  });

  it('by saying what cannot be stored has that replaced', async () => {
    const { answer } = await ask(() => 'a\0b\u{D800}c');
    expect(answer.context).toMatchObject({ status: 'completed', content: 'a\u{FFFD}b\u{FFFD}c' });
  });

  it('leaves no trace of its failure in the next question', async () => {
    const { models, stream, program, token } = await ask(({ question }) => {
      if (question === 'go') throw new ModelError('unavailable', 'It is down.');
      return 'fine';
    });
    await stream.answerTo((await say(program, token, 'again', 'c1')).id);
    expect(spoken(models.heard[1])).toEqual(['go', 'again']);
  });
});

describe('what is private or secret', () => {
  it.each([
    ['private', { visibility: 'private' }],
    ['secret', { sensitivity: 'secret' }],
  ])('stays so when a message is %s: in requests and answers', async (_name, guard) => {
    const { answer, program, token, stream, models } = await ask(
      ({ step }) =>
        step === 0 ? { text: 'hidden', tools: [{ name: 'probe', input: { n: 7 } }] } : 'hidden too',
      async () => ({ found: 'treasure' }),
      { message: guard },
    );
    const full = await program.request('GET', `/breadcrumbs/${answer.breadcrumb_id}/full`, {
      token,
    });
    expect(full.body).toMatchObject({ ...guard, context: { content: 'hidden too' } });
    expect(spoken(models.heard[1]).at(-1)).toEqual({ found: 'treasure' });
    for (const event of stream.of('tool.request.v1')) {
      const request = await program.request('GET', `/breadcrumbs/${event.breadcrumb_id}/full`, {
        token,
      });
      expect(request.body).toMatchObject(guard);
    }
  });

  it('is not shown to an agent whose author may not see it', async () => {
    const models = scriptedModel(({ question }) => question);
    const program = await startTestProgram({ models });
    const boss = await program.token();
    const agent_id = '22222222-2222-4222-8222-222222222222';
    const author = await program.token({ agent_id });
    const stream = await listen(program, boss);
    await create(program, author, agentBody('nosy', 'for:all'));
    await stream.until('the agent', ({ title }) => title === 'Agent nosy: active');
    // What its author may see counts as it is now.
    const roles = ['emitter', 'subscriber'];
    await program.request('POST', `/agents/${agent_id}`, { token: boss, json: { roles } });
    const tags = ['for:all', 'session:c1'];
    await say(program, boss, 'mine alone', 'c1', { tags, visibility: 'private' });
    await stream.answerTo((await say(program, boss, 'for all', 'c1', { tags })).id);
    expect(models.heard.map(({ question }) => question)).toEqual(['for all']);
    expect(spoken(models.heard[0])).toEqual(['for all']);
  });
});
