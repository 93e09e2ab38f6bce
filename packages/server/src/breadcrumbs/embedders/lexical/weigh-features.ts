import { splitWords, type Word } from './split-words.ts';
import { STOP_WORDS } from './stop-words.ts';

const WORD = 1;
const PAIR = 0.2;
/**
 * All pieces of one word together, against the whole word. Measured on short, long and many documents: less of them
 * loses typing errors in the noise of 384 dimensions; pieces of four and five letters too add more noise than they find.
 */
const PIECES = 2;
const PIECE_LETTERS = 3;
const STOP_WORD = 0.05;
/** Short words are common, long ones rare; without a corpus, length is all that is known of rarity. */
const SHORT = [0, 0.4, 0.5, 0.75] as const;
/** Endings of plurals and cases in English, German and French, cut from the whole word when enough is left. */
const ENDING = /(?:ies|es|en|er|em|e|s|n|y)$/;
const STEM_CHARS_MIN = 4;
const PICTOGRAPH = /^\p{Extended_Pictographic}$/u;

/**
 * What a text is about, spelled out: whole words, neighbouring words, and the pieces of three letters that survive
 * typing errors and endings. A feature that comes n times weighs as much as the root of n.
 */
export function weighFeatures(text: string): Map<string, number> {
  const sums = new Map<string, { weight: number; count: number }>();
  const add = (feature: string, weight: number) => {
    const sum = sums.get(feature);
    if (sum) {
      sum.weight += weight;
      sum.count += 1;
    } else sums.set(feature, { weight, count: 1 });
  };
  let before: string | undefined;
  for (const word of splitWords(text)) {
    if (word.is_dense) {
      addDense(word, add);
      before = undefined;
      continue;
    }
    if (STOP_WORDS.has(word.text)) {
      add(`w${word.text}`, STOP_WORD);
      continue;
    }
    const stem = stemOf(word.text);
    addWord(word.text, stem, add);
    if (before !== undefined) add(`p${before} ${stem}`, PAIR);
    before = stem;
  }
  const weights = new Map<string, number>();
  for (const [feature, { weight, count }] of sums) weights.set(feature, weight / Math.sqrt(count));
  return weights;
}

type Add = (feature: string, weight: number) => void;

/** The word without its ending. */
export function stemOf(word: string): string {
  const stem = word.replace(ENDING, '');
  return stem.length >= STEM_CHARS_MIN ? stem : word;
}

function addWord(word: string, stem: string, add: Add): void {
  const letters = [...word];
  // A pictograph is one sign and a whole word.
  const rarity = PICTOGRAPH.test(word) ? 1 : (SHORT[letters.length] ?? 1);
  add(`w${stem}`, WORD * rarity);
  // 2340 and 2341 share their letters and nothing else.
  if (letters.length < 3 || /^\p{N}+$/u.test(word)) return;
  const framed = ['<', ...letters, '>'];
  const pieces: string[] = [];
  for (let start = 0; start + PIECE_LETTERS <= framed.length; start += 1) {
    pieces.push(framed.slice(start, start + PIECE_LETTERS).join(''));
  }
  const weight = (PIECES * rarity) / Math.sqrt(pieces.length);
  for (const piece of pieces) add(`c${piece}`, weight);
}

/** Where words have no spaces, single signs and pairs of them stand for words. */
function addDense({ text }: Word, add: Add): void {
  const signs = [...text];
  for (const [index, sign] of signs.entries()) {
    add(`d${sign}`, 0.4);
    const next = signs[index + 1];
    if (next !== undefined) add(`d${sign}${next}`, 1);
  }
}
