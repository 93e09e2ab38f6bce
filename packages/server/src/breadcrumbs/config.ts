import { choiceSetting, integerSetting, textSetting } from '../base/index.ts';
import { EMBEDDER_DEFAULTS, EMBEDDER_KINDS, PROVIDER_DIMENSIONS } from './embedders/index.ts';

/** Which embedder search uses, and its limits. */
export const SEARCH_SETTINGS = {
  kind: choiceSetting({
    env: 'EMBEDDER',
    description:
      'How search compares meaning: lexical (spelling, nothing to download), onnx (a sentence encoder on this machine) or provider.',
    fallback: EMBEDDER_DEFAULTS.kind,
    choices: EMBEDDER_KINDS,
  }),
  batch_size: integerSetting({
    env: 'EMBEDDER_BATCH_SIZE',
    description: 'Texts embedded at once.',
    fallback: EMBEDDER_DEFAULTS.batch_size,
    min: 1,
    max: 1_000,
  }),
  timeout_s: integerSetting({
    env: 'EMBEDDER_TIMEOUT_SECONDS',
    description: 'Longest wait for an embedding.',
    fallback: EMBEDDER_DEFAULTS.timeout_ms / 1_000,
    min: 1,
    max: 600,
  }),
  max_retries: integerSetting({
    env: 'EMBEDDER_RETRIES',
    description: 'Further attempts after one that may succeed later.',
    fallback: EMBEDDER_DEFAULTS.max_retries,
    min: 0,
    max: 10,
  }),
  onnx_model: textSetting({
    env: 'ONNX_MODEL',
    description:
      'A folder with tokenizer.json and model.onnx, or a model of the hub as owner/name.',
    fallback: null,
  }),
  onnx_hub_url: textSetting({
    env: 'ONNX_HUB_URL',
    description: 'Another address of the hub.',
    fallback: null,
  }),
  onnx_packages_folder: textSetting({
    env: 'ONNX_PACKAGES_FOLDER',
    description: 'A folder whose node_modules holds the tokenizer and the ONNX runtime.',
    fallback: null,
  }),
  provider_base_url: textSetting({
    env: 'EMBEDDINGS_BASE_URL',
    description: 'Any server with OpenAI-compatible embeddings.',
    fallback: null,
  }),
  provider_api_key: textSetting({
    env: 'EMBEDDINGS_API_KEY',
    description: 'API key of that server, where it wants one.',
    fallback: null,
    is_secret: true,
  }),
  provider_model: textSetting({
    env: 'EMBEDDINGS_MODEL',
    description: 'The embedding model, as that server names it.',
    fallback: null,
  }),
  provider_dimensions: choiceSetting({
    env: 'EMBEDDINGS_DIMENSIONS',
    description:
      'How its vectors come to 384 numbers: request, native, or truncate (for Matryoshka models only).',
    fallback: EMBEDDER_DEFAULTS.provider_dimensions,
    choices: PROVIDER_DIMENSIONS,
  }),
};
