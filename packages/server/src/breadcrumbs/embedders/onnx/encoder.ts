import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../base/index.ts';
import { EMBEDDING_DIMENSIONS, EmbedderError } from '../contract.ts';
import { groupByLength } from './group-by-length.ts';
import type { LocatedModel } from './locate-model.ts';
import { loadPackages, type RuntimePackage, type Session, type Tokenizer } from './packages.ts';
import { poolTokens } from './pool-tokens.ts';
import { readFields, readSettings, type ModelSettings } from './read-settings.ts';

/** A sentence encoder in memory. It works on the thread that calls it, for as long as a batch takes. */
export interface Encoder {
  /** Of the model and all that decides its vectors: 12 hexadecimal digits. */
  readonly fingerprint: string;
  readonly max_tokens: number;
  encode(texts: readonly string[]): Promise<ArrayLike<number>[]>;
}

/** What every text gets around its own tokens. */
interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const INPUTS = new Set(['input_ids', 'attention_mask', 'token_type_ids']);
/** Outputs by the names that exporters give them, the best first: one is pooled already. */
const OUTPUTS = ['sentence_embedding', 'last_hidden_state', 'token_embeddings'];

/**
 * Loads a model and tries it once.
 * @throws EmbedderError `not_configured` or `wrong_dimensions`
 */
export async function loadEncoder(
  model: LocatedModel,
  packages_folder: string | null,
): Promise<Encoder> {
  const { tokenizers, runtime, execution_provider } = await loadPackages(packages_folder);
  const tokenizer_json = await readFields(path.join(model.folder, 'tokenizer.json'));
  const tokenizer_config = await readFields(path.join(model.folder, 'tokenizer_config.json'));
  const settings = await readSettings(model.folder, tokenizer_json);
  try {
    const bytes = await fs.readFile(model.model_file);
    if (bytes.subarray(0, 40).toString('latin1').startsWith('version https://git-lfs')) {
      throw new Error('it is a pointer of Git LFS: run "git lfs pull" in its folder');
    }
    const tokenizer = new tokenizers.Tokenizer(tokenizer_json, tokenizer_config);
    // One thread: search shares the machine with everything else.
    runtime.env.wasm.numThreads = 1;
    const session = await runtime.InferenceSession.create(bytes, {
      executionProviders: [execution_provider],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      // Its faults come back as errors; on stderr they would break the log.
      logSeverityLevel: 4,
    });
    const encoder = new LoadedEncoder(tokenizer, session, runtime, settings, [
      bytes,
      JSON.stringify([tokenizer_json, tokenizer_config, settings]),
    ]);
    const [probe] = await encoder.encode(['probe']);
    checkWidth(probe?.length ?? 0, model);
    return encoder;
  } catch (error) {
    if (error instanceof EmbedderError) throw error;
    throw unusable(model, messageOf(error));
  }
}

function checkWidth(width: number, model: LocatedModel): void {
  if (width === EMBEDDING_DIMENSIONS) return;
  throw new EmbedderError(
    'wrong_dimensions',
    `The model ${model.label} makes vectors of ${width} dimensions; search keeps ${EMBEDDING_DIMENSIONS}. Choose one with ${EMBEDDING_DIMENSIONS}, such as sentence-transformers/all-MiniLM-L6-v2.`,
  );
}

function unusable(model: LocatedModel, reason: string): EmbedderError {
  return new EmbedderError(
    'not_configured',
    `The model ${model.label} (${model.model_file}) cannot be used: ${reason}`,
  );
}

class LoadedEncoder implements Encoder {
  readonly fingerprint: string;
  readonly max_tokens: number;
  readonly #tokenizer: Tokenizer;
  readonly #session: Session;
  readonly #runtime: RuntimePackage;
  readonly #settings: ModelSettings;
  readonly #output: string;
  readonly #frame: Frame;

  constructor(
    tokenizer: Tokenizer,
    session: Session,
    runtime: RuntimePackage,
    settings: ModelSettings,
    identity: readonly (string | Uint8Array)[],
  ) {
    const strange = session.inputNames.filter((name) => !INPUTS.has(name));
    if (strange.length > 0) {
      throw new Error(`it wants ${strange.join(', ')}, which a sentence encoder does not`);
    }
    const output =
      OUTPUTS.find((name) => session.outputNames.includes(name)) ?? session.outputNames[0];
    if (output === undefined) throw new Error('it has no output');
    this.#tokenizer = tokenizer;
    this.#session = session;
    this.#runtime = runtime;
    this.#settings = settings;
    this.#output = output;
    this.#frame = frameOf(tokenizer);
    this.max_tokens = settings.max_tokens;
    const hash = createHash('sha256');
    for (const part of identity) hash.update(part);
    this.fingerprint = hash.digest('hex').slice(0, 12);
  }

  async encode(texts: readonly string[]): Promise<ArrayLike<number>[]> {
    const tokens = texts.map((text) => this.#tokensOf(text));
    const vectors: ArrayLike<number>[] = [];
    for (const group of groupByLength(tokens.map((each) => each.length))) {
      const made = await this.#run(group.map((at) => tokens[at] ?? []));
      for (const [place, at] of group.entries()) vectors[at] = made[place] ?? [];
    }
    return vectors;
  }

  async #run(rows: readonly number[][]): Promise<ArrayLike<number>[]> {
    const lengths = rows.map((row) => row.length);
    const tokens = Math.max(...lengths);
    const shape = [rows.length, tokens];
    const ids = new BigInt64Array(rows.length * tokens);
    const mask = new BigInt64Array(rows.length * tokens);
    for (const [text, row] of rows.entries()) {
      for (const [at, id] of row.entries()) {
        ids[text * tokens + at] = BigInt(id);
        mask[text * tokens + at] = 1n;
      }
    }
    const { Tensor } = this.#runtime;
    const inputs = {
      input_ids: new Tensor('int64', ids, shape),
      attention_mask: new Tensor('int64', mask, shape),
      token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), shape),
    };
    const wanted = Object.entries(inputs).filter(([name]) =>
      this.#session.inputNames.includes(name),
    );
    const outputs = await this.#session.run(Object.fromEntries(wanted), [this.#output]);
    return this.#vectorsOf(outputs[this.#output], lengths, tokens);
  }

  /** Cut between the special tokens, so that a long text ends as a short one does. */
  #tokensOf(text: string): number[] {
    const { before, after } = this.#frame;
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: false });
    const room = Math.max(0, this.max_tokens - before.length - after.length);
    return [...before, ...ids.slice(0, room), ...after];
  }

  #vectorsOf(
    output: { data: unknown; dims: readonly number[] } | undefined,
    lengths: readonly number[],
    tokens: number,
  ): ArrayLike<number>[] {
    const { data, dims = [] } = output ?? {};
    if (!(data instanceof Float32Array)) {
      throw new Error(
        'its output is not in 32-bit numbers: choose the model.onnx in full precision',
      );
    }
    const [texts, second = 0, width = 0] = dims;
    if (dims.length === 2 && texts === lengths.length) {
      return lengths.map((_, at) => data.subarray(at * second, (at + 1) * second));
    }
    if (dims.length !== 3 || texts !== lengths.length || second !== tokens) {
      throw new Error(
        `its output has the shape [${dims.join(', ')}], which is not one of sentences`,
      );
    }
    return poolTokens({ data, dims: [texts, second, width] }, lengths, this.#settings.pooling);
  }
}

/** Finds the special tokens by what they stand around. */
function frameOf(tokenizer: Tokenizer): Frame {
  const bare = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const framed = tokenizer.encode('a', { add_special_tokens: true }).ids;
  const start = framed.findIndex((_, at) => bare.every((id, next) => framed[at + next] === id));
  if (bare.length === 0 || start < 0) return { before: framed, after: [] };
  return { before: framed.slice(0, start), after: framed.slice(start + bare.length) };
}
