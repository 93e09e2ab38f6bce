import { Link } from '@tanstack/react-router';
import { CircleX } from 'lucide-react';
import { memo, useState } from 'react';
import { classNames } from '../ui/class-names.ts';
import { TimeAgo } from '../ui/time-ago.tsx';
import { SchemaIcon } from './schema-icon.tsx';
import type { TrailRow } from './trail-row.ts';

/** Rows younger than this light up when they are first drawn. */
const FRESH_MS = 4_000;

/** One line of the trail. */
export const TrailLine = memo(function TrailLine({
  row,
  is_selected,
}: {
  row: TrailRow;
  is_selected: boolean;
}) {
  const at = Date.parse(row.at);
  const [is_fresh] = useState(() => Date.now() - at < FRESH_MS);
  const is_deleted = row.action === 'deleted';
  return (
    <li
      data-testid="trail-row"
      data-schema={row.schema_name ?? ''}
      data-id={row.id}
      data-row={row.key}
      className={classNames('border-b border-line', is_fresh && 'animate-arrive')}
    >
      <Link
        from="/chat/{-$conversation_id}"
        search={(known) => ({ ...known, breadcrumb: row.id })}
        data-row-link
        aria-current={is_selected ? 'true' : undefined}
        className={classNames(
          'flex gap-3 px-3 py-2.5 -outline-offset-2 transition-colors',
          is_selected ? 'bg-accent-soft' : 'hover:bg-sunken',
        )}
      >
        <SchemaIcon schema_name={row.schema_name} />
        <div className="min-w-0 flex-1">
          <div className="flex items-baseline gap-2">
            {row.is_failure && (
              <CircleX
                className="size-3.5 shrink-0 self-center text-bad"
                role="img"
                aria-label="Failed"
              />
            )}
            <span
              className={classNames(
                'min-w-0 flex-1 truncate text-sm font-medium',
                is_deleted && 'text-ink-faint line-through',
              )}
            >
              {row.title}
            </span>
            <TimeAgo at={at} className="shrink-0 text-2xs text-ink-faint tabular-nums" />
          </div>
          {row.summary !== null && <p className="truncate text-xs text-ink-soft">{row.summary}</p>}
          <p className="mt-0.5 flex items-center gap-1.5 overflow-hidden mask-r-from-88% text-2xs whitespace-nowrap text-ink-faint">
            <span className="font-mono">{row.schema_name ?? 'no schema'}</span>
            {row.action !== 'created' && (
              <span className={classNames('font-medium', is_deleted ? 'text-bad' : 'text-warn')}>
                {is_deleted ? 'deleted' : `version ${row.version}`}
              </span>
            )}
            {row.tags.map((tag) => (
              <span key={tag} className="rounded bg-sunken px-1.5 text-ink-soft" title={tag}>
                {shortTag(tag)}
              </span>
            ))}
          </p>
        </div>
      </Link>
    </li>
  );
});

/** Tags end in ids so often that the ids are shortened; the tooltip has the whole tag. */
function shortTag(tag: string): string {
  return tag.replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, '$1');
}
