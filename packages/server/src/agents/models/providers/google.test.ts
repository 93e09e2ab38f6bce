import { describe, expect, it } from 'vitest';
import type { ModelMessage } from '../contract.ts';
import { createModelGateway } from '../model-gateway.ts';
import { describeProvider } from '../provider.conformance.ts';
import { startFakeProvider } from '../testing/fake-provider.ts';
import { googleWire } from '../testing/google-wire.ts';
import type { Reply } from '../testing/reply.ts';
import { callOf, emptyConfig } from '../testing/test-config.ts';

describeProvider({
  name: 'google',
  model_id: 'gemini-4-argon',
  wire: googleWire,
  reported_model: 'gemini-4-argon',
  settings: (key, base_url) => ({ google_api_key: key, base_urls: { google: base_url } }),
});

describe('the google provider', () => {
  it('gives the signature of a thought back with its tool call, after a stay in storage', async () => {
    const tool_calls = [{ id: 'a', name: 'calculator', argument_pieces: ['{"expression":"1+1"}'] }];
    const replies: Reply[] = [
      { kind: 'answer', tool_calls },
      { kind: 'answer', text: ['2'] },
    ];
    await using provider = await startFakeProvider(googleWire, replies);
    const gateway = createModelGateway({
      ...emptyConfig(),
      google_api_key: 'k',
      base_urls: { google: provider.base_url },
    });
    const question = { role: 'user', content: '1+1?' } as const;
    const first = await gateway.call(
      callOf({ model: 'google/gemini-4-argon', messages: [question] }),
    );
    const { text: content, tool_calls: calls, provider_turn } = first;
    const assistant = {
      role: 'assistant',
      content,
      tool_calls: calls,
      ...(provider_turn ? { provider_turn } : {}),
    } as const;
    const result = {
      role: 'tool',
      tool_call_id: calls[0]?.id ?? '',
      tool: 'calculator',
      output: 2,
      is_error: false,
    } as const;
    const messages = JSON.parse(JSON.stringify([question, assistant, result])) as ModelMessage[];
    await gateway.call(callOf({ model: 'google/gemini-4-argon', messages }));
    expect(JSON.stringify(provider.requests[1]?.body)).toContain('signature-of-the-thought');
  });
});
