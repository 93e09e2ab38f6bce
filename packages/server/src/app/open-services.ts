import { messageOf, type Log } from '../base/index.ts';
import { createNatsBus, readNatsAddress, type Bus } from '../bus/index.ts';
import { openPostgres, type Database } from '../db/index.ts';

/**
 * A service that a setting names does not let us in. `message` says which setting, where that is, what went wrong and
 * what to do; never a password.
 */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'connection_failed';
}

/** `openPostgres` with the address of a setting. @throws UnreachableError */
export async function openNamedPostgres(
  setting: 'DATABASE_URL' | 'INGEST_DATABASE_URL' | 'QUERY_DATABASE_URL',
  options: { readonly url: string; readonly pool_size: number; readonly log: Log },
): Promise<Database> {
  try {
    return await openPostgres(options);
  } catch (error) {
    const rest =
      setting === 'DATABASE_URL'
        ? '; without it, a process with all roles keeps its data in its own folder'
        : '';
    const advice = `Start it, or correct ${setting}${rest}.`;
    throw unreachable('PostgreSQL', placeOf(options.url), { setting, advice }, error);
  }
}

/** `createNatsBus` with the address of NATS_URL. @throws UnreachableError; Error for an address that is none */
export async function openNamedNats(url: string, log: Log): Promise<Bus> {
  const places = readNatsAddress(url).servers;
  try {
    return await createNatsBus(url, 'cairn', log);
  } catch (error) {
    const named = {
      setting: 'NATS_URL',
      advice:
        'Start it, set NATS_URL to another, or leave it out and PostgreSQL carries the hints.',
    };
    throw unreachable('NATS server', [places].flat().join(', '), named, error);
  }
}

function unreachable(
  what: string,
  place: string,
  { setting, advice }: { setting: string; advice: string },
  cause: unknown,
): UnreachableError {
  const why = messageOf(cause) || codeOf(cause);
  return new UnreachableError(
    `the ${what} at ${place}, which ${setting} names, cannot be used: ${why.replace(/\.$/, '')}. ${advice}`,
    { cause },
  );
}

/** Host and port of an address, without what may be secret. */
function placeOf(address: string): string {
  const { hostname, port } = URL.parse(address) ?? { hostname: '', port: '' };
  return hostname === '' ? 'the address' : `${hostname}:${port || '5432'}`;
}

/** A host with several addresses fails with an error for each, and no message of its own. */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? 'it does not answer' : codeOf(cause);
}
