import { Radio } from 'lucide-react';
import { dashboardLink, useSession } from '../session/session.ts';
import type { SharedPage } from './share-page.ts';

/** Says that a page is shared now, and leads to its breadcrumb. */
export function SharedNotice({ shared }: { shared: SharedPage }) {
  const { server_url } = useSession();
  return (
    <div
      role="status"
      data-testid="shared-page"
      className="flex items-center gap-2 rounded-lg bg-accent-soft px-3 py-2 text-xs"
    >
      <Radio className="size-3.5 shrink-0 text-accent" aria-hidden />
      <span className="min-w-0 flex-1">
        <span className="block truncate">
          Shared: <span className="font-medium">{shared.title || shared.url}</span>
        </span>
        <a
          href={dashboardLink(server_url, shared.breadcrumb_id)}
          target="_blank"
          rel="noreferrer"
          className="underline underline-offset-2"
        >
          Show this breadcrumb
        </a>
      </span>
    </div>
  );
}
