import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

/** Routes for everybody. A new one belongs here only when it shows nothing of a tenant. */
const PUBLIC = [
  'GET /.well-known/jwks.json',
  'GET /v1/health',
  'GET /v1/metrics',
  'GET /v1/ready',
  'POST /v1/auth/token',
];

interface Route {
  readonly name: string;
  readonly method: string;
  /** With an id that exists nowhere for each parameter. */
  readonly path: string;
}

async function open() {
  const data_dir = await mkdtemp(join(tmpdir(), 'cairn-routes-'));
  onTestFinished(() => rm(data_dir, { recursive: true, force: true }));
  const environment = { AUTH_MODE: 'strict', CAIRN_DATA_DIR: data_dir };
  const program = await startTestProgram({ environment });
  const admin = (await readFile(join(data_dir, 'admin.key'), 'utf8')).trim();
  const { body } = await program.request('GET', '/openapi.json');
  const routes = Object.entries<Json>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((each): Route => {
      const method = each.toUpperCase();
      const name = `${method} ${path}`;
      return { name, method, path: path.replaceAll(/\{\w+\}/g, newId()) };
    }),
  );
  const is_public = ({ name }: Route) => PUBLIC.includes(name);
  return { program, admin, routes, guarded: routes.filter((route) => !is_public(route)) };
}

/** The statuses of all routes for one credential, in one object, so that a failure shows which. */
async function statuses(program: TestProgram, routes: readonly Route[], token: string | null) {
  const found: Record<string, number> = {};
  for (const { name, method, path } of routes) {
    const has_body = method !== 'GET' && method !== 'DELETE';
    const options = { ...(token === null ? {} : { token }), ...(has_body ? { json: {} } : {}) };
    found[name] = (await program.request(method, path, options)).status;
  }
  return found;
}

const all = (routes: readonly Route[], status: number) =>
  Object.fromEntries(routes.map(({ name }) => [name, status]));

describe('every route but the public ones', () => {
  it('is closed to who shows nothing, something wrong, a revoked key, or one that has expired', async () => {
    const { program, admin, routes, guarded } = await open();
    expect(routes.length - guarded.length).toBe(PUBLIC.length);
    const makeKey = async (given: object) => {
      const options = { token: admin, json: { name: 'k', ...given } };
      return (await program.request('POST', '/v1/keys', options)).body as {
        key: string;
        id: string;
      };
    };
    const revoked = await makeKey({});
    await program.request('DELETE', `/v1/keys/${revoked.id}`, { token: admin });
    const expired = await makeKey({ expires_at: new Date(Date.now() + 60_000).toISOString() });
    const { token: late } = (await program.request('POST', '/auth/token', { token: expired.key }))
      .body;
    const expire = "update api_keys set expires_at = now() - interval '1 second' where id = $1";
    await program.db.query({ text: expire, values: [expired.id] });
    const forged = `${(late as string).slice(0, -6)}AAAAAA`;
    for (const credential of [null, 'nonsense', revoked.key, expired.key, forged])
      expect(await statuses(program, guarded, credential), `${credential}`).toEqual(
        all(guarded, 401),
      );
  });

  it('is closed to a token once its time is over', async () => {
    const { program, admin, guarded } = await open();
    const options = { token: admin, json: { ttl_sec: 1 } };
    const { token, exp } = (await program.request('POST', '/auth/token', options)).body;
    expect((await program.request('GET', '/v1/agents', { token })).status).toBe(200);
    await expect.poll(() => Date.now() / 1000).toBeGreaterThan(exp as number);
    expect(await statuses(program, guarded, token as string)).toEqual(all(guarded, 401));
  });

  it('that changes something wants a role', async () => {
    const { program, admin, guarded } = await open();
    const json = { roles: [] };
    const { token } = (await program.request('POST', '/auth/token', { token: admin, json })).body;
    const changing = guarded.filter(({ method }) => method !== 'GET');
    const found = await statuses(program, changing, token as string);
    const accepted = Object.entries(found).filter(([, status]) => status < 400);
    expect(accepted.map(([name]) => name)).toEqual(OPEN_TO_ALL);
  });
});

/** What every principal of a tenant may do for itself, whatever its roles. */
const OPEN_TO_ALL = ['POST /v1/events/tickets'];
