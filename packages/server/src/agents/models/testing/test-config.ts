import { systemClock, type Clock } from '../../../base/index.ts';
import type { ModelConfig } from '../config.ts';
import type { ModelCall } from '../contract.ts';

/** A configuration with nothing set. */
export function emptyConfig(): ModelConfig {
  return {
    default_model: null,
    openrouter_api_key: null,
    anthropic_api_key: null,
    openai_api_key: null,
    google_api_key: null,
    openai_compatible_base_url: null,
    openai_compatible_api_key: null,
    request_timeout_ms: 10_000,
    max_retries: 0,
  };
}

/** A call with one question and nothing else, but for what is given. */
export function callOf(call: Partial<ModelCall> & { model: string }): ModelCall {
  return {
    messages: [{ role: 'user', content: 'What is 17% of 2340?' }],
    tools: [],
    signal: new AbortController().signal,
    ...call,
  };
}

/** The machine's clock, but waits are written down and over at once. */
export function impatientClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    ...systemClock,
    waits,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
}
