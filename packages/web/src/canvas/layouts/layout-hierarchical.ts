import { CELL, columnsFor, type LayoutInput, type Positions } from './layout.ts';

/** Between two ranks, in rows: room for the edges. */
const RANK_GAP = 1.6;

/**
 * Ranks from top to bottom along the edges: who makes, what is made, who is moved by it. A rank that is wider than the
 * window is broken into rows; within a rank nodes stand near those above that they belong to.
 *
 * Ranks without breaks, as the libraries for layered graphs make them, do not suit: an agent with 2,000 records gives one row
 * half a million pixels wide.
 */
export function layoutHierarchical({ kinds, edges, aspect }: LayoutInput): Positions {
  const count = kinds.length;
  const positions = new Float64Array(count * 2);
  const parents = neighbours(count, edges, 'parents');
  const ranks = groupByRank(rankNodes(count, edges), edges);
  const columns = Math.max(4, columnsFor(count, aspect));
  let top = 0;
  for (const rank of ranks) {
    const ordered = orderByParents(rank, parents, positions);
    const width = Math.min(columns, ordered.length);
    for (const [index, at] of ordered.entries()) {
      const row = Math.floor(index / width);
      const in_row = Math.min(width, ordered.length - row * width);
      positions[at * 2] = ((index % width) - (in_row - 1) / 2) * CELL.width;
      positions[at * 2 + 1] = (top + row) * CELL.height;
    }
    top += Math.ceil(ordered.length / width) + RANK_GAP;
  }
  return positions;
}

/** The length of the longest way to each node; an edge that would close a circle is passed over. */
function rankNodes(count: number, edges: LayoutInput['edges']): Int32Array {
  const children = neighbours(count, edges, 'children');
  const order = finishOrder(count, children);
  const place = new Int32Array(count);
  for (const [index, at] of order.entries()) place[at] = index;
  const ranks = new Int32Array(count);
  for (const at of order) {
    for (const child of children[at] ?? []) {
      const is_forward = (place[child] ?? 0) > (place[at] ?? 0);
      if (is_forward) ranks[child] = Math.max(ranks[child] ?? 0, (ranks[at] ?? 0) + 1);
    }
  }
  return ranks;
}

/** Nodes so that edges lead forward, but those that close a circle. Without recursion: chains may be long. */
function finishOrder(count: number, children: readonly (readonly number[])[]): readonly number[] {
  const is_seen = new Uint8Array(count);
  const finished: number[] = [];
  for (let start = 0; start < count; start++) {
    if (is_seen[start] === 1) continue;
    is_seen[start] = 1;
    const stack = [{ at: start, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = children[top.at]?.[top.next];
      if (child === undefined) {
        finished.push(top.at);
        stack.pop();
        continue;
      }
      top.next += 1;
      if (is_seen[child] === 1) continue;
      is_seen[child] = 1;
      stack.push({ at: child, next: 0 });
    }
  }
  return finished.toReversed();
}

function neighbours(
  count: number,
  edges: LayoutInput['edges'],
  which: 'parents' | 'children',
): readonly (readonly number[])[] {
  const lists: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) {
    if (which === 'parents') lists[to]?.push(from);
    else lists[from]?.push(to);
  }
  return lists;
}

/** Nodes by rank; those without any edge come last, as a rank of their own. */
function groupByRank(
  ranks: Int32Array,
  edges: LayoutInput['edges'],
): readonly (readonly number[])[] {
  const has_edge = new Uint8Array(ranks.length);
  for (const [from, to] of edges) has_edge[from] = has_edge[to] = 1;
  const groups: number[][] = [];
  const alone: number[] = [];
  for (const [at, rank] of ranks.entries()) {
    if (has_edge[at] === 1) (groups[rank] ??= []).push(at);
    else alone.push(at);
  }
  return [...groups, alone].filter((group) => group !== undefined && group.length > 0);
}

function orderByParents(
  rank: readonly number[],
  parents: readonly (readonly number[])[],
  positions: Positions,
): readonly number[] {
  const middle = (at: number): number => {
    const above = parents[at] ?? [];
    if (above.length === 0) return 0;
    return above.reduce((sum, parent) => sum + (positions[parent * 2] ?? 0), 0) / above.length;
  };
  const middles = new Map(rank.map((at) => [at, middle(at)]));
  return rank.toSorted((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0) || a - b);
}
