import { describe, expect, it } from 'vitest';
import type { ModelGateway } from '../agents/index.ts';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, type Heard, type Line } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type Json } from './testing.ts';

const RESPONSES = { selectors: [{ schema_name: 'agent.response.v1' }] };

/** A program with one agent that has these limits, and a tool `probe`. */
async function start(
  script: (heard: Heard) => Line | Promise<Line>,
  more: Record<string, unknown> = {},
  wrap: (models: ModelGateway) => ModelGateway = (models) => models,
  environment: Record<string, string> = {},
) {
  const models = scriptedModel(script);
  const probe = testTool('probe', async (input) => input);
  const program = await startTestProgram({
    models: wrap(models),
    tools: [probe.tool],
    environment,
  });
  const token = await program.token();
  await create(program, token, probe.definition);
  const agent = await create(program, token, agentBody('a', 'for:a', more));
  const stream = await listen(program, token);
  const ask = async (content = 'go', conversation = 'c1') => {
    const tags = ['for:a', `session:${conversation}`];
    return stream.answerTo((await say(program, token, content, conversation, { tags })).id);
  };
  return { models, program, token, agent, stream, ask };
}

const probes =
  (count = 1) =>
  ({ step }: Heard): Line => ({
    text: `Step ${step}.`,
    tools: Array.from({ length: count }, (_, n) => ({ name: 'probe', input: { step, n } })),
  });

describe('a run that goes over its limits', () => {
  it.each([
    ['model calls', { model_calls: 3 }, 'budget_model_calls', 3],
    ['tokens', { tokens: 40 }, 'budget_tokens', 3],
    ['model calls of the tree', { tree: { model_calls: 2 } }, 'budget_model_calls', 2],
    ['tokens of the tree', { tree: { tokens: 16 } }, 'budget_tokens', 2],
    ['model calls in a day', { day: { model_calls: 4 } }, 'budget_model_calls', 4],
    ['tool calls', { tool_calls: 2 }, 'budget_tool_calls', 3],
    ['tool calls of the tree', { tree: { tool_calls: 1 } }, 'budget_tool_calls', 2],
  ])('is stopped by %s, with what it had and a reason', async (_name, limits, expected, calls) => {
    const { ask, models } = await start(probes(), { limits });
    const { context } = await ask();
    expect(context).toMatchObject({ status: 'stopped', error: { class: expected } });
    expect(context.content).toMatch(/^Step 0\.\n\nStep 1\..*I stopped before I was done: /s);
    expect(models.heard).toHaveLength(calls);
    expect(context.usage).toMatchObject({ input_tokens: 10 * calls, output_tokens: 5 * calls });
  });

  it('is stopped by what providers say that it cost', async () => {
    const priced = (models: ModelGateway): ModelGateway => ({
      ...models,
      async call(call) {
        const answer = await models.call(call);
        return { ...answer, usage: { ...answer.usage, cost_usd: 0.4 } };
      },
    });
    const { ask, models } = await start(probes(), { limits: { cost_usd: 1 } }, priced);
    const { context } = await ask();
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'budget_cost' } });
    expect(context.usage.cost_usd).toBeCloseTo(1.2);
    expect(models.heard).toHaveLength(3);
  });

  it('is stopped by what it cost by the prices that were set', async () => {
    const environment = { MODEL_PRICES: 'scripted=100000/0@2020-01-01' };
    const { ask, models } = await start(
      probes(),
      { limits: { cost_usd: 2 } },
      undefined,
      environment,
    );
    const { context } = await ask();
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'budget_cost' } });
    expect(context.usage.cost_usd).toBeCloseTo(2);
    expect(models.heard).toHaveLength(2);
  });

  it('is stopped by time, also while it waits for a tool that does not answer', async () => {
    const gate = Promise.withResolvers<void>();
    const models = scriptedModel(probes());
    const probe = testTool('probe', () => gate.promise);
    const program = await startTestProgram({ models, tools: [probe.tool] });
    const token = await program.token();
    await create(program, token, probe.definition);
    await create(program, token, agentBody('a', 'for:a', { limits: { wall_time_s: 1 } }));
    const stream = await listen(program, token);
    const message = await say(program, token, 'go', 'c1', { tags: ['for:a', 'session:c1'] });
    const { context } = await stream.answerTo(message.id);
    gate.resolve();
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'budget_time' } });
    expect(models.heard).toHaveLength(1);
  });

  it('has what a day allows for other runs only as far as it goes', async () => {
    const { ask } = await start(({ question }) => question, {
      limits: { day: { model_calls: 2 } },
    });
    expect((await ask('one')).context.status).toBe('completed');
    expect((await ask('two')).context.status).toBe('completed');
    const { context } = await ask('three');
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'budget_model_calls' } });
    expect(context.error.message).toContain('the limit of the agent in a day');
  });
});

describe('agents that trigger each other', () => {
  it('come to rest by depth, and the last answer says why', async () => {
    const { program, token, stream, models, ask } = await start(({ prompt }) => prompt);
    for (const name of ['b', 'c']) {
      const subscriptions = {
        selectors: [
          { schema_name: 'agent.response.v1', all_tags: [name === 'b' ? 'agent:a' : 'agent:b'] },
          { schema_name: 'agent.response.v1', all_tags: [name === 'b' ? 'agent:c' : 'agent:b'] },
        ],
      };
      await create(program, token, agentBody(name, '', { subscriptions }));
    }
    await ask();
    const last = await stream.until(
      'the end of it',
      ({ context }) => context?.error?.class === 'depth',
    );
    expect(last.context.status).toBe('stopped');
    expect(last.context.content).toContain('more than 8 deep');
    // Nothing follows from that answer: what comes after it is answered, and the loop says no more.
    await ask('quiet?', 'c2');
    await stream.until(
      'the end of that',
      (event) =>
        event.context?.error?.class === 'depth' && event.breadcrumb_id !== last.breadcrumb_id,
    );
    expect(models.heard).toHaveLength(18);
  });

  it('come to rest also when each answer triggers many', async () => {
    const { program, token, stream, models, ask } = await start(({ prompt }) => prompt, {
      limits: { tree: { model_calls: 12 } },
    });
    for (const name of ['b', 'c', 'd'])
      await create(program, token, agentBody(name, '', { subscriptions: RESPONSES }));
    await ask();
    await stream.until('the end', ({ context }) => context?.error?.class === 'budget_model_calls');
    // Whatever is under way comes to its end.
    const unfinished = async () => {
      const { rows } = await program.db.query<{ n: number }>({
        text: "select count(*)::int as n from deliveries where queue = 'agents' and state in ('pending', 'running')",
      });
      return rows[0]?.n;
    };
    await expect.poll(unfinished).toBe(0);
    // Those that were under way together when the limit was reached may have gone over it.
    expect(models.heard.length).toBeLessThan(12 + 16);
  });

  it('come to rest when one is triggered by the answers of its own tools', async () => {
    const subscriptions = {
      selectors: [
        { schema_name: 'user.message.v1', any_tags: ['for:a'] },
        { schema_name: 'tool.response.v1' },
      ],
    };
    const { ask, stream, program, token } = await start(
      ({ step }) => (step === 0 ? { tools: [{ name: 'probe', input: {} }] } : 'done'),
      { subscriptions, limits: { depth: 2 } },
    );
    await ask();
    await stream.until('the end of it', ({ context }) => context?.error?.class === 'depth');
    const answers = await list(program, token, 'agent.response.v1');
    expect(answers.map(({ context }) => context.status)).toEqual(
      expect.arrayContaining(['stopped']),
    );
    expect(answers.length).toBeLessThan(6);
  });
});

describe('a run that does the same again and again', () => {
  const same = (): Line => ({ text: 'Again.', tools: [{ name: 'probe', input: { b: 1, a: 2 } }] });

  it('is told after the third time, and stopped after the fifth', async () => {
    const { ask, models } = await start(same);
    const { context } = await ask();
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'repetition' } });
    expect(context.content).toContain('it did the same 5 times (probe)');
    const told = models.heard.map(
      ({ call }) =>
        call.messages.filter(
          ({ role, content }: Json) => role === 'system' && /the same 3 times/.test(content),
        ).length,
    );
    expect(told).toEqual([0, 0, 0, 1, 1]);
  });

  it('goes on when it changes its course', async () => {
    const { ask, models } = await start((heard) => (heard.step < 3 ? same() : 'Something else.'));
    expect((await ask()).context).toMatchObject({
      status: 'completed',
      content: 'Something else.',
    });
    expect(models.heard).toHaveLength(4);
  });

  it('is stopped also when it goes in a circle of two', async () => {
    const { ask } = await start(({ step }) => ({
      tools: [{ name: 'probe', input: { n: step % 2 } }],
    }));
    const { context } = await ask();
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'repetition' } });
    expect(context.caused_by.tool_request_ids).toHaveLength(10);
  });
});
