import { createAnthropic } from '@ai-sdk/anthropic';
import type { ModelProvider } from '../language-model.ts';

/** Anthropic, on its messages wire. */
export const anthropic: ModelProvider = {
  createLanguageModel: (config, model_id) =>
    createAnthropic({
      apiKey: config.anthropic_api_key ?? '',
      baseURL: config.base_urls?.anthropic ?? 'https://api.anthropic.com/v1',
    }).languageModel(model_id),
};
