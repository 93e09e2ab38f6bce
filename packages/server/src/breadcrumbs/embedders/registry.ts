import type { EmbedderConfig, EmbedderKind } from './config.ts';
import type { EmbeddingModel, ModelPorts } from './embedding-model.ts';

/** What is known of a kind of embedder without loading it. */
export interface EmbedderEntry {
  /** Its name for people. */
  readonly label: string;
  open(config: EmbedderConfig, ports: ModelPorts): Promise<EmbeddingModel>;
}

/** Every kind: one line each. Its code and its libraries are loaded when it is opened, and not before. */
// oxfmt-ignore
export const EMBEDDERS: Readonly<Record<EmbedderKind, EmbedderEntry>> = {
  lexical: { label: 'Spelling (built in)', open: async (_config, ports) => (await import('./lexical/lexical.ts')).openLexical(ports) },
  onnx: { label: 'ONNX sentence encoder', open: async (config, ports) => (await import('./onnx/onnx.ts')).openOnnx(config, ports) },
  provider: { label: 'OpenAI-compatible provider', open: async (config, ports) => (await import('./provider/provider.ts')).openProvider(config, ports) },
};
