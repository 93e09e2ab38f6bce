import { Search, X } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, useState, type ReactNode } from 'react';
import { classNames } from './class-names.ts';

const BOX =
  'h-9 rounded-lg border border-line bg-raised text-sm text-ink transition-colors hover:border-line-strong';
/** Typing is over after this long without a key. */
const QUIET_MS = 250;

/** The row of filters above a list. */
export function FilterBar({ children, onClear }: { children: ReactNode; onClear?: () => void }) {
  return (
    <div role="search" className="mb-3 flex flex-wrap items-center gap-2">
      {children}
      {onClear && (
        <button
          type="button"
          onClick={onClear}
          className="inline-flex h-9 items-center gap-1 rounded-lg px-2 text-xs text-ink-soft hover:bg-sunken hover:text-ink"
        >
          <X className="size-3.5" aria-hidden />
          Clear
        </button>
      )}
    </div>
  );
}

/** A filter by words. It is told once typing pauses; `/` anywhere on the page leads here when it is the page's first. */
export function SearchFilter({
  label,
  value,
  onChange,
  is_first = true,
  className,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  is_first?: boolean;
  className?: string;
}) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useEffectEvent(onChange);
  useEffect(() => {
    // The address can change by itself, such as by the back button.
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      tell(text);
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className={classNames('relative min-w-0 max-sm:w-full', className)}>
      <Search
        className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-ink-faint"
        aria-hidden
      />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => setText(event.target.value)}
        {...(is_first ? { 'data-page-filter': '' } : {})}
        className={classNames(BOX, 'w-full pr-2 pl-8 placeholder:text-ink-faint sm:w-64')}
      />
    </div>
  );
}

/** A filter with a few choices; the empty choice does not narrow. */
export function SelectFilter({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: readonly (string | { readonly value: string; readonly name: string })[];
  onChange: (value: string) => void;
}) {
  const choices = options.map((each) =>
    typeof each === 'string' ? { value: each, name: each } : each,
  );
  // What the address asks for is shown, even if the list of choices does not know it.
  const is_unknown = value !== '' && !choices.some((each) => each.value === value);
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={classNames(
        BOX,
        'max-w-48 pr-2 pl-2.5',
        value === '' ? 'text-ink-soft' : 'border-accent font-medium',
      )}
    >
      <option value="">{label}: all</option>
      {is_unknown && <option value={value}>{value}</option>}
      {choices.map((each) => (
        <option key={each.value} value={each.value}>
          {each.name}
        </option>
      ))}
    </select>
  );
}
