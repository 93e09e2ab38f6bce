/** A point of a line: when, in milliseconds, and how much; null where nothing was measured. */
export interface ChartPoint {
  readonly at: number;
  readonly value: number | null;
}

/** What the edges of a chart stand for. */
export interface ChartFrame {
  readonly from: number;
  readonly until: number;
  readonly low: number;
  readonly high: number;
}

/** Where a point lies, as percentages from the left and from the top. */
export function placeOf(
  { at, value }: { readonly at: number; readonly value: number },
  { from, until, low, high }: ChartFrame,
): { readonly x: number; readonly y: number } {
  const x = until > from ? ((at - from) / (until - from)) * 100 : 50;
  const y = high > low ? 100 - ((value - low) / (high - low)) * 100 : 50;
  return { x, y };
}

/** The points of a line as paths of SVG in a box of 100 by 100: one for each stretch without a gap. */
export function linePaths(points: readonly ChartPoint[], frame: ChartFrame): readonly string[] {
  const stretches: string[][] = [[]];
  for (const { at, value } of points) {
    if (value === null) {
      stretches.push([]);
      continue;
    }
    const { x, y } = placeOf({ at, value }, frame);
    stretches.at(-1)?.push(`${x.toFixed(2)},${y.toFixed(2)}`);
  }
  return stretches
    .filter(({ length }) => length > 0)
    .map((each) => (each.length === 1 ? `M${each[0]}h0.01` : `M${each.join('L')}`));
}

/** The index of the point that is nearest to a place from the left, in percent; null when there is none. */
export function nearestPoint(
  points: readonly ChartPoint[],
  x: number,
  frame: ChartFrame,
): number | null {
  const at = frame.from + (x / 100) * (frame.until - frame.from);
  let nearest: number | null = null;
  for (const [index, point] of points.entries()) {
    const best = nearest === null ? undefined : points[nearest];
    if (best === undefined || Math.abs(point.at - at) < Math.abs(best.at - at)) nearest = index;
  }
  return nearest;
}
