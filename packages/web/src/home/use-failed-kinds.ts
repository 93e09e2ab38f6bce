import type { CairnClient } from '@cairn/sdk';
import { SCHEMAS } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useReadAgainOn } from '../live/use-events.ts';
import { readMoment } from '../runs/read-range.ts';
import { useSession } from '../session/session.ts';
import { failedPairs, type FailedKind, type FailedPair } from './failed-kinds.ts';

/** Runs of others send no events. */
const REFRESH_MS = 30_000;
const NEWEST_READ = 50;
const KINDS_READ = 50;
/** Each has a count of its own. */
const COUNTED_AT_MOST = 10;

/** The failures of the last 24 hours by agent and code, each counted as the list that it links to finds them. */
export function useFailedKinds() {
  const { client } = useSession();
  useReadAgainOn(
    ['home', 'failed_runs'],
    ({ schema_name }) => schema_name === SCHEMAS.agent_response,
  );
  return useQuery({
    queryKey: ['home', 'failed_runs'],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }): Promise<readonly FailedKind[]> => {
      const start_time = readMoment('24h', Date.now()) ?? '';
      const [kinds, newest] = await Promise.all([
        client.runs.failureKinds({ start_time, limit: KINDS_READ }, { signal }),
        client.runs.list(
          { status: 'failure', start_time, fields: 'summary', page_size: NEWEST_READ },
          { signal },
        ),
      ]);
      const pairs = failedPairs(kinds, newest.items).slice(0, COUNTED_AT_MOST);
      const counted = await Promise.all(
        pairs.map((pair) => countFailed(client, pair, start_time, signal)),
      );
      return counted.filter((each) => each !== null);
    },
  });
}

/** Null when there is none: the runs of a failure may have been deleted. */
async function countFailed(
  client: CairnClient,
  { agent_id, code }: FailedPair,
  start_time: string,
  signal: AbortSignal,
): Promise<FailedKind | null> {
  const { items, total, is_total_bounded } = await client.runs.list(
    {
      agent_id,
      status: 'failure',
      start_time,
      fields: 'summary',
      page_size: 1,
      count: true,
      ...(code === null ? {} : { q: code }),
    },
    { signal },
  );
  const [newest] = items;
  if (newest === undefined) return null;
  return { agent_id, code, count: total ?? 1, is_bounded: is_total_bounded, newest };
}
