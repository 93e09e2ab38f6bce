import { createGoogle } from '@ai-sdk/google';
import type { ModelProvider } from '../language-model.ts';

/** Google's Gemini models. */
export const google: ModelProvider = {
  createLanguageModel: (config, model_id) =>
    createGoogle({
      apiKey: config.google_api_key ?? '',
      baseURL: config.base_urls?.google ?? 'https://generativelanguage.googleapis.com/v1beta',
    }).languageModel(model_id),
};
