import fs from 'node:fs/promises';
import path from 'node:path';

/** How a model wants to be used, as the files beside it say. */
export interface ModelSettings {
  /** The most tokens of one text, with the special ones. */
  readonly max_tokens: number;
  /** One vector from those of all tokens: their mean, or that of the first token. */
  readonly pooling: 'mean' | 'first';
}

/** MiniLM's, for models whose files say nothing. */
const MAX_TOKENS_DEFAULT = 256;
/** Attention takes quadratic time: no text is read further, whatever the model could do. */
const MAX_TOKENS_MAX = 512;

/** Reads the settings of the model in `folder`. What is missing or makes no sense counts as not said. */
export async function readSettings(folder: string, tokenizer: object): Promise<ModelSettings> {
  const encoder = await readFields(path.join(folder, 'sentence_bert_config.json'));
  const pooling = await readFields(path.join(folder, '1_Pooling', 'config.json'));
  const config = await readFields(path.join(folder, 'tokenizer_config.json'));
  const truncation = fieldsOf(fieldsOf(tokenizer)['truncation']);
  const said = [encoder['max_seq_length'], truncation['max_length'], config['model_max_length']];
  const max_tokens =
    said.find(
      (each): each is number => typeof each === 'number' && each >= 4 && each <= 1_000_000,
    ) ?? MAX_TOKENS_DEFAULT;
  return {
    max_tokens: Math.min(Math.floor(max_tokens), MAX_TOKENS_MAX),
    pooling: pooling['pooling_mode_cls_token'] === true ? 'first' : 'mean',
  };
}

/** The object in a JSON file, empty when there is none. */
export async function readFields(file: string): Promise<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(await fs.readFile(file, 'utf8')));
  } catch {
    return {};
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
