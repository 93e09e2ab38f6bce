import type { CairnClient } from '@cairn/sdk';
import { createContext, useContext } from 'react';
import type { Live } from '../live/live.ts';

/** What a signed-in page works with. */
export interface Session {
  readonly client: CairnClient;
  readonly live: Live;
  /** Forgets the key; null in dev mode, where there is none to forget. */
  readonly signOut: (() => void) | null;
}

/** Filled by the session gate. */
export const SessionContext = createContext<Session | null>(null);

/** The session of the page. Throws outside of the session gate. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of SessionGate');
  return session;
}
