import type { CairnClient, SystemInfo } from '@cairn/sdk';
import type { Live } from '@cairn/web';
import { createContext, useContext } from 'react';
import type { PageSharing } from '../page/page-sharing.ts';

/** What a signed-in panel works with. */
export interface Session {
  readonly client: CairnClient;
  readonly live: Live;
  readonly sharing: PageSharing;
  readonly system: SystemInfo;
  readonly server_url: string;
}

/** Filled by the session gate. */
export const SessionContext = createContext<Session | null>(null);

/** The session of the panel. Throws outside of the session gate. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of SessionGate');
  return session;
}

/** Where the dashboard shows a breadcrumb. */
export function dashboardLink(server_url: string, breadcrumb_id: string): string {
  return `${server_url}/trail/${encodeURIComponent(breadcrumb_id)}`;
}
