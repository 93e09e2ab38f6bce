import type { RunSummary } from '@cairn/protocol';
import type { Page } from '@cairn/sdk';

/** What the newest runs say of a list that was read before. */
export interface HeadCompared {
  /** Runs that the list does not have and that belong above its end, newest first. */
  readonly fresh: readonly RunSummary[];
  /** True when there may be more new ones between these and the list: only reading it again shows them all. */
  readonly has_gap: boolean;
}

/** Compares a list with the newest runs that were read just now. `is_whole` says that the list has no further page. */
export function compareHead(
  rows: readonly RunSummary[],
  head: readonly RunSummary[],
  is_whole: boolean,
): HeadCompared {
  const known = new Set(rows.map(({ run_id }) => run_id));
  const last = rows.at(-1);
  const fresh = head.filter(
    (each) =>
      !known.has(each.run_id) && (is_whole || last === undefined || compareNewest(each, last) < 0),
  );
  const has_gap = rows.length > 0 && head.length > 0 && fresh.length === head.length;
  return { fresh, has_gap };
}

/** The pages of a list with what is known anew of their runs and, if they are taken in, with new runs in their places. */
export function mergeHead<P extends Page<RunSummary>>(
  pages: readonly P[],
  head: readonly RunSummary[],
  fresh: readonly RunSummary[],
): P[] {
  const by_id = new Map(head.map((each) => [each.run_id, each]));
  const updated = pages.map((page) => ({
    ...page,
    items: page.items.map((each) => by_id.get(each.run_id) ?? each),
  }));
  if (fresh.length === 0) return updated;
  const lasts = updated.map(({ items }) => items.at(-1));
  const places = Map.groupBy(fresh, (run) => {
    const at = lasts.findIndex((last) => last !== undefined && compareNewest(run, last) < 0);
    return at === -1 ? Math.max(0, updated.length - 1) : at;
  });
  return updated.map((page, at) => {
    const added = places.get(at);
    if (added === undefined) return page;
    return { ...page, items: [...page.items, ...added].toSorted(compareNewest) };
  });
}

/** The order of the list: newest first, of the same moment the larger id first. */
function compareNewest(a: RunSummary, b: RunSummary): number {
  const by_time = Date.parse(b.started_at) - Date.parse(a.started_at);
  if (by_time !== 0) return by_time;
  return a.run_id < b.run_id ? 1 : a.run_id > b.run_id ? -1 : 0;
}
