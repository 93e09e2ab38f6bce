import type { ProviderName } from './provider-name.ts';

/** Keys and limits of the model layer. The composition root fills it; null means not set. */
export interface ModelConfig {
  /** `provider/model-id` or `demo`. Null: the first configured provider's usual model, else `demo`. */
  readonly default_model: string | null;
  readonly openrouter_api_key: string | null;
  readonly anthropic_api_key: string | null;
  readonly openai_api_key: string | null;
  readonly google_api_key: string | null;
  /** Such as `http://localhost:11434/v1` for Ollama. */
  readonly openai_compatible_base_url: string | null;
  /** Many local servers need none. */
  readonly openai_compatible_api_key: string | null;
  /** Longest silence of a provider, in milliseconds. One attempt may last ten times as long in all. */
  readonly request_timeout_ms: number;
  /** Further attempts after the first. */
  readonly max_retries: number;
  /** How long the demo stand-in takes for a word, in milliseconds, so that people see it write; none when absent. */
  readonly demo_word_ms?: number;
  /** Other addresses of providers, for proxies and tests. */
  readonly base_urls?: Partial<Record<ProviderName, string>>;
}
