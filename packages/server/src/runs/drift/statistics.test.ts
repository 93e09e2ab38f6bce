import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareTest, correctForMany, mannWhitneyTest, upperGamma } from './statistics.ts';

describe('the tail of the chi-square distribution', () => {
  // Critical values as the tables print them.
  it.each([
    [1, 3.841, 0.05],
    [1, 6.635, 0.01],
    [1, 10.828, 0.001],
    [2, 5.991, 0.05],
    [5, 11.07, 0.05],
    [10, 18.307, 0.05],
    [30, 43.773, 0.05],
    [100, 124.342, 0.05],
  ])('with %i degrees of freedom at %f is %f', (df, x, p) => {
    expect(upperGamma(df / 2, x / 2)).toBeCloseTo(p, 4);
  });

  it('falls from 1 to 0 without a step', () => {
    for (const s of [0.5, 1, 2.5, 7, 50]) {
      const values = Array.from({ length: 400 }, (_, index) => upperGamma(s, index / 2));
      expect(values[0]).toBe(1);
      expect(values.at(-1)).toBeLessThan(1e-6);
      values.reduce((before, each) => {
        expect(each).toBeLessThanOrEqual(before + 1e-12);
        return each;
      });
    }
  });
});

describe('the chi-square test', () => {
  it('agrees with the textbook', () => {
    // Expected 25 in each cell: 4 · 25/25 = 4, which is two standard deviations of a normal variable.
    const four = chiSquareTest({ a: 20, b: 30 }, { a: 30, b: 20 });
    expect(four?.p).toBeCloseTo(0.045_500_26, 8);
    expect(four?.effect).toBeCloseTo(Math.sqrt(4 / 100), 12);
    // Expected 40, 30, 30: 2 · (100/40 + 100/30) = 35/3; with two degrees of freedom p is e^(-x/2).
    const three = chiSquareTest({ a: 30, b: 30, c: 40 }, { a: 50, b: 30, c: 20 });
    expect(three?.p).toBeCloseTo(Math.exp(-35 / 6), 12);
  });

  it('knows of how many a part is: the same parts mean more in more', () => {
    const p = (n: number) =>
      chiSquareTest({ a: 0.65 * n, b: 0.35 * n }, { a: 0.45 * n, b: 0.55 * n })?.p ?? 1;
    expect(p(40)).toBeGreaterThan(0.05);
    expect(p(100)).toBeLessThan(0.01);
    expect(p(1_000)).toBeLessThan(1e-15);
  });

  it('sees a choice that is new, and one that is gone', () => {
    expect(chiSquareTest({ a: 100 }, { a: 80, b: 20 })?.p).toBeLessThan(0.001);
    expect(chiSquareTest({ a: 80, b: 20 }, { a: 100 })?.p).toBeLessThan(0.001);
  });

  it('says nothing where there is nothing to compare', () => {
    expect(chiSquareTest({}, { a: 10 })).toBeNull();
    expect(chiSquareTest({ a: 10 }, { a: 20 })).toBeNull();
    // Rare ones count together, so none of them alone makes a difference.
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 1]));
    const other = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`o${index}`, 1]));
    expect(chiSquareTest(many, other)).toBeNull();
  });

  it('raises a false alarm about as often as it says', () => {
    // A generator of its own, so that the count is the same on every machine.
    const random = seeded(7);
    let alarms = 0;
    for (let round = 0; round < 2_000; round++) {
      const [a, b] = [sample(random), sample(random)];
      if ((chiSquareTest(a, b)?.p ?? 1) <= 0.05) alarms++;
    }
    expect(alarms / 2_000).toBeGreaterThan(0.03);
    expect(alarms / 2_000).toBeLessThan(0.07);
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function sample(random: () => number): Record<string, number> {
  const counts = { a: 0, b: 0, c: 0 };
  for (let n = 0; n < 150; n++) {
    const value = random();
    counts[value < 0.5 ? 'a' : value < 0.8 ? 'b' : 'c']++;
  }
  return counts;
}

describe('the Mann-Whitney test', () => {
  const bucketed = (values: readonly number[]) => {
    const buckets: number[] = Array.from({ length: 40 }, () => 0);
    for (const value of values) buckets[value] = (buckets[value] ?? 0) + 1;
    return buckets;
  };

  it('counts pairs, as its definition does, whatever the values', () => {
    const values = fc.array(fc.nat(39), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const result = mannWhitneyTest(bucketed(a), bucketed(b));
        let u = 0;
        for (const x of a) for (const y of b) u += x > y ? 1 : x === y ? 0.5 : 0;
        const delta = Math.abs((2 * u) / (a.length * b.length) - 1);
        // What is all tied cannot differ.
        expect(result === null).toBe(new Set([...a, ...b]).size === 1);
        expect(result?.effect ?? 0).toBeCloseTo(delta, 10);
      }),
    );
  });

  it('says the same of both directions', () => {
    const [a, b] = [bucketed([1, 2, 3, 4, 5, 6, 7, 8]), bucketed([4, 5, 6, 7, 8, 9, 10, 11])];
    expect(mannWhitneyTest(a, b)).toEqual(mannWhitneyTest(b, a));
  });

  it('is close to counting all ways to divide the values', () => {
    const [a, b] = [
      [1, 2, 3, 4, 5, 6, 8],
      [5, 7, 9, 10, 11, 12, 13],
    ];
    const all = [...a, ...b];
    const effectOf = (members: number) => {
      const first = all.filter((_, index) => members & (1 << index));
      const second = all.filter((_, index) => !(members & (1 << index)));
      return mannWhitneyTest(bucketed(first), bucketed(second))?.effect ?? 0;
    };
    const observed = effectOf(2 ** a.length - 1);
    let [as_far, ways] = [0, 0];
    for (let members = 0; members < 2 ** all.length; members++) {
      const bits = members.toString(2).replaceAll('0', '').length;
      if (bits !== a.length) continue;
      ways++;
      if (effectOf(members) >= observed - 1e-12) as_far++;
    }
    expect(mannWhitneyTest(bucketed(a), bucketed(b))?.p).toBeCloseTo(as_far / ways, 2);
  });

  it('does not mistake a few for many', () => {
    expect(mannWhitneyTest(bucketed([1, 1, 2]), bucketed([8, 9, 9]))?.p).toBeGreaterThan(0.05);
  });

  it('says nothing where there is nothing to compare', () => {
    expect(mannWhitneyTest([], [1])).toBeNull();
    expect(mannWhitneyTest([0, 5], [0, 7])).toBeNull();
  });
});

describe('the correction for many tests', () => {
  it('is the procedure of Benjamini and Hochberg', () => {
    expect(correctForMany([0.01, 0.04, 0.03, 0.005])).toEqual([0.02, 0.04, 0.04, 0.02]);
    expect(correctForMany([])).toEqual([]);
    expect(correctForMany([0.9, 1])).toEqual([1, 1]);
  });

  it('never makes a value smaller, keeps their order, and stays at most 1', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(p, { maxLength: 30 }), (values) => {
        const corrected = correctForMany(values);
        const pairs = values.map((value, index) => ({ value, each: corrected[index] ?? -1 }));
        for (const { value, each } of pairs) {
          expect(each).toBeGreaterThanOrEqual(value - 1e-12);
          expect(each).toBeLessThanOrEqual(1);
        }
        const by_value = pairs.toSorted((a, b) => a.value - b.value).map(({ each }) => each);
        expect(by_value).toEqual(by_value.toSorted((a, b) => a - b));
      }),
    );
  });
});
