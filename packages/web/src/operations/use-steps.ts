import { useMemo, useState } from 'react';
import type { Rows } from '../ui/data-table.tsx';

const STEP = 100;

/** A list that was read whole, as rows that are drawn step by step: ten thousand at once would hold up the page. */
export function useSteps<T>({
  data,
  error,
  refetch,
}: {
  readonly data: readonly T[] | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}): Rows<T> {
  const [shown, setShown] = useState(STEP);
  const rows = useMemo(() => data?.slice(0, shown), [data, shown]);
  const has_more = (data?.length ?? 0) > shown;
  return { data: rows, error, refetch, more: has_more ? () => setShown(shown + STEP) : null };
}
