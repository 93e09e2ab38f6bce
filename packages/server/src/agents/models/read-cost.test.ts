import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.ts';
import { createModelGateway } from './model-gateway.ts';
import { readCost } from './read-cost.ts';
import { anthropicWire } from './testing/anthropic-wire.ts';
import { chatCompletionsWire } from './testing/chat-completions-wire.ts';
import { startFakeProvider } from './testing/fake-provider.ts';
import type { Wire } from './testing/reply.ts';
import { callOf, emptyConfig } from './testing/test-config.ts';

/** The usage of an answer through the library of a provider. */
async function usageOf(
  wire: Wire,
  model: string,
  settings: (url: string) => Partial<ModelConfig>,
  usage_more: Record<string, unknown>,
) {
  await using provider = await startFakeProvider(wire, [
    { kind: 'answer', text: ['Hi'], usage: { input: 11, output: 7 }, usage_more },
  ]);
  const config = { ...emptyConfig(), ...settings(provider.base_url) };
  return (await createModelGateway(config).call(callOf({ model }))).usage;
}

const compatible = (url: string) => ({ openai_compatible_base_url: url });
const openrouter = (url: string) => ({ openrouter_api_key: 'k', base_urls: { openrouter: url } });
const anthropic = (url: string) => ({ anthropic_api_key: 'k', base_urls: { anthropic: url } });

describe('the cost that a provider tells', () => {
  it('comes with the answer through OpenRouter', async () => {
    const more = { cost: 0.00042, cost_details: { upstream_inference_cost: null } };
    const usage = await usageOf(chatCompletionsWire, 'openrouter/maker/m', openrouter, more);
    expect(usage).toEqual({ input_tokens: 11, output_tokens: 7, cost_usd: 0.00042 });
  });

  it('has in it what a key of ones own paid for, when OpenRouter used one', async () => {
    const cost_details = { upstream_inference_cost: 0.02 };
    const ask = (more: object) =>
      usageOf(chatCompletionsWire, 'openrouter/maker/m', openrouter, {
        cost: 0.001,
        cost_details,
        ...more,
      });
    expect((await ask({ is_byok: true })).cost_usd).toBeCloseTo(0.021, 10);
    expect((await ask({ is_byok: false })).cost_usd).toBe(0.001);
    expect((await ask({})).cost_usd).toBe(0.001);
  });

  it.each([
    [{ cost: 0.5 }, 0.5],
    [{ cost: 0 }, 0],
    [{ cost: { input_tokens_cost: 0.1, total_cost: 0.3 } }, 0.3],
    [{ cost_in_usd_ticks: 37_756_000 }, 0.0037756],
  ])('comes through a server that is spoken to as OpenAI is: %j', async (more, expected) => {
    const usage = await usageOf(chatCompletionsWire, 'openai-compatible/m', compatible, more);
    expect(usage.cost_usd).toBeCloseTo(expected, 12);
  });

  it('is left open where the provider does not tell it', async () => {
    const none = { input_tokens: 11, output_tokens: 7 };
    expect(await usageOf(chatCompletionsWire, 'openai-compatible/m', compatible, {})).toEqual(none);
    expect(await usageOf(anthropicWire, 'anthropic/m', anthropic, {})).toEqual(none);
  });

  it.each([
    undefined,
    null,
    'free',
    {},
    { cost: '0.5' },
    { cost: -1 },
    { cost: Number.NaN },
    { cost: Infinity },
    { cost: { total: 1 } },
    { cost_in_usd_ticks: 'many' },
  ])('is not read out of %j', (raw) => {
    expect(readCost(raw)).toBeNull();
  });
});
