/** Characters of a text that are compared: who repeats that much says the same. */
const COMPARED_CHARS = 4_000;
/** Words that are compared as one. */
const SHINGLE_WORDS = 3;

export interface Comparable {
  readonly text: string;
  /** Whether it stays although its text was there before, as turns of a conversation do ("yes" may be said twice). */
  readonly is_kept_if_similar?: boolean;
}

/**
 * Leaves out what says nearly the same as something before it. Likeness is the part of all runs of three words that both
 * have (Jaccard), from 0 to 1.
 */
export function dropDuplicates<T extends Comparable>(
  items: readonly T[],
  threshold: number,
): { kept: T[]; dropped: T[] } {
  const kept: { item: T; shingles: ReadonlySet<string> }[] = [];
  const dropped: T[] = [];
  for (const item of items) {
    const shingles = shinglesOf(item.text);
    const is_similar =
      !item.is_kept_if_similar &&
      kept.some((other) => areAlike(shingles, other.shingles, threshold));
    if (is_similar) dropped.push(item);
    else kept.push({ item, shingles });
  }
  return { kept: kept.map(({ item }) => item), dropped };
}

function shinglesOf(text: string): ReadonlySet<string> {
  const words =
    text
      .slice(0, COMPARED_CHARS)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return new Set([text]);
  const last = Math.max(1, words.length - SHINGLE_WORDS + 1);
  return new Set(
    Array.from({ length: last }, (_, at) => words.slice(at, at + SHINGLE_WORDS).join(' ')),
  );
}

/** Whether their likeness is at least the threshold. Most pairs are told apart after a few words. */
function areAlike(a: ReadonlySet<string>, b: ReadonlySet<string>, threshold: number): boolean {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  const alike = (common: number) => common / (a.size + b.size - common) >= threshold;
  let common = small.size;
  if (!alike(common)) return false;
  for (const each of small) if (!large.has(each) && !alike(--common)) return false;
  return true;
}
