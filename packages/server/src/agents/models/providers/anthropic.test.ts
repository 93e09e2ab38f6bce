import { describeProvider } from '../provider.conformance.ts';
import { anthropicWire } from '../testing/anthropic-wire.ts';

describeProvider({
  name: 'anthropic',
  model_id: 'claude-sonnet-5-5',
  wire: anthropicWire,
  settings: (key, base_url) => ({ anthropic_api_key: key, base_urls: { anthropic: base_url } }),
});
