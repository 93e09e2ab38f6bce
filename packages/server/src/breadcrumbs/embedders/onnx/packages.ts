import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../../base/index.ts';
import { EmbedderError } from '../contract.ts';

/**
 * The parts of the two libraries that are used here, written down so that the program is complete without them. A clone
 * has both, since its tests need them; an installation without development tools has the tokenizer and not the runtime,
 * which is large (140 MB), and its operator adds it when choosing this embedder.
 */
export interface TokenizerPackage {
  Tokenizer: new (tokenizer: object, config: object) => Tokenizer;
}

export interface Tokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
}

export interface RuntimePackage {
  InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<Session>;
  };
  Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => Tensor;
  env: { wasm: { numThreads?: number } };
}

export interface Tensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, Tensor>, fetches: string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** Where a package was found, and how the runtime is to be used. */
export interface LoadedPackages {
  readonly tokenizers: TokenizerPackage;
  readonly runtime: RuntimePackage;
  readonly execution_provider: 'cpu' | 'wasm';
}

const TOKENIZERS = '@huggingface/tokenizers';
/** The native one is several times faster; the one in WebAssembly runs everywhere. Their vectors are comparable. */
const RUNTIMES = [
  ['onnxruntime-node', 'cpu'],
  ['onnxruntime-web', 'wasm'],
] as const;

/**
 * Loads the tokenizer and the first runtime that is there.
 * @param folder one whose `node_modules` is looked in first, or null
 * @param from where else to look, as module URLs
 * @throws EmbedderError `not_configured`, which says what to install
 */
export async function loadPackages(
  folder: string | null,
  from: readonly string[] = [import.meta.url],
): Promise<LoadedPackages> {
  const places = [...(folder === null ? [] : [path.resolve(folder, 'from.js')]), ...from];
  const tokenizers = await load<TokenizerPackage>(TOKENIZERS, places);
  if (!tokenizers) throw missing(TOKENIZERS, folder);
  for (const [name, execution_provider] of RUNTIMES) {
    const runtime = await load<RuntimePackage>(name, places);
    if (runtime) return { tokenizers, runtime, execution_provider };
  }
  throw missing('onnxruntime-web', folder);
}

/** The package, or null when it is not installed. */
async function load<T>(name: string, places: readonly string[]): Promise<T | null> {
  const file = resolve(name, places);
  if (file === null) return null;
  try {
    const loaded: T & { default?: T } = await import(pathToFileURL(file).href);
    // A CommonJS module may show its exports as `default` only.
    return 'Tokenizer' in loaded || 'InferenceSession' in loaded
      ? loaded
      : (loaded.default ?? loaded);
  } catch (error) {
    throw new EmbedderError(
      'not_configured',
      `The package ${name} is installed but does not load on this machine: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function resolve(name: string, places: readonly string[]): string | null {
  for (const place of places) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // Not there: the next place.
    }
  }
  return null;
}

function missing(name: string, folder: string | null): EmbedderError {
  const command =
    folder === null
      ? `npm install --no-save ${name}`
      : `npm install --prefix ${folder} ${TOKENIZERS} onnxruntime-web`;
  return new EmbedderError(
    'not_configured',
    `The embedder "onnx" needs the package ${name}, which is not installed. Type "${command}" and start again, or set EMBEDDER=lexical.`,
  );
}
