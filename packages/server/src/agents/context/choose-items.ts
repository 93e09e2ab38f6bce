/** What a source may have of a budget. */
export interface SourceShare {
  readonly priority: number;
  /** The weight of its fair share. */
  readonly share: number;
  /** Whether nothing may be missing between two of its items: what comes after one that does not fit is left out. */
  readonly is_contiguous: boolean;
}

export interface Weighed {
  /** The place of its source in the list of sources. */
  readonly source: number;
  readonly tokens: number;
}

/**
 * Chooses what fits into a budget. First each source fills its fair share with its best items, so that none starves;
 * then what is left goes to the sources by priority. The items of each source come best first.
 *
 * Promises: the tokens of what is kept never exceed the budget; what is kept depends on nothing but the arguments and
 * stands in their order; nothing that a source of higher priority has next is left out for something of a lower one,
 * but for what the fair shares give to that.
 */
export function chooseItems<T extends Weighed>(
  items: readonly T[],
  sources: readonly SourceShare[],
  budget: number,
): { kept: T[]; dropped: T[] } {
  const kept = new Set<T>();
  const by_priority = sources
    .map((each, index) => ({ ...each, index }))
    .filter(({ index }) => items.some(({ source }) => source === index))
    .toSorted((a, b) => b.priority - a.priority || a.index - b.index);
  const weights = by_priority.reduce((sum, { share }) => sum + share, 0);
  let left = Math.max(0, budget);
  const fill = ({ index, is_contiguous }: (typeof by_priority)[number], most: number) => {
    let room = most;
    for (const item of items) {
      if (item.source !== index || kept.has(item)) continue;
      if (item.tokens <= room) {
        kept.add(item);
        room -= item.tokens;
        left -= item.tokens;
      } else if (is_contiguous) {
        return;
      }
    }
  };
  const whole = left;
  for (const source of by_priority)
    fill(source, Math.min(left, Math.floor((whole * source.share) / weights)));
  for (const source of by_priority) fill(source, left);
  return {
    kept: items.filter((item) => kept.has(item)),
    dropped: items.filter((item) => !kept.has(item)),
  };
}
