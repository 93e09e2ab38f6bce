import { describe, expect, it } from 'vitest';
import { compareHead, mergeHead } from './merge-runs.ts';
import { testSummary } from './testing.ts';

const [a, b, c, d] = [1, 2, 3, 4].map((n) => testSummary(`r${n}`, n * 1_000)) as [
  ReturnType<typeof testSummary>,
  ReturnType<typeof testSummary>,
  ReturnType<typeof testSummary>,
  ReturnType<typeof testSummary>,
];
const page = (...items: (typeof a)[]) => ({ items, next_cursor: null });
const ids = (items: readonly { run_id: string }[]) => items.map(({ run_id }) => run_id);

describe('the newest runs beside a list that was read before', () => {
  it('are those that the list does not have', () => {
    expect(compareHead([c, b], [d, c, b], false)).toEqual({ fresh: [d], has_gap: false });
  });

  it('leave a gap when none of them is known', () => {
    expect(compareHead([a], [d, c], false)).toEqual({ fresh: [d, c], has_gap: true });
    expect(compareHead([], [d], true).has_gap).toBe(false);
  });

  it('do not count what lies beyond the end of the list, unless it is whole', () => {
    expect(ids(compareHead([d, c], [d, c, b], false).fresh)).toEqual([]);
    expect(ids(compareHead([d, c], [d, c, b], true).fresh)).toEqual(['r2']);
  });
});

describe('taking new runs into the list', () => {
  it('puts each in its place, also one that was reported late', () => {
    const pages = mergeHead([page(c), page(a)], [d, c, b], [d, b]);
    expect(pages.map(({ items }) => ids(items))).toEqual([
      ['r4', 'r3'],
      ['r2', 'r1'],
    ]);
  });

  it('updates what is known even if no new ones are taken in', () => {
    const ended = { ...b, status: 'failure' as const };
    const pages = mergeHead([page(c, b)], [d, ended], []);
    expect(pages[0]?.items).toEqual([c, ended]);
  });

  it('fills an empty list', () => {
    expect(ids(mergeHead([page()], [b, a], [b, a])[0]?.items ?? [])).toEqual(['r2', 'r1']);
  });
});
