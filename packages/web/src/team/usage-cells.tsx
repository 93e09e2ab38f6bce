import { TimeAgo } from '../ui/time-ago.tsx';

/** When something was used last, or that it never was. */
export function LastSeen({ at }: { at: string | null }) {
  if (at === null) return <span className="text-ink-faint">never</span>;
  return <TimeAgo at={Date.parse(at)} className="text-xs text-ink-soft" />;
}

/** How many failed; that none did is nothing to look at. */
export function FailedCount({ count }: { count: number }) {
  return <span className={count > 0 ? 'font-medium text-bad' : 'text-ink-faint'}>{count}</span>;
}
