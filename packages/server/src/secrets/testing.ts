import { ROLES, type Role } from '@cairn/protocol';
import { randomBytes } from 'node:crypto';
import type { DestinationStream } from 'pino';
import { onTestFinished } from 'vitest';
import { createLog, newId, silentLog, type Log } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { createHttpServer, type Principal, type Routes } from '../http/index.ts';
import { authorize, IdentityStore } from '../identity/index.ts';
import { Keyring } from './keyring.ts';
import { SecretAccess } from './secret-access.ts';
import { Secrets } from './secrets.ts';
import { SecretStore } from './store.ts';

/** Secrets on a database of the test's own. */
export interface TestSecrets {
  readonly db: Database;
  readonly store: SecretStore;
  readonly secrets: Secrets;
  readonly access: SecretAccess;
  /** Secrets of a process with other keys on the same database. */
  with(keyring: Keyring): Secrets;
  /** A new agent, of a new tenant when none is given. */
  principal(options?: { owner_id?: string; roles?: readonly Role[] }): Promise<Principal>;
}

export async function openTestSecrets(
  keyring: Keyring = new Keyring(randomBytes(32)),
): Promise<TestSecrets> {
  const db = await openTestDatabase();
  const store = new SecretStore(db);
  const secrets = new Secrets(store, keyring);
  const identity = new IdentityStore(db);
  return {
    db,
    store,
    secrets,
    access: new SecretAccess(store, secrets),
    with: (other) => new Secrets(store, other),
    async principal({ owner_id = newId(), roles = ROLES } = {}) {
      const principal = { owner_id, agent_id: newId(), roles };
      await identity.ensureAgent(principal);
      return principal;
    },
  };
}

/** An answer whose shape the test knows. */
export type Json = ReturnType<typeof JSON.parse>;

/** Asks the API as a principal. */
export type Ask = (
  principal: Principal | null,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  json?: unknown,
) => Promise<{
  status: number;
  headers: Record<string, unknown>;
  body: Json;
  text: string;
  /** Where the next page is. */
  next: string | null;
}>;

/** The real HTTP server with some routes and the real policy; who asks is what the test says. */
export async function openTestApi(routes: readonly Routes[], log: Log = silentLog): Promise<Ask> {
  const principals = new Map<string, Principal>();
  const server = await createHttpServer(
    {
      version: '0.0.0',
      log,
      trust: { is_local_only: false, origins: [] },
      authenticate: async (request) =>
        principals.get(request.headers.authorization ?? '') as Principal,
      authorize,
    },
    routes,
  );
  onTestFinished(() => server.close());
  return async (principal, method, path, json) => {
    const token = newId();
    if (principal) principals.set(token, principal);
    const response = await server.inject({
      method,
      url: path,
      headers: { authorization: token },
      ...(json === undefined ? {} : { payload: json as object }),
    });
    const is_json = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: is_json ? response.json() : null,
      text: response.body,
      next: /<([^>]+)>; rel="next"/.exec(linkOf(response.headers['link']))?.[1] ?? null,
    };
  };
}

function linkOf(header: unknown): string {
  return typeof header === 'string' ? header : '';
}

/** A log of every level whose lines the test can read. */
export function openTestLog(): { log: Log; text: () => string } {
  const lines: string[] = [];
  const destination: DestinationStream = { write: (line) => void lines.push(line) };
  return { log: createLog('debug', destination), text: () => lines.join('') };
}
