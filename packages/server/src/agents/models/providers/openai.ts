import { createOpenAI } from '@ai-sdk/openai';
import type { ModelProvider } from '../language-model.ts';

/** OpenAI, on its responses wire. */
export const openai: ModelProvider = {
  createLanguageModel: (config, model_id) =>
    createOpenAI({
      apiKey: config.openai_api_key ?? '',
      baseURL: config.base_urls?.openai ?? 'https://api.openai.com/v1',
    }).responses(model_id),
  // The conversation is ours to keep: nothing is left with OpenAI to be referred to later.
  provider_options: { openai: { store: false } },
};
