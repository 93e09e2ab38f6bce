import { describeProvider } from '../provider.conformance.ts';
import { chatCompletionsWire } from '../testing/chat-completions-wire.ts';

describeProvider({
  name: 'openai-compatible',
  model_id: 'llama',
  wire: chatCompletionsWire,
  settings: (key, base_url) => ({
    openai_compatible_base_url: base_url,
    openai_compatible_api_key: key,
  }),
});
