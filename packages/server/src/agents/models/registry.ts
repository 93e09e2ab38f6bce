import type { ModelConfig } from './config.ts';
import type { ModelProvider } from './language-model.ts';
import type { ProviderName } from './provider-name.ts';

/** What is known of a provider without loading its library. */
export interface ProviderEntry {
  /** Its name for people. */
  readonly label: string;
  /** The settings that switch it on, for error messages. */
  readonly settings: string;
  /** A good general model of today, used when nobody chose; null when only the operator can know. */
  readonly default_model_id: string | null;
  isConfigured(config: ModelConfig): boolean;
  load(): Promise<ModelProvider>;
}

/**
 * Every provider: one line each. The libraries are loaded when first called, so that a start pays for none of them.
 */
// oxfmt-ignore
export const PROVIDERS: Readonly<Record<ProviderName, ProviderEntry>> = {
  openrouter: { label: 'OpenRouter', settings: 'OPENROUTER_API_KEY', default_model_id: 'openrouter/auto', isConfigured: (c) => Boolean(c.openrouter_api_key), load: async () => (await import('./providers/openrouter.ts')).openrouter },
  anthropic: { label: 'Anthropic', settings: 'ANTHROPIC_API_KEY', default_model_id: 'claude-sonnet-5-5', isConfigured: (c) => Boolean(c.anthropic_api_key), load: async () => (await import('./providers/anthropic.ts')).anthropic },
  openai: { label: 'OpenAI', settings: 'OPENAI_API_KEY', default_model_id: 'gpt-6-astra', isConfigured: (c) => Boolean(c.openai_api_key), load: async () => (await import('./providers/openai.ts')).openai },
  google: { label: 'Google', settings: 'GOOGLE_GENERATIVE_AI_API_KEY', default_model_id: 'gemini-4-argon', isConfigured: (c) => Boolean(c.google_api_key), load: async () => (await import('./providers/google.ts')).google },
  'openai-compatible': { label: 'The OpenAI-compatible server', settings: 'OPENAI_COMPATIBLE_BASE_URL', default_model_id: null, isConfigured: (c) => Boolean(c.openai_compatible_base_url), load: async () => (await import('./providers/openai-compatible.ts')).openaiCompatible },
  demo: { label: 'The demo model', settings: 'nothing', default_model_id: 'demo', isConfigured: () => true, load: async () => (await import('./providers/demo.ts')).demo },
};
