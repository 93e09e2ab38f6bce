/** What the page says of its connection. `offline` is a reconnect that has lasted, and the page says so loudly. */
export type ConnectionPhase = 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface Connection {
  readonly phase: ConnectionPhase;
  /** True once the stream has been open: from then on lists can be read without missing an event. */
  readonly has_been_live: boolean;
  /** When the connection was lost, in milliseconds, or null while it stands. */
  readonly lost_at: number | null;
}

/** What moves the connection from phase to phase. */
export type ConnectionSignal = 'open' | 'lost' | 'refused' | 'tick';

/** After this long without a connection, "reconnecting" becomes "offline". */
export const OFFLINE_AFTER_MS = 6_000;

export const FIRST_CONNECTION: Connection = {
  phase: 'connecting',
  has_been_live: false,
  lost_at: null,
};

/** The connection after a signal. `now` in milliseconds. */
export function nextConnection(
  connection: Connection,
  signal: ConnectionSignal,
  now: number,
): Connection {
  if (signal === 'open') {
    return connection.phase === 'live'
      ? connection
      : { phase: 'live', has_been_live: true, lost_at: null };
  }
  const lost_at = connection.lost_at ?? now;
  if (signal === 'refused') return { ...connection, phase: 'offline', lost_at };
  if (signal === 'lost') {
    const phase = connection.phase === 'offline' ? 'offline' : 'reconnecting';
    return phase === connection.phase && connection.lost_at !== null
      ? connection
      : { ...connection, phase, lost_at };
  }
  const is_long = connection.lost_at !== null && now - connection.lost_at >= OFFLINE_AFTER_MS;
  return connection.phase === 'reconnecting' && is_long
    ? { ...connection, phase: 'offline' }
    : connection;
}
