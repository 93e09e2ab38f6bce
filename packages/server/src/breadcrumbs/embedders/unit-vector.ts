import { EMBEDDING_DIMENSIONS, EmbedderError } from './contract.ts';

/**
 * The vector at length 1, as 32-bit numbers.
 * @throws EmbedderError when it has another width, a number that is not finite, or no direction
 */
export function toUnitVector(row: ArrayLike<number>): Float32Array {
  if (row.length !== EMBEDDING_DIMENSIONS) {
    throw new EmbedderError(
      'wrong_dimensions',
      `A vector of ${row.length} numbers came; expected ${EMBEDDING_DIMENSIONS}.`,
    );
  }
  // Divided by the largest first: squares of very large or small numbers would leave the range of a double.
  let largest = 0;
  for (let index = 0; index < row.length; index += 1) {
    largest = Math.max(largest, Math.abs(row[index] ?? Number.NaN));
  }
  if (!Number.isFinite(largest) || largest === 0) {
    throw new EmbedderError(
      'malformed_answer',
      'A vector came that is all zero or holds a number that is not finite: it points nowhere.',
    );
  }
  let squares = 0;
  for (let index = 0; index < row.length; index += 1) squares += ((row[index] ?? 0) / largest) ** 2;
  const length = Math.sqrt(squares);
  return Float32Array.from(row, (value) => value / largest / length);
}

/**
 * The vector of a text without anything to read: the same share of every dimension. Real texts point anywhere but
 * there, and a vector of zeros would have no cosine at all.
 */
export function blankVector(): Float32Array {
  return new Float32Array(EMBEDDING_DIMENSIONS).fill(1 / Math.sqrt(EMBEDDING_DIMENSIONS));
}
