import { Link } from '@tanstack/react-router';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Logo } from '../ui/logo.tsx';
import { Skeleton } from '../ui/skeleton.tsx';

/** An address that names nothing. */
export function NotFound() {
  return (
    <main className="flex min-h-full flex-col items-center justify-center gap-4 p-6 text-center">
      <Logo className="size-12 text-ink-faint" />
      <h1 className="text-lg font-semibold">There is nothing at this address</h1>
      <Link to="/" className="text-sm font-medium text-accent underline underline-offset-4">
        To the home page
      </Link>
    </main>
  );
}

/** The page is on its way. */
export function PageLoading() {
  return (
    <main className="h-full bg-surface px-4 py-7 md:px-8" aria-busy="true">
      <div className="mx-auto max-w-[84rem] space-y-4">
        <Skeleton className="h-7 w-48" />
        <Skeleton className="h-9 w-full max-w-lg" />
        <Skeleton className="h-64 w-full rounded-xl" />
      </div>
      <span className="sr-only">Loading…</span>
    </main>
  );
}

/** The page itself failed. */
export function PageFailed({ error }: { error: unknown }) {
  return (
    <main className="flex min-h-full items-center justify-center p-6">
      <div className="w-full max-w-md">
        <ErrorNotice
          title="The page failed"
          error={error}
          onRetry={() => globalThis.location.reload()}
        />
      </div>
    </main>
  );
}
