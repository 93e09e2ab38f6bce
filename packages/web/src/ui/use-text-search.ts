import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { readTexts, type TextSearch } from '../routes/search.ts';

/**
 * The texts in the address of the page, and how to change some of them: an empty text leaves the address. Filters, tabs
 * and selections live there, so that every view can be linked to. A change replaces the entry of the browser's history
 * unless `push` is given.
 */
export function useTextSearch(): readonly [
  TextSearch,
  (changes: TextSearch, options?: { push?: boolean }) => void,
] {
  const raw = useSearch({ strict: false });
  // The same object while the address stays the same, so that what is made of it does too.
  const search = useMemo(() => readTexts(raw), [raw]);
  const navigate = useNavigate();
  const change = useCallback(
    (changes: TextSearch, { push = false }: { push?: boolean } = {}) => {
      void navigate({
        to: '.',
        search: (known: Readonly<Record<string, unknown>>) =>
          readTexts({ ...known, ...changes }) as never,
        replace: !push,
      });
    },
    [navigate],
  );
  return [search, change];
}
