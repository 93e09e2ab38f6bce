import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from './random.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

toolConformance(random, {
  valid: [
    {},
    null,
    { min: 1, max: 6, count: 2 },
    { min: 0, max: 1, integer: false, count: 100 },
    { min: 5, max: 5 },
    { min: null, max: null, count: null, integer: null },
  ],
  invalid: [
    { input: { min: 5, max: 2 }, message: /min is 5 and max is 2/ },
    { input: { min: 200 }, message: /min is 200 and max is 100.*absent, they are 1 and 100/ },
    { input: { min: 1.2, max: 1.8 }, message: /no whole number between 1\.2 and 1\.8/ },
    { input: { min: -9007199254740991, max: 9007199254740991 }, message: /too wide/ },
    { input: { max: 1e300 }, message: /input\.max must be at most 9007199254740991; 1e\+300 came/ },
    { input: { count: 0 }, message: /input\.count must be at least 1; 0 came/ },
    { input: { count: 101 }, message: /input\.count must be at most 100/ },
    { input: { count: 1.5 }, message: /input\.count must be a whole number; 1\.5 came/ },
    { input: { count: '3' }, message: /input\.count must be a whole number; the text "3" came/ },
    { input: { integer: 'yes' }, message: /input\.integer must be true or false/ },
    { input: { max: Infinity }, message: /max is a number out of range/ },
  ],
});

/** Everything a generator may answer, with both ends often. */
const drawn = fc.oneof(
  fc.constantFrom(0, 1 - 2 ** -53),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
);
const bound = fc.oneof(
  fc.integer({ min: -100, max: 100 }),
  fc.maxSafeInteger(),
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
  // Close together, so that there may be no whole number between.
  fc.double({ min: 0, max: 1, noNaN: true }),
);

interface Range {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}
const range: fc.Arbitrary<Range> = fc
  .record({ a: bound, b: bound, integer: fc.boolean() })
  .map(({ a, b, integer }) => ({ min: Math.min(a, b), max: Math.max(a, b), integer }));

const hasWholeNumbers = ({ min, max }: Range): boolean => Math.ceil(min) <= Math.floor(max);
const isTooWide = ({ min, max }: Range): boolean =>
  Math.floor(max) - Math.ceil(min) >= Number.MAX_SAFE_INTEGER;
const canBeDrawn = (given: Range): boolean =>
  !given.integer || (hasWholeNumbers(given) && !isTooWide(given));

describe('values', () => {
  it('are always within the range, and whole when asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        range,
        fc.integer({ min: 1, max: 100 }),
        drawn,
        async (given, count, next) => {
          fc.pre(canBeDrawn(given));
          const context = testingContext({ random: () => next });
          const { values } = await random.execute({ ...given, count }, context);
          const isFit = (value: number) =>
            value >= given.min &&
            value <= given.max &&
            (!given.integer || Number.isSafeInteger(value));
          expect(values).toHaveLength(count);
          expect(values.filter((value) => !isFit(value))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are refused where there are none to draw', async () => {
    await fc.assert(
      fc.asyncProperty(range, async (given) => {
        fc.pre(!canBeDrawn(given));
        const refused = random.execute(given, testingContext());
        await expect(refused).rejects.toThrow(/no whole number|too wide/);
      }),
    );
  });

  it('reach both ends, evenly', async () => {
    let step = 0;
    const context = testingContext({ random: () => (step++ % 60) / 60 });
    const { values } = await random.execute({ min: 1, max: 6, count: 60 }, context);
    const counts = [1, 2, 3, 4, 5, 6].map((face) => values.filter((each) => each === face).length);
    expect(counts).toEqual([10, 10, 10, 10, 10, 10]);
  });

  it('are not negative zero, which JSON does not keep', async () => {
    const context = testingContext({ random: () => 0 });
    const { values } = await random.execute({ min: -0.5, max: 3 }, context);
    expect(values).toEqual([0]);
  });
});
