import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from '../../session/session.ts';
import { operationKeys } from '../operation-keys.ts';
import { parseMetrics } from './parse-metrics.ts';
import { readFigures, type Figures, type Reading } from './read-figures.ts';

/** How often the server is looked at while the page is visible. */
const REFRESH_MS = 5_000;
/** Five minutes of looks. */
const LOOKS_KEPT = 60;

interface Measured {
  readonly last: Reading;
  /** Oldest first. */
  readonly figures: readonly Figures[];
}

/** The figures of the server, looked at every five seconds, with those of the last five minutes. */
export function useFigures() {
  const { client } = useSession();
  const cache = useQueryClient();
  return useQuery({
    queryKey: operationKeys.metrics,
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }): Promise<Measured> => {
      const text = await client.metrics({ signal });
      const last = { at: Date.now(), samples: parseMetrics(text) };
      const before = cache.getQueryData<Measured>(operationKeys.metrics);
      const figures = readFigures(last, before?.last ?? null);
      return { last, figures: [...(before?.figures ?? []), figures].slice(-LOOKS_KEPT) };
    },
  });
}

/** One look at whether the server answers. */
interface HealthLook {
  /** Milliseconds from the question to the answer; null when there was none. */
  readonly took_ms: number | null;
  readonly status: string | null;
  readonly error: unknown;
}

/** How long the way to the server and back takes, measured every five seconds, oldest first. */
export function useHealth() {
  const { client } = useSession();
  const cache = useQueryClient();
  return useQuery({
    queryKey: operationKeys.health,
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }): Promise<readonly HealthLook[]> => {
      const began = performance.now();
      // A failure is a finding too.
      const look = await client.health({ signal }).then(
        ({ status }) => ({ took_ms: performance.now() - began, status, error: null }),
        (error: unknown) => ({ took_ms: null, status: null, error }),
      );
      const before = cache.getQueryData<readonly HealthLook[]>(operationKeys.health) ?? [];
      return [...before, look].slice(-LOOKS_KEPT);
    },
  });
}

/** Whether the server can do all its work, looked at as often. */
export function useReadiness() {
  const { client } = useSession();
  return useQuery({
    queryKey: operationKeys.ready,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => client.ready({ signal }),
  });
}
