import { integerSetting, textSetting, type Setting } from '../base/index.ts';
import { readPrices, type Price } from './price-answer.ts';

const key = (env: string, provider: string) =>
  textSetting({ env, description: `API key of ${provider}.`, fallback: null, is_secret: true });

export const AGENTS_SETTINGS = {
  default_model: textSetting({
    env: 'MODEL',
    description:
      'Model of agents that name none, as provider/model, or demo. Default: that of the first provider with a key, else demo.',
    fallback: null,
  }),
  openrouter_api_key: key('OPENROUTER_API_KEY', 'OpenRouter'),
  anthropic_api_key: key('ANTHROPIC_API_KEY', 'Anthropic'),
  openai_api_key: key('OPENAI_API_KEY', 'OpenAI'),
  google_api_key: key('GOOGLE_GENERATIVE_AI_API_KEY', 'Google'),
  openai_compatible_base_url: textSetting({
    env: 'OPENAI_COMPATIBLE_BASE_URL',
    description:
      'Any server that speaks the OpenAI wire, such as http://localhost:11434/v1 for Ollama.',
    fallback: null,
  }),
  openai_compatible_api_key: key('OPENAI_COMPATIBLE_API_KEY', 'that server, where it wants one'),
  model_timeout_s: integerSetting({
    env: 'MODEL_TIMEOUT_SECONDS',
    description: 'Longest silence of a provider.',
    fallback: 60,
    min: 1,
    max: 3_600,
  }),
  model_retries: integerSetting({
    env: 'MODEL_RETRIES',
    description: 'Further attempts after a model call that may succeed later.',
    fallback: 2,
    min: 0,
    max: 10,
  }),
  model_prices: {
    env: 'MODEL_PRICES',
    description:
      'Prices where a provider tells none, for budgets in money: provider/model=input/output@date, comma separated, in US dollars for a million tokens.',
    fallback: [],
    is_secret: false,
    read: readPrices,
  } satisfies Setting<readonly Price[]>,
  concurrency: integerSetting({
    env: 'AGENT_CONCURRENCY',
    description: 'Runs that one process works on at the same time.',
    fallback: 16,
    min: 1,
    max: 1_000,
  }),
};
