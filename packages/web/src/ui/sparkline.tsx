const WIDTH = 100;
const HEIGHT = 30;
/** Room for the line's own width at the edges. */
const EDGE = 2;

/**
 * The points of a line as paths of SVG, in a box of 100 by 30: one path for each stretch without a gap.
 * A line without ups and downs lies in the middle, or at the bottom when it is all zero.
 */
export function sparklinePaths(points: readonly (number | null)[]): readonly string[] {
  const known = points.filter((each) => each !== null);
  const lowest = Math.min(0, ...known);
  const highest = Math.max(...known, lowest);
  const span = highest - lowest;
  const step = points.length > 1 ? WIDTH / (points.length - 1) : 0;
  const y = (value: number) =>
    span === 0 ? HEIGHT - EDGE : HEIGHT - EDGE - ((value - lowest) / span) * (HEIGHT - 2 * EDGE);
  const stretches: string[][] = [[]];
  for (const [index, point] of points.entries()) {
    if (point === null) stretches.push([]);
    else stretches.at(-1)?.push(`${(index * step).toFixed(1)},${y(point).toFixed(1)}`);
  }
  return stretches
    .filter((each) => each.length > 0)
    .map((each) => (each.length === 1 ? `M${each[0]}h0.1` : `M${each.join('L')}`));
}

/** A line without axes. It repeats what stands beside it, so it is decoration. */
export function Sparkline({
  points,
  className,
}: {
  points: readonly (number | null)[];
  className?: string;
}) {
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={className}
      aria-hidden="true"
    >
      {sparklinePaths(points).map((path) => (
        <path
          key={path}
          d={path}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.75"
          strokeLinecap="round"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  );
}
