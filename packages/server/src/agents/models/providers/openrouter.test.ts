import { describeProvider } from '../provider.conformance.ts';
import { chatCompletionsWire } from '../testing/chat-completions-wire.ts';

describeProvider({
  name: 'openrouter',
  model_id: 'some-maker/some-model',
  wire: chatCompletionsWire,
  settings: (key, base_url) => ({ openrouter_api_key: key, base_urls: { openrouter: base_url } }),
});
