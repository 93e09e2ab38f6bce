import { splitWords, stemOf, STOP_WORDS, textOfRecord } from '../embedders/index.ts';
import type { Indexable } from './search-store.ts';

/** Words of a query that count; a longer one is a text, which its vector stands for better. */
const QUERY_WORDS_MAX = 24;
/** What a `tsvector` keeps: places of one word, and the last place. */
const PLACES_MAX = 255;
const LAST_PLACE = 16_383;

/**
 * The words of a record as a `tsvector` is written: those of the title weigh most (A), then those of the description and
 * the tags (B), then the context's. They are the same words that the lexical embedder sees, without case, accents and
 * endings, and do not depend on the locale of the database, as those of its own parser do.
 */
export function indexWords({ title, description, tags, context }: Indexable): string {
  const places = new Map<string, string[]>();
  let place = 0;
  const add = (text: string, weight: string) => {
    for (const lexeme of lexemesOf(text)) {
      place = Math.min(place + 1, LAST_PLACE);
      const known = places.get(lexeme);
      if (known === undefined) places.set(lexeme, [`${place}${weight}`]);
      else if (known.length < PLACES_MAX) known.push(`${place}${weight}`);
    }
  };
  add(title, 'A');
  add(`${description ?? ''} ${tags.join(' ')}`, 'B');
  add(textOfRecord({ title: '', context }), '');
  return [...places].map(([lexeme, list]) => `${quote(lexeme)}:${list.join(',')}`).join(' ');
}

/**
 * The words to look for, each as a `tsquery` is written. Words such as "the" and "how" are left out, since every record
 * has them, unless there are no others.
 */
export function queryWords(text: string): string[] {
  const telling = lexemesOf(text, (word) => !STOP_WORDS.has(word));
  const lexemes = telling.length > 0 ? telling : lexemesOf(text);
  return [...new Set(lexemes)].slice(0, QUERY_WORDS_MAX).map(quote);
}

function lexemesOf(text: string, is_wanted: (word: string) => boolean = () => true): string[] {
  const lexemes: string[] = [];
  for (const word of splitWords(text)) {
    if (word.is_dense) lexemes.push(...piecesOf(word.text));
    else if (is_wanted(word.text)) lexemes.push(stemOf(word.text));
  }
  return lexemes;
}

/** Where words have no spaces, neighbouring signs stand for words. */
function piecesOf(text: string): string[] {
  const signs = [...text];
  if (signs.length === 1) return signs;
  return signs.slice(1).map((sign, at) => `${signs[at] ?? ''}${sign}`);
}

function quote(lexeme: string): string {
  // Nearly none has such a sign, and to look is a fifth of the cost of replacing nothing.
  return `'${/['\\]/.test(lexeme) ? lexeme.replaceAll(/['\\]/g, '$&$&') : lexeme}'`;
}
