import { useNow } from './clock.ts';
import { formatAgo, formatMoment } from './format-time.ts';

/** How long ago something was, with the full moment as its tooltip. */
export function TimeAgo({ at, className }: { at: number; className?: string }) {
  const now = useNow();
  return (
    <time
      dateTime={Number.isFinite(at) ? new Date(at).toISOString() : undefined}
      title={formatMoment(at)}
      className={className}
    >
      {formatAgo(at, now)}
    </time>
  );
}
