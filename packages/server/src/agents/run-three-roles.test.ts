import { describe, expect, it } from 'vitest';
import { AppError, ManualClock, systemClock } from '../base/index.ts';
import { createModelGateway, type ModelConfig, type ModelMessage } from './models/index.ts';
import { chatCompletionsWire } from './models/testing/chat-completions-wire.ts';
import { startFakeProvider, type FakeProvider } from './models/testing/fake-provider.ts';
import type { Reply } from './models/testing/reply.ts';
import { emptyConfig, impatientClock } from './models/testing/test-config.ts';
import { RUN_MS, RUNS_MAX, ThreeRoles } from './run-three-roles.ts';

const KEY = 'distinctive-test-key-7b2f9d10';
const QUESTION: ModelMessage = { role: 'user', content: 'How many eggs are in three dozen?' };
const answer = (text: string): Reply => ({ kind: 'answer', text: [text] });
const never = new AbortController().signal;

type Settings = (base_url: string) => Partial<ModelConfig>;
const compatible: Settings = (base_url) => ({
  openai_compatible_base_url: base_url,
  openai_compatible_api_key: KEY,
});
const openrouter: Settings = (base_url) => ({
  openrouter_api_key: KEY,
  base_urls: { openrouter: base_url },
});

async function withRoles(
  replies: readonly Reply[],
  act: (roles: ThreeRoles, provider: FakeProvider) => Promise<void>,
  { settings = compatible, clock = systemClock, retries = 0 } = {},
): Promise<void> {
  await using provider = await startFakeProvider(chatCompletionsWire, replies);
  const config = { ...emptyConfig(), ...settings(provider.base_url), max_retries: retries };
  const models = createModelGateway(config, { clock: impatientClock(), random: () => 0.5 });
  await act(new ThreeRoles({ models, clock }), provider);
}

function askOf(model = 'openai-compatible/llama') {
  return { model, messages: [QUESTION] };
}

async function refusal(attempt: Promise<unknown>): Promise<AppError> {
  const error = await attempt.then(
    (value: unknown) => new Error(`expected a refusal, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw error;
  expect(JSON.stringify([error, error.message])).not.toContain(KEY);
  return error;
}

function sentBy(provider: FakeProvider): { role: string; content: unknown }[][] {
  return provider.requests.map(
    ({ body }) => body['messages'] as { role: string; content: unknown }[],
  );
}

describe('three roles', () => {
  it('plan, carry out and sum up, each with the conversation and what came before', async () => {
    await withRoles(
      [answer('1. Multiply.'), answer('3 × 12 = 36'), answer('36 eggs.')],
      async (roles, provider) => {
        expect(await roles.run(askOf(), never)).toEqual({
          agent1_plan: '1. Multiply.',
          agent2_execution: '3 × 12 = 36',
          agent3_summary: '36 eggs.',
          final_answer: '36 eggs.',
        });
        const sent = sentBy(provider);
        expect(sent.map((messages) => messages.at(-1)?.content)).toEqual(
          sent.map(() => QUESTION.role === 'user' && QUESTION.content),
        );
        const systems = sent.map(([system]) => String(system?.content));
        expect(systems.map((text) => [text.includes('1. Multiply.'), text.includes('36')])).toEqual(
          [
            [false, false],
            [true, false],
            [true, true],
          ],
        );
        expect(provider.requests.map(({ body }) => body['model'])).toEqual([
          'llama',
          'llama',
          'llama',
        ]);
      },
    );
  });

  it('take a model as OpenRouter names it', async () => {
    const replies = ['a', 'b', 'c', 'd', 'e', 'f'].map(answer);
    await withRoles(
      replies,
      async (roles, provider) => {
        await roles.run(askOf('meta-llama/llama-4'), never);
        // A vendor that is a provider here as well, and has no key of its own.
        await roles.run(askOf('anthropic/claude'), never);
        const names = provider.requests.map(({ body }) => body['model']);
        expect(new Set(names)).toEqual(new Set(['meta-llama/llama-4', 'anthropic/claude']));
        expect(names).toHaveLength(6);
      },
      { settings: openrouter },
    );
  });

  it('refuse a model that cannot be called, and send nothing', async () => {
    await withRoles([], async (roles, provider) => {
      for (const model of ['anthropic/claude', 'mistral/large', 'nonsense', 'openai-compatible/']) {
        const error = await refusal(roles.run(askOf(model), never));
        expect([model, error.code, error.extra.errors?.[0]?.path]).toEqual([
          model,
          'validation_failed',
          'model',
        ]);
      }
      expect(provider.requests).toEqual([]);
    });
  });

  it.each<[string, Reply[]]>([
    ['is overloaded', [{ kind: 'error', status: 503, code: 'overloaded', message: 'too busy' }]],
    [
      'refuses the key',
      [{ kind: 'error', status: 401, code: 'invalid_api_key', message: `bad ${KEY}` }],
    ],
    ['fails in the second role', [answer('a plan'), { kind: 'cut', text: ['some'] }]],
    [
      'fails in the last role',
      [answer('a plan'), answer('work'), { kind: 'garbage', text: ['x'] }],
    ],
    ['says nothing', [answer('a plan'), { kind: 'answer', text: [] }]],
  ])('tell with 502 that the provider %s', async (_, replies) => {
    await withRoles(replies, async (roles) => {
      const error = await refusal(roles.run(askOf(), never));
      expect([error.code, error.status]).toEqual(['upstream_failed', 502]);
      expect(error.message.length).toBeGreaterThan(10);
    });
  });

  it('end when the client goes away, and stop what they have asked for', async () => {
    await withRoles([answer('a plan'), { kind: 'hang', text: ['so'] }], async (roles, provider) => {
      const gone = new AbortController();
      const run = refusal(roles.run(askOf(), gone.signal));
      await expect.poll(() => provider.requests.length).toBe(2);
      gone.abort();
      expect((await run).code).toBe('upstream_failed');
      await provider.requests[1]?.closed;
    });
  });

  it('end after three minutes, whoever is to blame', async () => {
    const clock = new ManualClock();
    await withRoles(
      [{ kind: 'hang', text: ['so'] }],
      async (roles, provider) => {
        const run = refusal(roles.run(askOf(), never));
        await expect.poll(() => provider.requests.length).toBe(1);
        clock.advance(RUN_MS);
        const error = await run;
        expect([error.code, error.message]).toEqual([
          'upstream_failed',
          expect.stringContaining('180 seconds'),
        ]);
        await provider.requests[0]?.closed;
      },
      { clock },
    );
  });

  it('are limited in number, and make room when they end', async () => {
    const hang: Reply = { kind: 'hang', text: [] };
    const replies = [...Array<Reply>(RUNS_MAX).fill(hang), answer('a'), answer('b'), answer('c')];
    await withRoles(replies, async (roles, provider) => {
      const gone = new AbortController();
      const runs = Array.from({ length: RUNS_MAX }, () => refusal(roles.run(askOf(), gone.signal)));
      expect((await refusal(roles.run(askOf(), never))).code).toBe('unavailable');
      await expect.poll(() => provider.requests.length).toBe(RUNS_MAX);
      gone.abort();
      await Promise.all(runs);
      expect((await roles.run(askOf(), never)).final_answer).toBe('c');
    });
  });
});
