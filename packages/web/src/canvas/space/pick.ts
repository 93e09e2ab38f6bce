/** A 4 × 4 matrix by columns, as three.js keeps it. */
type Matrix = ArrayLike<number>;

/** Where a point of space is on the screen. */
export interface Projected {
  readonly x: number;
  readonly y: number;
  /** How far it is from the camera; what is behind it has none. */
  readonly depth: number;
}

/** Projects a point. `matrix` is projection × view; null for what is behind the camera. */
export function project(
  matrix: Matrix,
  points: ArrayLike<number>,
  at: number,
  width: number,
  height: number,
): Projected | null {
  const [x, y, z] = [points[at * 3] ?? 0, points[at * 3 + 1] ?? 0, points[at * 3 + 2] ?? 0];
  const row = (index: number): number =>
    (matrix[index] ?? 0) * x +
    (matrix[index + 4] ?? 0) * y +
    (matrix[index + 8] ?? 0) * z +
    (matrix[index + 12] ?? 0);
  const depth = row(3);
  if (depth <= 0.01) return null;
  return {
    x: ((row(0) / depth) * 0.5 + 0.5) * width,
    y: (0.5 - (row(1) / depth) * 0.5) * height,
    depth,
  };
}

/** Pixels around a small ball that still count as the ball. */
const NEAR = 7;

/** The ball under a point of the screen, the nearest to the camera; null where there is none. */
export function pickBall(
  matrix: Matrix,
  points: ArrayLike<number>,
  radii: ArrayLike<number>,
  screen: { readonly x: number; readonly y: number },
  size: { readonly width: number; readonly height: number },
  pixels: number,
): number | null {
  let found: number | null = null;
  let nearest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < radii.length; at++) {
    const place = project(matrix, points, at, size.width, size.height);
    if (place === null || place.depth >= nearest) continue;
    const reach = Math.max(NEAR, ((radii[at] ?? 0) * pixels) / place.depth);
    const [dx, dy] = [place.x - screen.x, place.y - screen.y];
    if (dx * dx + dy * dy > reach * reach) continue;
    found = at;
    nearest = place.depth;
  }
  return found;
}
