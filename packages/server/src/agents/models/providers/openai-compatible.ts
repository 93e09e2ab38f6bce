import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { ModelProvider } from '../language-model.ts';

/** Any server that speaks the chat completions wire: Ollama, LM Studio, vLLM, llama.cpp, a company's proxy. */
export const openaiCompatible: ModelProvider = {
  createLanguageModel: (config, model_id) =>
    createOpenAICompatible({
      name: 'openai-compatible',
      baseURL: config.base_urls?.['openai-compatible'] ?? config.openai_compatible_base_url ?? '',
      includeUsage: true,
      ...(config.openai_compatible_api_key ? { apiKey: config.openai_compatible_api_key } : {}),
    }).chatModel(model_id),
};
