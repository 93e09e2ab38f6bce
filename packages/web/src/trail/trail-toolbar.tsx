import { useNavigate, useSearch } from '@tanstack/react-router';
import { Pause, Play, Search, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';

const TYPING_MS = 200;

/** Filters of the trail, which live in the address, and the pause button. */
export function TrailToolbar({
  schemas,
  is_paused,
  onPause,
}: {
  schemas: readonly string[];
  is_paused: boolean;
  onPause: () => void;
}) {
  const { schema = '', q = '' } = useSearch({ from: '/chat/{-$conversation_id}' });
  const navigate = useNavigate({ from: '/chat/{-$conversation_id}' });
  const setFilter = (change: { q?: string; schema?: string }) =>
    void navigate({ search: (known) => ({ ...known, ...change }), replace: true });
  // A schema from the address is offered even when no row has it yet.
  const offered = schema !== '' && !schemas.includes(schema) ? [schema, ...schemas] : schemas;
  return (
    <div className="shrink-0 border-b border-line">
      <div className="flex h-12 items-center gap-2 pr-2 pl-4">
        <h2 className="flex-1 text-sm font-medium">Trail</h2>
        <IconButton
          label={is_paused ? 'Go on' : 'Pause'}
          aria-pressed={is_paused}
          onClick={onPause}
          className={classNames(is_paused && 'bg-warn-soft text-warn')}
        >
          {is_paused ? (
            <Play className="size-4" aria-hidden />
          ) : (
            <Pause className="size-4" aria-hidden />
          )}
        </IconButton>
      </div>
      <div className="flex gap-2 px-3 pb-3">
        <WordFilter value={q} onChange={(next) => setFilter({ q: next })} />
        <select
          aria-label="Schema"
          value={schema}
          onChange={(event) => setFilter({ schema: event.target.value })}
          className="h-9 w-36 rounded-lg border border-line bg-raised px-2 text-xs text-ink-soft hover:border-line-strong"
        >
          <option value="">All schemas</option>
          {offered.map((name) => (
            <option key={name} value={name}>
              {name === 'none' ? 'without schema' : name}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

/** The field answers each key at once; the address follows when the typing rests. */
function WordFilter({ value, onChange }: { value: string; onChange: (next: string) => void }) {
  const [text, setText] = useState(value);
  const [synced, setSynced] = useState(value);
  if (synced !== value) {
    // The address changed from elsewhere, such as by the back button.
    setSynced(value);
    setText(value);
  }
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => {
      setSynced(text);
      onChange(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="relative min-w-0 flex-1">
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-ink-faint"
        aria-hidden
      />
      <input
        aria-label="Filter the trail"
        placeholder="Filter by text or tag"
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        className="h-9 w-full rounded-lg border border-line bg-raised pr-8 pl-8 text-xs placeholder:text-ink-faint hover:border-line-strong"
      />
      {text !== '' && (
        <button
          type="button"
          aria-label="Clear the filter"
          onClick={() => setText('')}
          className="absolute top-1/2 right-1 inline-flex size-7 -translate-y-1/2 items-center justify-center rounded-md text-ink-faint hover:text-ink"
        >
          <X className="size-3.5" aria-hidden />
        </button>
      )}
    </div>
  );
}
