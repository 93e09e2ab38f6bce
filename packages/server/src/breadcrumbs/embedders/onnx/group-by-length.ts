/** Tokens of one run, with padding: MiniLM takes about half a second and 100 MB for them on one core. */
const RUN_TOKENS_MAX = 4_096;

/**
 * Puts texts of like length together, so that short ones are not padded to the length of a long neighbour.
 * @param lengths tokens of each text
 * @returns positions in `lengths`, each once; the padded tokens of a group are within the limit, or it has one text
 */
export function groupByLength(
  lengths: readonly number[],
  tokens_max: number = RUN_TOKENS_MAX,
): number[][] {
  const order = lengths.map((_, at) => at);
  order.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const groups: number[][] = [];
  let group: number[] = [];
  for (const at of order) {
    // Sorted: the newest is the longest, and the others are padded to it.
    if (group.length > 0 && (group.length + 1) * (lengths[at] ?? 0) > tokens_max) {
      groups.push(group);
      group = [];
    }
    group.push(at);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
