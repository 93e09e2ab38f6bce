/**
 * Milliseconds before attempt `attempts + 1`: doubling from 250 ms to 5 minutes, with half of it random,
 * so that what failed together does not come back together.
 * @param random a number in [0, 1)
 */
export function backoffMs(attempts: number, random: number): number {
  const ceiling = Math.min(300_000, 250 * 2 ** Math.min(attempts, 20));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
