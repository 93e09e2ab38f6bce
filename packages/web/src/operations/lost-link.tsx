import { Link } from '@tanstack/react-router';
import { readLostEvent } from './read-lost-event.ts';

/** The breadcrumb of an event that was not delivered. It may be gone by now: its page says so. */
export function LostLink({ payload }: { payload: unknown }) {
  const lost = readLostEvent(payload);
  if (lost === null) return '–';
  return (
    <Link
      to="/trail/$id"
      params={{ id: lost.breadcrumb_id }}
      title={lost.title}
      // Above the link that covers a row.
      className="relative z-10 text-accent underline underline-offset-4"
    >
      {lost.title}
    </Link>
  );
}
