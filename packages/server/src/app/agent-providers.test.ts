import { describe, expect, it, onTestFinished } from 'vitest';
import { createModelGateway } from '../agents/index.ts';
import { newId } from '../base/index.ts';
import {
  anthropicWire,
  chatCompletionsWire,
  emptyModelConfig,
  startFakeProvider,
  type Reply,
} from '../agents/testing.ts';
import { agentBody, create, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram } from './testing.ts';

const WIRES = {
  openrouter: { wire: chatCompletionsWire, keys: { openrouter_api_key: 'k' } },
  anthropic: { wire: anthropicWire, keys: { anthropic_api_key: 'k' } },
};

/** What comes of one message to an agent whose provider answers so, with everything that was told of it. */
async function ask(
  provider_name: keyof typeof WIRES,
  replies: readonly Reply[],
  { limits = {}, prices = '', message = {} } = {},
) {
  const { wire, keys } = WIRES[provider_name];
  const provider = await startFakeProvider(wire, replies);
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const base_urls = { [provider_name]: provider.base_url };
  const models = createModelGateway({ ...emptyModelConfig(), ...keys, base_urls });
  const probe = testTool('probe', async (input) => input);
  const environment = { MODEL_PRICES: prices };
  const program = await startTestProgram({ models, tools: [probe.tool], environment });
  const token = await program.token();
  await create(program, token, probe.definition);
  const model = `${provider_name}/some-maker/some-model`;
  await create(program, token, agentBody('a', 'for:a', { model, limits }));
  const types = 'breadcrumb.updated,agent.delta,agent.status';
  const stream = await listen(program, token, { types });
  const someone = { agent_id: newId(), roles: ['emitter', 'subscriber'] };
  const other = await listen(program, await program.token(someone), { types });
  const tags = ['for:a', 'session:c1'];
  await say(program, token, 'go', 'c1', { tags, ...message });
  const { context } = await stream.until(
    'an answer',
    ({ schema_name }) => schema_name === 'agent.response.v1',
  );
  return { context, stream, other, provider };
}

/** A step that wants the tool, and costs what the provider says. */
const probes = (usage_more: Record<string, unknown>) =>
  [0, 1, 2, 3, 4].map((n): Reply => ({
    kind: 'answer',
    text: [`Step ${n}.`],
    tool_calls: [{ id: `call_${n}`, name: 'probe', argument_pieces: [`{"n":${n}}`] }],
    finish: 'tool_calls',
    usage: { input: 10, output: 5 },
    usage_more,
  }));

describe('a budget in money', () => {
  // By this price the first call alone would be over the budget.
  const prices = 'openrouter/some-maker/some-model=1000000/0@2020-01-01';

  it('is spent by what the provider tells, before any price that was set', async () => {
    const { context, provider } = await ask('openrouter', probes({ cost: 0.4 }), {
      limits: { cost_usd: 1 },
      prices,
    });
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'budget_cost' } });
    expect(context.usage.cost_usd).toBeCloseTo(1.2);
    expect(provider.requests).toHaveLength(3);
  });

  it('is spent by the price where the provider tells nothing', async () => {
    const { context, provider } = await ask('openrouter', probes({}), {
      limits: { cost_usd: 1 },
      prices,
    });
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'budget_cost' } });
    expect(context.usage.cost_usd).toBeCloseTo(10);
    expect(provider.requests).toHaveLength(1);
  });
});

describe('what a model thinks before it speaks', () => {
  const reply: Reply = {
    kind: 'answer',
    reasoning: ['Let me ', 'see-7781.'],
    text: ['Hello.'],
  };

  it.each(['openrouter', 'anthropic'] as const)(
    'is told to streams that ask for it, and is no part of the answer (%s)',
    async (name) => {
      const { context, stream } = await ask(name, [reply]);
      expect(context).toMatchObject({ status: 'completed', content: 'Hello.' });
      const pieces = (kind: string) =>
        stream.events
          .filter((event) => event.type === 'agent.delta' && event.kind === kind)
          .map(({ text }) => text)
          .join('');
      await stream.until('the words', ({ kind }) => kind === 'text');
      expect(pieces('reasoning')).toBe('Let me see-7781.');
      expect(pieces('text')).toBe('Hello.');
      expect(JSON.stringify(context)).not.toContain('see-7781');
    },
  );

  it('is told of a message that is private to the one who asked alone', async () => {
    const message = { visibility: 'private' };
    const { stream, other } = await ask('openrouter', [reply], { message });
    const thought = await stream.until('a thought', ({ kind }) => kind === 'reasoning');
    expect(thought.text).toContain('see-7781');
    expect(JSON.stringify(other.events)).not.toContain('see-7781');
  });
});
