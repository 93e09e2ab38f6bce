import fs from 'node:fs/promises';
import path from 'node:path';
import { writeModel } from './onnx-protobuf.ts';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');

/** Every token of the tiny model, by number: letters, letters within a word, and a few whole words. */
export const VOCABULARY: readonly string[] = [
  ...SPECIAL,
  ...LETTERS,
  ...LETTERS.map((letter) => `##${letter}`),
  ...['the', 'cat', 'dog', 'sat', 'on', 'mat', '##s', 'rain', 'sun'].filter(
    (word) => !LETTERS.some((letter) => word === `##${letter}`),
  ),
];

export interface TinyModel {
  readonly width?: number;
  /** Limit in `sentence_bert_config.json`, with the special tokens; absent is none. */
  readonly max_seq_length?: number;
  readonly pooling?: 'mean' | 'first';
  /** Where in the folder the model is. */
  readonly place?: string;
  readonly has_token_types?: boolean;
  /** Another tensor than the usual ones that the model asks for. */
  readonly strange_input?: string;
}

/** The vector of a token: any numbers will do that differ and are not too large. The padding's is not zero. */
export function tokenVector(id: number, width = 384): Float32Array {
  return Float32Array.from({ length: width }, (_, at) => Math.sin((id + 1) * 12.9898 + at * 0.731));
}

/** Writes tokenizer.json, the settings and model.onnx, which looks each token up in a table and does no more. */
export async function writeTinyModel(folder: string, options: TinyModel = {}): Promise<void> {
  const { width = 384, max_seq_length, pooling = 'mean', place = 'model.onnx' } = options;
  const table = new Float32Array(VOCABULARY.length * width);
  for (const id of VOCABULARY.keys()) table.set(tokenVector(id, width), id * width);
  const ids = (name: string) => ({ name, type: 'int64' as const, dims: ['batch', 'tokens'] });
  const names = [
    'input_ids',
    'attention_mask',
    ...(options.has_token_types ? ['token_type_ids'] : []),
    ...(options.strange_input === undefined ? [] : [options.strange_input]),
  ];
  const model = writeModel({
    table: { name: 'table', dims: [VOCABULARY.length, width], data: table },
    node: { op: 'Gather', inputs: ['table', 'input_ids'], output: 'last_hidden_state' },
    inputs: names.map(ids),
    output: { name: 'last_hidden_state', type: 'float', dims: ['batch', 'tokens', width] },
  });
  const write = async (file: string, content: string | Buffer) => {
    await fs.mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await fs.writeFile(path.join(folder, file), content);
  };
  await write('tokenizer.json', JSON.stringify(tokenizerJson()));
  await write(place, model);
  if (max_seq_length !== undefined) {
    await write('sentence_bert_config.json', JSON.stringify({ max_seq_length }));
  }
  if (pooling === 'first') {
    await write('1_Pooling/config.json', JSON.stringify({ pooling_mode_cls_token: true }));
  }
}

/** A tokenizer as BERT has it: lower case, words cut into the longest pieces that the vocabulary knows. */
function tokenizerJson(): object {
  const special = (id: string, number: number) => ({ id, ids: [number], tokens: [id] });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: { '[CLS]': special('[CLS]', 2), '[SEP]': special('[SEP]', 3) },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
    },
  };
}
