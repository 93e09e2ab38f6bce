import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseItems, type SourceShare, type Weighed } from './choose-items.ts';

interface Named extends Weighed {
  readonly name: string;
}
const item = (name: string, source: number, tokens: number): Named => ({ name, source, tokens });
const source = (priority = 0, share = 1, is_contiguous = false): SourceShare => {
  return { priority, share, is_contiguous };
};
const names = (items: readonly Named[]) => items.map(({ name }) => name).join('');
const sum = (items: readonly Weighed[]) => items.reduce((all, { tokens }) => all + tokens, 0);

describe('chooseItems', () => {
  it('gives each source its share before any gets more', () => {
    const items = [item('a', 0, 50), item('b', 0, 50), item('c', 0, 50), item('d', 1, 40)];
    const { kept, dropped } = chooseItems(items, [source(9), source(1)], 100);
    expect([names(kept), names(dropped)]).toEqual(['ad', 'bc']);
  });

  it('gives what is left to the source of higher priority', () => {
    const items = [item('a', 0, 30), item('b', 0, 30), item('c', 1, 30), item('d', 1, 30)];
    expect(names(chooseItems(items, [source(1), source(2)], 90).kept)).toBe('acd');
    expect(names(chooseItems(items, [source(2), source(1)], 90).kept)).toBe('abc');
  });

  it('weighs shares', () => {
    const items = ['a', 'b', 'c'].map((name) => item(name, 0, 10));
    const others = ['x', 'y', 'z'].map((name) => item(name, 1, 10));
    const sources = [source(0, 1), source(0, 3)];
    expect(names(chooseItems([...items, ...others], sources, 40).kept)).toBe('axyz');
  });

  it('leaves no gap in a source that must have none', () => {
    const items = [item('a', 0, 10), item('b', 0, 90), item('c', 0, 10)];
    expect(names(chooseItems(items, [source(0, 1, true)], 50).kept)).toBe('a');
    expect(names(chooseItems(items, [source(0, 1, false)], 50).kept)).toBe('ac');
  });

  const SOURCES = fc.array(
    fc.record({
      priority: fc.integer({ min: 0, max: 3 }),
      share: fc.integer({ min: 1, max: 5 }),
      is_contiguous: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const CASES = SOURCES.chain((sources) =>
    fc.record({
      sources: fc.constant(sources),
      budget: fc.integer({ min: -5, max: 400 }),
      items: fc.array(
        fc.record({
          source: fc.integer({ min: 0, max: sources.length - 1 }),
          tokens: fc.integer({ min: 1, max: 120 }),
        }),
        { maxLength: 30 },
      ),
    }),
  );

  it('never exceeds the budget, loses nothing, and keeps the order', () => {
    fc.assert(
      fc.property(CASES, ({ sources, budget, items }) => {
        const { kept, dropped } = chooseItems(items, sources, budget);
        expect(sum(kept)).toBeLessThanOrEqual(Math.max(0, budget));
        expect(kept).toEqual(items.filter((each) => kept.includes(each)));
        expect(dropped).toEqual(items.filter((each) => !kept.includes(each)));
        expect(chooseItems(items, sources, budget)).toEqual({ kept, dropped });
      }),
    );
  });

  it('leaves out nothing that would still fit, of no priority for a lower one beyond its share', () => {
    fc.assert(
      fc.property(CASES, ({ sources, budget, items }) => {
        const { kept, dropped } = chooseItems(items, sources, budget);
        const left = Math.max(0, budget) - sum(kept);
        const weights = [...new Set(items.map((each) => each.source))].reduce(
          (all, index) => all + (sources[index]?.share ?? 0),
          0,
        );
        sources.forEach((rule, index) => {
          const next = dropped.filter((each) => each.source === index);
          const wanted = rule.is_contiguous ? next.slice(0, 1) : next;
          for (const each of wanted) expect(each.tokens).toBeGreaterThan(left);
          if (wanted.length === 0) return;
          // Whoever is less important has no more than its share as long as this one had to go without its next.
          const smallest = Math.min(...wanted.map(({ tokens }) => tokens));
          sources.forEach((other, place) => {
            if (other.priority >= rule.priority) return;
            const share = Math.floor((Math.max(0, budget) * other.share) / weights);
            const more = sum(kept.filter((each) => each.source === place)) - share;
            expect(Math.max(0, more) + left).toBeLessThan(smallest);
          });
        });
      }),
    );
  });
});
