import { Waypoints } from 'lucide-react';
import type { ReactNode } from 'react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNotice } from '../../ui/error-notice.tsx';
import { Logo } from '../../ui/logo.tsx';

/** The picture once there is something to draw; until then why there is none. */
export function Stage({
  is_pending,
  is_empty,
  error,
  retry,
  children,
}: {
  is_pending: boolean;
  is_empty: boolean;
  error: unknown;
  retry: () => void;
  children: ReactNode;
}) {
  if (error !== null) {
    return (
      <Middle>
        <ErrorNotice title="The canvas could not be read" error={error} onRetry={retry} />
      </Middle>
    );
  }
  if (is_pending) return <Opening />;
  if (!is_empty) return children;
  return (
    <Middle>
      <EmptyState
        Icon={Waypoints}
        title="Nothing to draw yet"
        command={'npx cairn say "what is 17% of 2340?"'}
      >
        Agents, tools, conversations and breadcrumbs appear here as they are made.
      </EmptyState>
    </Middle>
  );
}

function Middle({ children }: { children: ReactNode }) {
  return (
    <div className="flex h-full items-center justify-center p-6">
      <div className="w-full max-w-md">{children}</div>
    </div>
  );
}

/** Something is on its way. */
export function Opening() {
  return (
    <div className="flex h-full items-center justify-center" aria-busy="true">
      <Logo className="size-10 text-ink-faint" is_working />
      <span className="sr-only">Loading the graph…</span>
    </div>
  );
}
