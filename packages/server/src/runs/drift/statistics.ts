/** Counts by category. */
export type Counts = Readonly<Record<string, number>>;

export interface TestResult {
  /** The probability of a difference at least this large if nothing had changed. */
  readonly p: number;
  /** How large the difference is, from 0 to 1, whatever the sample: Cramér's V, or the size of Cliff's delta. */
  readonly effect: number;
}

/** Below this expected count the chi-square distribution does not describe a cell (Cochran's rule). */
const EXPECTED_MIN = 5;

/**
 * Whether two counts can come from one distribution: Pearson's chi-square test of homogeneity. Categories that are too
 * rare for it count together. Null when there is nothing to compare: a side is empty, or one category is left.
 */
export function chiSquareTest(a: Counts, b: Counts): TestResult | null {
  const [n_a, n_b] = [sumOf(Object.values(a)), sumOf(Object.values(b))];
  if (n_a === 0 || n_b === 0) return null;
  const total = n_a + n_b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  const cells: [number, number][] = [];
  let rare: [number, number] = [0, 0];
  for (const name of names) {
    const [in_a, in_b] = [a[name] ?? 0, b[name] ?? 0];
    const expected = ((in_a + in_b) * Math.min(n_a, n_b)) / total;
    if (expected >= EXPECTED_MIN) cells.push([in_a, in_b]);
    else rare = [rare[0] + in_a, rare[1] + in_b];
  }
  if (rare[0] + rare[1] > 0) cells.push(rare);
  if (cells.length < 2) return null;
  let chi_square = 0;
  for (const [in_a, in_b] of cells) {
    const both = in_a + in_b;
    const [expected_a, expected_b] = [(both * n_a) / total, (both * n_b) / total];
    chi_square += (in_a - expected_a) ** 2 / expected_a + (in_b - expected_b) ** 2 / expected_b;
  }
  return {
    p: upperGamma((cells.length - 1) / 2, chi_square / 2),
    effect: Math.min(1, Math.sqrt(chi_square / total)),
  };
}

/**
 * Whether values of one sample tend to be larger than those of another: the Mann-Whitney test, two-sided, by the normal
 * approximation with ties and continuity corrected. Samples come as counts by bucket, in the order of the values; what
 * is in one bucket is tied. Null when a side is empty or all is in one bucket.
 */
export function mannWhitneyTest(a: readonly number[], b: readonly number[]): TestResult | null {
  const [n_a, n_b] = [sumOf(a), sumOf(b)];
  if (n_a === 0 || n_b === 0) return null;
  let below_b = 0;
  let u = 0;
  let ties = 0;
  for (let bucket = 0; bucket < Math.max(a.length, b.length); bucket++) {
    const [in_a, in_b] = [a[bucket] ?? 0, b[bucket] ?? 0];
    u += in_a * (below_b + in_b / 2);
    below_b += in_b;
    ties += (in_a + in_b) ** 3 - (in_a + in_b);
  }
  const n = n_a + n_b;
  const variance = ((n_a * n_b) / 12) * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 0)) return null;
  const distance = Math.max(0, Math.abs(u - (n_a * n_b) / 2) - 0.5);
  // The square of a normal variable has the chi-square distribution with one degree of freedom.
  const p = upperGamma(0.5, distance ** 2 / variance / 2);
  return { p, effect: Math.abs((2 * u) / (n_a * n_b) - 1) };
}

/**
 * Corrects p-values of many tests, so that of what is called a discovery at a level, no more than that part is chance
 * (Benjamini and Hochberg's procedure). The answers stand in the order of the values.
 */
export function correctForMany(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).toSorted((i, j) => at(values, j) - at(values, i));
  const corrected = Array.from(values, () => 1);
  let least = 1;
  for (const [place, index] of order.entries()) {
    const rank = values.length - place;
    least = Math.min(least, (at(values, index) * values.length) / rank);
    corrected[index] = least;
  }
  return corrected;
}

const at = (values: readonly number[], index: number) => values[index] ?? 1;

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0);
}

const TERMS_MAX = 10_000;
const PRECISION = 1e-15;

/**
 * The regularized upper incomplete gamma function Q(s, x): by its series below s + 1, by its continued fraction (Lentz)
 * above, where each converges fast (Abramowitz and Stegun 6.5.29 and 6.5.31).
 */
export function upperGamma(s: number, x: number): number {
  if (!(x > 0)) return 1;
  const scale = Math.exp(-x + s * Math.log(x) - logGamma(s));
  if (x < s + 1) {
    let term = 1 / s;
    let sum = term;
    for (let n = 1; n < TERMS_MAX && term > sum * PRECISION; n++) {
      term *= x / (s + n);
      sum += term;
    }
    return Math.max(0, 1 - scale * sum);
  }
  let b = x + 1 - s;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < TERMS_MAX; n++) {
    const a = -n * (n - s);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < PRECISION) break;
  }
  return scale * fraction;
}

/** ln Γ(s) for s > 0: Stirling's series, after the recurrence has made s large enough for it. */
function logGamma(s: number): number {
  let shift = 0;
  let z = s;
  for (; z < 12; z++) shift += Math.log(z);
  const square = z * z;
  const series = 1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series / z - shift;
}
