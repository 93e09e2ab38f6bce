/** A SQLSTATE has five characters, and none of its classes begins with E, as the codes of the socket do (`EPIPE`). */
const SQLSTATE = /^[0-9A-DF-Z][0-9A-Z]{4}$/;

/** What a driver's error says of the fault: the SQLSTATE and the constraint, or null for what it does not say. */
export function readSqlState(error: unknown): { state: string | null; constraint: string | null } {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  return {
    state: typeof code === 'string' && SQLSTATE.test(code) ? code : null,
    constraint: typeof constraint === 'string' ? constraint : null,
  };
}
