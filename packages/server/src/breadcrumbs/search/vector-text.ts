/** A vector as pgvector reads it. */
export function toText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}
