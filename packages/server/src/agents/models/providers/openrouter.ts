import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import type { ModelProvider } from '../language-model.ts';

/** OpenRouter: one key for the models of many providers, on the chat completions wire. */
export const openrouter: ModelProvider = {
  createLanguageModel: (config, model_id) =>
    createOpenRouter({
      apiKey: config.openrouter_api_key ?? '',
      baseURL: config.base_urls?.openrouter ?? 'https://openrouter.ai/api/v1',
      // Without `strict` the usage of a streamed answer is not asked for.
      compatibility: 'strict',
    }).chat(model_id),
};
