export {
  EMBEDDER_DEFAULTS,
  EMBEDDER_KINDS,
  PROVIDER_DIMENSIONS,
  type EmbedderConfig,
  type EmbedderKind,
  type ProviderDimensions,
} from './config.ts';
export { EMBEDDING_DIMENSIONS, type Embedder, type EmbedderErrorClass } from './contract.ts';
export { createEmbedder } from './create-embedder.ts';
export { type EmbedderPorts } from './embedding-model.ts';
export { textOfRecord } from './text-of-record.ts';
