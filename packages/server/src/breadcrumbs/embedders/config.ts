export const EMBEDDER_KINDS = ['lexical', 'onnx', 'provider'] as const;

/**
 * `lexical` compares spelling and needs nothing; `onnx` runs a sentence encoder on this machine; `provider` asks an
 * OpenAI-compatible server.
 */
export type EmbedderKind = (typeof EMBEDDER_KINDS)[number];

/**
 * How a provider's model comes to 384 numbers. `request`: it is asked for 384, as OpenAI's third generation, Ollama and
 * most others understand. `native`: it has 384 of itself and its server does not know the parameter. `truncate`: the
 * first 384 are taken and made a unit vector again, which is right only for models documented as Matryoshka.
 */
export const PROVIDER_DIMENSIONS = ['request', 'native', 'truncate'] as const;
export type ProviderDimensions = (typeof PROVIDER_DIMENSIONS)[number];

/** Which embedder, and its limits. The composition root fills it; null means not set. */
export interface EmbedderConfig {
  readonly kind: EmbedderKind;
  /** Most texts of one run of the model or one request. */
  readonly batch_size: number;
  /** Longest wait for one answer of the provider, and longest silence of the hub, in milliseconds. */
  readonly timeout_ms: number;
  /** Further attempts after a request to the provider that may succeed later. */
  readonly max_retries: number;

  /**
   * `onnx`: a folder with `tokenizer.json` and `model.onnx` (there or in `onnx/`), or a model of the hub as
   * `owner/name` or `owner/name@revision`, which is downloaded once.
   */
  readonly onnx_model: string | null;
  /** Where downloaded models are kept. */
  readonly onnx_cache_folder: string | null;
  /** Another address of the hub, for mirrors and tests. */
  readonly onnx_hub_url: string | null;
  /** A folder whose `node_modules` holds the tokenizer and the runtime; null: where Node finds them from here. */
  readonly onnx_packages_folder: string | null;

  /** Such as `https://api.openai.com/v1` or `http://localhost:11434/v1`; `/embeddings` is added. */
  readonly provider_base_url: string | null;
  /** Many local servers need none. */
  readonly provider_api_key: string | null;
  /** The model as the provider names it. */
  readonly provider_model: string | null;
  readonly provider_dimensions: ProviderDimensions;
}

/** What `kind` alone leaves open. */
export const EMBEDDER_DEFAULTS = {
  kind: 'lexical',
  batch_size: 32,
  timeout_ms: 30_000,
  max_retries: 3,
  onnx_model: null,
  onnx_cache_folder: null,
  onnx_hub_url: null,
  onnx_packages_folder: null,
  provider_base_url: null,
  provider_api_key: null,
  provider_model: null,
  provider_dimensions: 'request',
} as const satisfies EmbedderConfig;
