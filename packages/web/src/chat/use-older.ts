import { skipToken, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { OlderPage } from '../live/queries.ts';
import { queryKeys } from '../live/query-keys.ts';
import { useToaster } from '../ui/toasts.tsx';

/** What is older than what is known of a list. */
export interface Older {
  readonly read: () => void;
  readonly is_reading: boolean;
}

/** The way to what is older in a list that is read from its newest end; null when all of it is known. */
export function useOlder(list: readonly unknown[], read: () => Promise<void>): Older | null {
  const toaster = useToaster();
  const [is_reading, setReading] = useState(false);
  const { data } = useQuery<OlderPage>({ queryKey: queryKeys.older(list), queryFn: skipToken });
  if ((data?.cursor ?? null) === null) return null;
  return {
    is_reading,
    read() {
      if (is_reading) return;
      setReading(true);
      void read()
        .catch((error: unknown) => toaster.failed('What is older could not be read', error))
        .finally(() => setReading(false));
    },
  };
}
