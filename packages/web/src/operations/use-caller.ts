import type { SystemInfo } from '@cairn/sdk';
import { useQuery } from '@tanstack/react-query';
import { systemQuery } from '../live/queries.ts';
import { useSession } from '../session/session.ts';

/** As whom the page acts; undefined while that is read. */
export function useCaller(): (SystemInfo & { readonly is_curator: boolean }) | undefined {
  const { client } = useSession();
  const { data } = useQuery(systemQuery(client));
  return data && { ...data, is_curator: data.roles.includes('curator') };
}
