import type { Config } from './config.ts';

/** About as fast as a model writes. */
const DEMO_WORD_MS = 25;

/** What the models are made with. */
export function modelConfig({ agents }: Config) {
  const { model_timeout_s, model_retries, concurrency: _, model_prices: __, ...keys } = agents;
  return {
    ...keys,
    request_timeout_ms: model_timeout_s * 1_000,
    max_retries: model_retries,
    demo_word_ms: DEMO_WORD_MS,
  };
}
