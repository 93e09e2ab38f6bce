import { SCHEMAS } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useReadAgainOn } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';

export const PENDING_APPROVALS = ['approvals', 'pending'] as const;
const SHOWN_AT_MOST = 50;

/** The tool calls that wait for a person, newest first; read again when one is asked for or decided. */
export function usePendingApprovals() {
  const { client } = useSession();
  useReadAgainOn(
    PENDING_APPROVALS,
    ({ schema_name }) =>
      schema_name === SCHEMAS.approval_request || schema_name === SCHEMAS.approval_response,
  );
  return useQuery({
    queryKey: PENDING_APPROVALS,
    queryFn: async ({ signal }) =>
      (await client.approvals.list({ state: 'pending', limit: SHOWN_AT_MOST }, { signal })).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
