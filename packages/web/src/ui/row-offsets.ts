/** Where rows of unequal height stand below each other, in pixels. */
export interface RowOffsets {
  /** The top of each row, and last the bottom of the last one. */
  readonly tops: Float64Array;
  readonly total_px: number;
}

/** Lays rows out by the heights that are known; the others are taken to be `usual_px` high. */
export function layOutRows(
  keys: readonly string[],
  heights: ReadonlyMap<string, number>,
  usual_px: number,
): RowOffsets {
  const tops = new Float64Array(keys.length + 1);
  let total_px = 0;
  for (const [at, key] of keys.entries()) {
    tops[at] = total_px;
    total_px += heights.get(key) ?? usual_px;
  }
  tops[keys.length] = total_px;
  return { tops, total_px };
}

/** Rows that stand one after the other: `first` included, `end` not. */
export interface RowSpan {
  readonly first: number;
  readonly end: number;
}

/** The rows of which a part lies between two heights; none where there are no rows. */
export function rowsBetween({ tops }: RowOffsets, from_px: number, to_px: number): RowSpan {
  const count = tops.length - 1;
  const first = Math.max(0, Math.min(count - 1, lastAtOrAbove(tops, from_px)));
  const end = Math.min(count, lastAtOrAbove(tops, to_px) + 1);
  return { first, end: Math.max(first + (count > 0 ? 1 : 0), end) };
}

/** The last place whose top is not below `px`; -1 when all are. */
function lastAtOrAbove(tops: Float64Array, px: number): number {
  let low = -1;
  let high = tops.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((tops[middle] ?? 0) <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows to be drawn, and how much room those that are not take before them. */
export interface DrawnRows extends RowSpan {
  readonly before_px: number;
}

/** What to draw of a list: the rows in view, and the one at `kept` too, in their order. */
export function spansOf(
  offsets: RowOffsets,
  view: RowSpan,
  kept: number,
): { readonly spans: readonly DrawnRows[]; readonly after_px: number } {
  const { tops, total_px } = offsets;
  const alone = { first: kept, end: kept + 1 };
  const ordered =
    kept < 0 || kept >= tops.length - 1 || (kept >= view.first && kept < view.end)
      ? [view]
      : kept < view.first
        ? [alone, view]
        : [view, alone];
  let bottom = 0;
  const spans = ordered.map(({ first, end }) => {
    const before_px = (tops[first] ?? 0) - bottom;
    bottom = tops[end] ?? total_px;
    return { first, end, before_px };
  });
  return { spans, after_px: total_px - bottom };
}
