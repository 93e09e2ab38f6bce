import type { ReactNode } from 'react';
import { Skeleton } from './skeleton.tsx';
import { Sparkline } from './sparkline.tsx';

/** A figure with its name and, where it has a past, how it went. `value` is undefined while it loads. */
export function Stat({
  name,
  value,
  detail,
  points,
}: {
  name: string;
  value: ReactNode | undefined;
  detail?: ReactNode;
  /** Equal steps of time, oldest first; null where nothing was measured. */
  points?: readonly (number | null)[];
}) {
  return (
    <div className="min-w-0 rounded-xl border border-line bg-raised p-4">
      <p className="truncate text-xs text-ink-soft">{name}</p>
      <div className="mt-1 flex items-end justify-between gap-3">
        <div className="max-w-full shrink-0 truncate text-2xl font-semibold tracking-tight tabular-nums">
          {value === undefined ? <Skeleton className="my-1 h-6 w-16" /> : value}
        </div>
        {points !== undefined && points.length > 1 && (
          // What is said goes before how it went.
          <Sparkline points={points} className="h-8 w-24 min-w-0 text-accent" />
        )}
      </div>
      {detail !== undefined && <p className="mt-1 text-2xs break-words text-ink-faint">{detail}</p>}
    </div>
  );
}
