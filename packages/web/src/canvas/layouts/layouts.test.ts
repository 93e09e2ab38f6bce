import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NODE_KINDS } from '../graph/graph.ts';
import { NODE_SIZE, type LayoutInput, type Positions } from './layout.ts';
import { layoutCircular } from './layout-circular.ts';
import { layoutForce } from './layout-force.ts';
import { layoutGrid } from './layout-grid.ts';
import { layoutHierarchical } from './layout-hierarchical.ts';

const LAYOUTS = [
  { name: 'grid', layout: layoutGrid, most: 120 },
  { name: 'circular', layout: layoutCircular, most: 120 },
  { name: 'hierarchical', layout: layoutHierarchical, most: 120 },
  { name: 'force', layout: layoutForce, most: 25 },
] as const;

const inputs = (most: number): fc.Arbitrary<LayoutInput> =>
  fc.array(fc.constantFrom(...NODE_KINDS), { maxLength: most }).chain((kinds) =>
    fc.record({
      kinds: fc.constant(kinds),
      aspect: fc.double({ min: 0.3, max: 4, noNaN: true }),
      edges:
        kinds.length < 2
          ? fc.constant([])
          : fc.array(
              fc
                .tuple(fc.nat(kinds.length - 1), fc.nat(kinds.length - 1))
                .filter(([a, b]) => a !== b),
              { maxLength: most * 2 },
            ),
    }),
  );

function overlapping(positions: Positions): number {
  let found = 0;
  for (let a = 0; a < positions.length; a += 2) {
    for (let b = a + 2; b < positions.length; b += 2) {
      const dx = Math.abs((positions[a] ?? 0) - (positions[b] ?? 0));
      const dy = Math.abs((positions[a + 1] ?? 0) - (positions[b + 1] ?? 0));
      if (dx < NODE_SIZE.width && dy < NODE_SIZE.height) found += 1;
    }
  }
  return found;
}

describe.each(LAYOUTS)('the layout $name', ({ layout, most }) => {
  it('gives every node a finite place, always the same', () => {
    fc.assert(
      fc.property(inputs(most), (input) => {
        const positions = layout(input);
        expect(positions).toHaveLength(input.kinds.length * 2);
        expect(positions.every(Number.isFinite)).toBe(true);
        expect(layout(input)).toEqual(positions);
      }),
      { numRuns: 40 },
    );
  });
});

// Nodes of the simulation keep apart as balls do: broad cards may touch there.
describe.each(LAYOUTS.filter(({ name }) => name !== 'force'))(
  'the layout $name',
  ({ layout, most }) => {
    it('lays no node on another', () => {
      fc.assert(
        fc.property(inputs(most), (input) => {
          expect(overlapping(layout(input))).toBe(0);
        }),
        { numRuns: 40 },
      );
    });
  },
);

describe('layoutForce', () => {
  it('puts nodes that belong together nearer than others', () => {
    const kinds = Array.from({ length: 12 }, () => 'breadcrumb' as const);
    const group = (first: number) => [1, 2, 3, 4, 5].map((step) => [first, first + step] as const);
    const positions = layoutForce({ kinds, edges: [...group(0), ...group(6)], aspect: 1 });
    const distance = (a: number, b: number) =>
      Math.hypot(
        (positions[a * 2] ?? 0) - (positions[b * 2] ?? 0),
        (positions[a * 2 + 1] ?? 0) - (positions[b * 2 + 1] ?? 0),
      );
    expect(distance(0, 3)).toBeLessThan(distance(0, 6));
    expect(distance(6, 9)).toBeLessThan(distance(0, 6));
  });
});

describe('layoutHierarchical', () => {
  it('puts what an edge leads to below, also around a circle', () => {
    const kinds = Array.from({ length: 4 }, () => 'breadcrumb' as const);
    const [, y0, , y1, , y2] = layoutHierarchical({
      kinds,
      edges: [
        [0, 1],
        [1, 2],
        [2, 0],
      ],
      aspect: 1,
    });
    expect(y0).toBeLessThan(y1 ?? 0);
    expect(y1).toBeLessThan(y2 ?? 0);
  });

  it('breaks a rank of thousands into rows, and follows a chain of thousands', () => {
    const kinds = Array.from({ length: 3_000 }, () => 'breadcrumb' as const);
    const star = layoutHierarchical({
      kinds,
      edges: kinds.map((_, at) => [0, at] as const).slice(1),
      aspect: 1.7,
    });
    const [width, height] = [0, 1].map((axis) => {
      const values = [...star].filter((_, at) => at % 2 === axis);
      return Math.max(...values) - Math.min(...values);
    });
    expect((width ?? 0) / (height ?? 1)).toBeLessThan(4);
    const chain = layoutHierarchical({
      kinds,
      edges: kinds.map((_, at) => [at, at + 1] as const).slice(0, -1),
      aspect: 1.7,
    });
    expect(chain.every(Number.isFinite)).toBe(true);
  });
});
