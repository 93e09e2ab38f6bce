import type { ModelSettings } from './read-settings.ts';

/** What a model said of a batch: a vector for each token of each text, one after the other. */
export interface TokenVectors {
  readonly data: Float32Array;
  /** Texts, tokens of each, numbers of each token. */
  readonly dims: readonly [number, number, number];
}

/**
 * One vector for each text. `lengths` are the tokens that each text really has: what follows is padding, which takes
 * no part.
 */
export function poolTokens(
  { data, dims }: TokenVectors,
  lengths: readonly number[],
  pooling: ModelSettings['pooling'],
): Float64Array[] {
  const [, tokens, width] = dims;
  return lengths.map((length, text) => {
    const sum = new Float64Array(width);
    const counted = pooling === 'first' ? 1 : length;
    for (let token = 0; token < counted; token += 1) {
      const start = (text * tokens + token) * width;
      for (let at = 0; at < width; at += 1) sum[at] = (sum[at] ?? 0) + (data[start + at] ?? 0);
    }
    return sum.map((value) => value / counted);
  });
}
