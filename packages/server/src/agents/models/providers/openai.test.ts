import { describe, expect, it } from 'vitest';
import { createModelGateway } from '../model-gateway.ts';
import { describeProvider } from '../provider.conformance.ts';
import { startFakeProvider } from '../testing/fake-provider.ts';
import { responsesWire } from '../testing/responses-wire.ts';
import { callOf, emptyConfig } from '../testing/test-config.ts';

describeProvider({
  name: 'openai',
  model_id: 'gpt-6-astra',
  wire: responsesWire,
  settings: (key, base_url) => ({ openai_api_key: key, base_urls: { openai: base_url } }),
});

describe('the openai provider', () => {
  it('leaves nothing of the conversation with OpenAI', async () => {
    await using provider = await startFakeProvider(responsesWire, [
      { kind: 'answer', text: ['Hi'] },
    ]);
    const base_urls = { openai: provider.base_url };
    const gateway = createModelGateway({ ...emptyConfig(), openai_api_key: 'k', base_urls });
    await gateway.call(callOf({ model: 'openai/gpt-6-astra' }));
    expect(provider.requests[0]?.url).toBe('/v1/responses');
    expect(provider.requests[0]?.body['store']).toBe(false);
  });
});
