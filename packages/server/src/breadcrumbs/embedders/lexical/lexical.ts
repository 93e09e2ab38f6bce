import type { EmbeddingModel, ModelPorts } from '../embedding-model.ts';
import { blankVector } from '../unit-vector.ts';
import { hashFeatures } from './hash-features.ts';
import { weighFeatures } from './weigh-features.ts';

/** Raise it with any change that moves vectors: stored ones are then made anew. */
const VERSION = 1;
/** Longer texts have so many features that one more says nothing; it also bounds the time that one text takes. */
const CHARS_MAX = 8_192;
/** Texts of other subjects share a few pieces of words: nineteen in twenty are less alike than this. */
const NOISE = 0.15;
/** Longest work between two turns of other tasks, in milliseconds. */
const TURN_MS = 8;

/**
 * The embedder that is always there: it compares spelling, not meaning. It finds typing errors, plurals and related
 * forms, in any language, and no synonyms.
 */
export function openLexical({ clock }: ModelPorts): EmbeddingModel {
  return {
    name: `lexical:${VERSION}`,
    sends_text_away: false,
    is_immediate: true,
    noise: NOISE,
    max_chars: CHARS_MAX,
    max_batch: Number.MAX_SAFE_INTEGER,
    async embedBatch(texts, signal) {
      const rows: ArrayLike<number>[] = [];
      let turn_began = clock.now();
      for (const text of texts) {
        rows.push(vectorOf(text));
        if (clock.now() - turn_began < TURN_MS) continue;
        // It runs on the thread that also answers requests.
        await new Promise(setImmediate);
        turn_began = clock.now();
        // Whoever stopped gets the reason from the guard; what is half done is dropped.
        if (signal.aborted) break;
      }
      return rows;
    },
    async close() {},
  };
}

function vectorOf(text: string): ArrayLike<number> {
  const vector = hashFeatures(weighFeatures(text));
  // Punctuation alone has no features, and features may cancel out.
  return vector.some((value) => value !== 0) ? vector : blankVector();
}
