import { useId } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { SelectFilter } from '../ui/filters.tsx';
import { fromLocalField, RANGES, toLocalField } from './read-range.ts';

/** Narrows by time: a span that ends now, or from one moment to another. `since` and `until` of the address. */
export function RangeFilter({
  search,
  change,
  fallback = '',
}: {
  search: TextSearch;
  change: (changes: TextSearch) => void;
  /** The span that counts when the address says none. */
  fallback?: string;
}) {
  const said = search['since'] ?? fallback;
  const since = said === ALWAYS ? '' : said;
  return (
    <SelectFilter
      label="Time"
      value={RANGES.some(({ value }) => value === since) ? since : since === '' ? '' : 'between'}
      options={[...RANGES, { value: 'between', name: 'between…' }]}
      onChange={(value) =>
        change(rangeOf(value === '' && fallback !== '' ? ALWAYS : value, search))
      }
    />
  );
}

/** In the address where no span would mean another one. */
const ALWAYS = 'all';

function rangeOf(value: string, search: TextSearch): TextSearch {
  if (value !== 'between') return { since: value, until: '' };
  const day_ago = new Date(Date.now() - 86_400_000).toISOString();
  return { since: day_ago, until: search['until'] ?? '' };
}

/** The two moments of a range that is chosen by hand; nothing for one that ends now. */
export function MomentFields({
  search,
  change,
}: {
  search: TextSearch;
  change: (changes: TextSearch) => void;
}) {
  const { since = '', until = '' } = search;
  if (since === '' && until === '') return null;
  if (since === ALWAYS || RANGES.some(({ value }) => value === since)) return null;
  return (
    <>
      <MomentField name="From" value={since} onChange={(value) => change({ since: value })} />
      <MomentField name="Until" value={until} onChange={(value) => change({ until: value })} />
    </>
  );
}

function MomentField({
  name,
  value,
  onChange,
}: {
  name: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <span className="inline-flex items-center gap-1.5 text-xs text-ink-soft">
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        type="datetime-local"
        value={toLocalField(value)}
        onChange={(event) => onChange(fromLocalField(event.target.value))}
        className="h-9 rounded-lg border border-line bg-raised px-2 text-sm text-ink hover:border-line-strong"
      />
    </span>
  );
}
