import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';

/** What a query answered, or a skeleton until it did, or why it did not. */
export function Answered<T>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T>;
  /** What was asked for, as in "… could not be read". */
  what: string;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) {
    return (
      <ErrorNotice
        title={`${what} could not be read`}
        error={query.error}
        onRetry={() => void query.refetch()}
      />
    );
  }
  return <Skeleton className="h-24 w-full rounded-xl" />;
}
