import { EMBEDDING_DIMENSIONS } from '../contract.ts';

/**
 * Dimensions that one feature is spread over. With one, two features that meet by chance look like the same word;
 * with four, a chance meeting is a quarter as loud. More costs time and gained nothing measurable.
 */
const SPREAD = 4;

/**
 * Adds features to a vector by the signed hashing trick: each feature has four dimensions and signs of its own, drawn
 * by hash, so that different features cancel out on average. Whole numbers and additions only: the same everywhere.
 */
export function hashFeatures(features: ReadonlyMap<string, number>): Float64Array {
  const vector = new Float64Array(EMBEDDING_DIMENSIONS);
  for (const [feature, weight] of features) {
    let hash = hashText(feature);
    for (let part = 0; part < SPREAD; part += 1) {
      hash = mix(hash + 0x9e3779b9);
      const dimension = (hash >>> 1) % EMBEDDING_DIMENSIONS;
      vector[dimension] = (vector[dimension] ?? 0) + (hash & 1 ? weight : -weight);
    }
  }
  return vector;
}

/** FNV-1a over UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}

/** The end of MurmurHash3: every bit of the number moves every bit of the answer. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
