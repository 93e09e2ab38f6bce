import { useNow } from './clock.ts';
import { formatAgo, formatMoment, sayAgo } from './format-time.ts';

/** How long ago something was, with the full moment as its tooltip. */
export function TimeAgo({
  at,
  in_words = false,
  className,
}: {
  at: number;
  /** Within a sentence: `5 min ago`, where a column of times says `5 min`. */
  in_words?: boolean;
  className?: string;
}) {
  const now = useNow();
  return (
    <time
      dateTime={Number.isFinite(at) ? new Date(at).toISOString() : undefined}
      title={formatMoment(at)}
      className={className}
    >
      {in_words ? sayAgo(at, now) : formatAgo(at, now)}
    </time>
  );
}
