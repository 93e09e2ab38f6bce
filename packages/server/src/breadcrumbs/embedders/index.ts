export {
  EMBEDDER_DEFAULTS,
  EMBEDDER_KINDS,
  PROVIDER_DIMENSIONS,
  type EmbedderConfig,
  type EmbedderKind,
  type ProviderDimensions,
} from './config.ts';
export {
  EMBEDDING_DIMENSIONS,
  type Embedder,
  type EmbedderErrorClass,
  type EmbedderFault,
} from './contract.ts';
export { createEmbedder } from './create-embedder.ts';
export { type EmbedderPorts } from './embedding-model.ts';
export { splitWords } from './lexical/split-words.ts';
export { STOP_WORDS } from './lexical/stop-words.ts';
export { stemOf } from './lexical/weigh-features.ts';
export { textOfRecord } from './text-of-record.ts';
export { toUnitVector } from './unit-vector.ts';
