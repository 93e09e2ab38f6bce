/**
 * How durations are counted so that percentiles of any span of time can be had from sums: a logarithmic scale with
 * eight buckets for each doubling. Bucket 0 holds what took less than 1 ms; bucket i ≥ 1 what took more than
 * 2^((i-2)/8) ms, up to 2^((i-1)/8) ms. Counts are arrays by bucket; those that end early have zeros there.
 */

/** Buckets for each doubling of the duration. */
const PER_DOUBLING = 8;

/** What a percentile from buckets may be off from the exact one, as a part of it: 2^(1/16) - 1. */
export const LATENCY_ERROR = 2 ** (1 / (2 * PER_DOUBLING)) - 1;

/** The last bucket, which also holds everything longer: some 890 years. */
const BUCKET_MAX = 45 * PER_DOUBLING;

/** The bucket that a duration in milliseconds counts in. */
export function bucketOf(ms: number): number {
  if (!(ms >= 1)) return 0;
  // Rounding of the logarithm must not lift an exact border into the next bucket.
  const bucket = 1 + Math.ceil(Math.log2(ms) * PER_DOUBLING - 1e-9);
  return Math.min(bucket, BUCKET_MAX);
}

/** What stands for all durations of a bucket, in milliseconds: the geometric middle. */
export function bucketValue(bucket: number): number {
  if (bucket <= 0) return 0;
  // 1 ms has a bucket of its own.
  return bucket === 1 ? 1 : 2 ** ((bucket - 1.5) / PER_DOUBLING);
}

/**
 * The percentile `p` (0 to 1) by nearest rank: the least duration that at least that part of all do not exceed. Null
 * when nothing was counted. Off by no more than `LATENCY_ERROR` of the exact one, from 1 ms on.
 */
export function percentileOf(buckets: readonly number[], p: number): number | null {
  const n = buckets.reduce((sum, count) => sum + count, 0);
  if (n <= 0) return null;
  const rank = Math.min(Math.max(Math.ceil(p * n - 1e-9), 1), n);
  let seen = 0;
  for (const [bucket, count] of buckets.entries()) {
    seen += count;
    if (seen >= rank) return bucketValue(bucket);
  }
  return null;
}

/** Counts of two spans together. */
export function addBuckets(a: readonly number[], b: readonly number[]): number[] {
  return Array.from(
    { length: Math.max(a.length, b.length) },
    (_, index) => (a[index] ?? 0) + (b[index] ?? 0),
  );
}
