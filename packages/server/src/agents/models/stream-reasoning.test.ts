import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.ts';
import { createModelGateway } from './model-gateway.ts';
import { anthropicWire } from './testing/anthropic-wire.ts';
import { chatCompletionsWire, reasoningContentWire } from './testing/chat-completions-wire.ts';
import { startFakeProvider } from './testing/fake-provider.ts';
import type { Reply, Wire } from './testing/reply.ts';
import { callOf, emptyConfig } from './testing/test-config.ts';

const compatible = (url: string) => ({ openai_compatible_base_url: url });
const openrouter = (url: string) => ({ openrouter_api_key: 'k', base_urls: { openrouter: url } });
const anthropic = (url: string) => ({ anthropic_api_key: 'k', base_urls: { anthropic: url } });

interface Case {
  readonly name: string;
  readonly model: string;
  readonly wire: Wire;
  settings(url: string): Partial<ModelConfig>;
}

const cases: Case[] = [
  {
    name: 'reasoning_content of the chat completions wire',
    model: 'openai-compatible/some-model',
    wire: reasoningContentWire,
    settings: compatible,
  },
  {
    name: 'reasoning of the chat completions wire',
    model: 'openai-compatible/some-model',
    wire: chatCompletionsWire,
    settings: compatible,
  },
  {
    name: 'reasoning of OpenRouter',
    model: 'openrouter/maker/some-model',
    wire: chatCompletionsWire,
    settings: openrouter,
  },
  {
    name: 'thinking of Anthropic',
    model: 'anthropic/some-model',
    wire: anthropicWire,
    settings: anthropic,
  },
];

const THOUGHTFUL: Reply = {
  kind: 'answer',
  reasoning: ['First ', 'I think.'],
  text: ['Then ', 'I speak.'],
};

/** Asks a fake provider, and answers with what was heard, in order. */
async function listen({ model, wire, settings }: Case, replies: Reply[], max_retries = 0) {
  await using provider = await startFakeProvider(wire, replies);
  const config = { ...emptyConfig(), ...settings(provider.base_url), max_retries };
  const heard: string[] = [];
  const answer = await createModelGateway(config, {
    random: () => 0,
  }).call(
    callOf({
      model,
      on_text: (delta) => heard.push(`text: ${delta}`),
      on_reasoning: (delta) => heard.push(`reasoning: ${delta}`),
    }),
  );
  return { heard, answer, requests: provider.requests.length };
}

describe('what a model thinks', () => {
  it.each(cases)('is passed on as it comes, before the text: $name', async (subject) => {
    const { heard, answer } = await listen(subject, [THOUGHTFUL]);
    expect(heard).toEqual([
      'reasoning: First ',
      'reasoning: I think.',
      'text: Then ',
      'text: I speak.',
    ]);
    expect(answer.text).toBe('Then I speak.');
  });

  it.each(cases)('is heard without a listener too: $name', async ({ wire, model, settings }) => {
    await using provider = await startFakeProvider(wire, [THOUGHTFUL]);
    const config = { ...emptyConfig(), ...settings(provider.base_url) };
    const answer = await createModelGateway(config).call(callOf({ model }));
    expect(answer.text).toBe('Then I speak.');
  });
});
