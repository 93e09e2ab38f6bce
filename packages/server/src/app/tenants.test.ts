import { newId } from '../base/index.ts';
import { describe, expect, it } from 'vitest';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

/** What a foreign principal of all roles gets from each route that names a thing of another tenant. */
const BY_ID: Record<string, (id: string) => { path: string; json?: unknown }> = {
  'GET /v1/breadcrumbs/{id}': (id) => ({ path: `/v1/breadcrumbs/${id}` }),
  'GET /v1/breadcrumbs/{id}/full': (id) => ({ path: `/v1/breadcrumbs/${id}/full` }),
  'GET /v1/breadcrumbs/{id}/history': (id) => ({ path: `/v1/breadcrumbs/${id}/history` }),
  'PATCH /v1/breadcrumbs/{id}': (id) => ({
    path: `/v1/breadcrumbs/${id}`,
    json: { title: 'theirs' },
  }),
  'DELETE /v1/breadcrumbs/{id}': (id) => ({ path: `/v1/breadcrumbs/${id}` }),
  'DELETE /v1/breadcrumbs/{id}/full': (id) => ({ path: `/v1/breadcrumbs/${id}/full` }),
};
/** Routes that name no thing, or whose things another test of this file looks at. */
const WITHOUT_ID = new Set([
  'GET /.well-known/jwks.json',
  'GET /v1/health',
  'GET /v1/system',
  'POST /v1/auth/token',
  'GET /v1/breadcrumbs',
  'POST /v1/breadcrumbs',
  'GET /v1/breadcrumbs/search',
  'GET /v1/events/stream',
  'POST /v1/events/tickets',
  'GET /v1/keys',
  'POST /v1/keys',
  'DELETE /v1/keys/{id}',
]);

const MARK = 'only for its own tenant';

interface Scene {
  program: TestProgram;
  own: string;
  foreign: string;
  id: string;
  tag: string;
}

async function open(): Promise<Scene> {
  const program = await startTestProgram();
  const own = await program.token({ owner_id: newId(), agent_id: newId() });
  const foreign = await program.token({ owner_id: newId(), agent_id: newId() });
  const tag = `tag-${newId()}`;
  const json = { title: MARK, context: { text: MARK }, tags: [tag], schema_name: 'own.v1' };
  const { body } = await program.request('POST', '/breadcrumbs', { token: own, json });
  return { program, own, foreign, id: body.id, tag };
}

async function routesOf(program: TestProgram): Promise<string[]> {
  const { body } = await program.request('GET', '/openapi.json');
  return Object.entries<Json>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

describe('a tenant', () => {
  it('has a place in this matrix for each of its records routes', async () => {
    const { program } = await open();
    const routes = await routesOf(program);
    const records = routes.filter((route) => / \/v1\/(breadcrumbs|events|keys|auth)\b/.test(route));
    expect(records.filter((route) => !BY_ID[route] && !WITHOUT_ID.has(route))).toEqual([]);
    for (const route of Object.keys(BY_ID)) expect(routes).toContain(route);
  });

  it('is closed to principals of another on every route, as if nothing were there', async () => {
    const { program, own, foreign, id } = await open();
    const before = await program.request('GET', `/breadcrumbs/${id}/full`, { token: own });
    for (const prefix of ['', '/v1']) {
      for (const [route, make] of Object.entries(BY_ID)) {
        const [method = ''] = route.split(' ');
        const ask = (thing: string) => {
          const { path, json } = make(thing);
          return program.request(method, path.replace('/v1', prefix), {
            token: foreign,
            ...(json === undefined ? {} : { json }),
          });
        };
        const [theirs, nowhere] = [await ask(id), await ask(newId())];
        expect([route, theirs.status]).toEqual([route, 404]);
        expect(theirs.body.code).toBe('not_found');
        expect(Object.keys(theirs.body)).toEqual(Object.keys(nowhere.body));
        expect(theirs.body.detail.length).toBe(nowhere.body.detail.length);
      }
    }
    expect(await program.request('GET', `/breadcrumbs/${id}/full`, { token: own })).toMatchObject({
      body: before.body,
    });
  });

  it('is not in the lists of another, whatever is asked for', async () => {
    const { program, own, foreign, tag } = await open();
    const queries = [
      '',
      `tag=${tag}`,
      `any_tags=${tag}`,
      `all_tags=${tag}`,
      'schema_name=own.v1',
      'q=tenant',
    ];
    for (const query of queries.flatMap((each) => [each, `${each}&include_context=true`])) {
      const mine = await program.request('GET', `/breadcrumbs?${query}`, { token: own });
      expect([query, mine.body.length]).toEqual([query, 1]);
      const theirs = await program.request('GET', `/breadcrumbs?${query}`, { token: foreign });
      expect([query, theirs.body]).toEqual([query, []]);
    }
  });

  it('cannot be entered by a cursor, a body or an idempotency key of it', async () => {
    const { program, own, foreign, id } = await open();
    for (let n = 0; n < 2; n++)
      await program.request('POST', '/breadcrumbs', {
        token: own,
        json: { title: MARK, context: {}, tags: [] },
        headers: { 'idempotency-key': `k${n}` },
      });
    const page = await program.request('GET', '/v1/breadcrumbs?limit=1', { token: own });
    const next = /<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    expect((await program.request('GET', next, { token: own })).body).toHaveLength(1);
    expect((await program.request('GET', next, { token: foreign })).body).toEqual([]);
    const { owner_id } = (await program.request('GET', `/breadcrumbs/${id}/full`, { token: own }))
      .body;
    const made = await program.request('POST', '/breadcrumbs', {
      token: foreign,
      json: { title: MARK, context: {}, tags: [], owner_id, id, created_by: owner_id, version: 9 },
      headers: { 'idempotency-key': 'k0' },
    });
    expect(made.status).toBe(201);
    expect(made.body.owner_id).not.toBe(owner_id);
    expect(made.body).toMatchObject({ version: 1 });
    expect(made.body.id).not.toBe(id);
  });

  it('has keys of its own', async () => {
    const { program, own, foreign } = await open();
    const made = await program.request('POST', '/v1/keys', { token: own, json: { name: 'own' } });
    const { id, key } = made.body;
    expect((await program.request('GET', '/v1/keys', { token: foreign })).body).toEqual([]);
    expect((await program.request('DELETE', `/v1/keys/${id}`, { token: foreign })).status).toBe(
      404,
    );
    expect((await program.request('GET', '/breadcrumbs', { token: key })).body).toHaveLength(1);
  });

  it('is not heard on the streams of another', async () => {
    const { program, own, foreign, tag } = await open();
    const ending = new AbortController();
    const types = 'types=breadcrumb.created,breadcrumb.updated,breadcrumb.deleted';
    const listen = (token: string) =>
      fetch(`${program.url}/events/stream?last_event_id=0&${types}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: ending.signal,
      });
    const [mine, theirs] = [await listen(own), await listen(foreign)];
    const last = { title: 'last', context: {}, tags: [tag] };
    await program.request('POST', '/breadcrumbs', { token: own, json: last });
    await program.request('POST', '/breadcrumbs', { token: foreign, json: last });
    const heard_by_them = await readUntil(theirs, '"title":"last"');
    const heard_by_me = await readUntil(mine, '"title":"last"');
    ending.abort();
    expect(heard_by_them).not.toContain(MARK);
    expect(heard_by_me).toContain(MARK);
  });
});

async function readUntil(response: Response, text: string): Promise<string> {
  let heard = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    heard += decoder.decode(chunk as Uint8Array, { stream: true });
    if (heard.includes(text)) break;
  }
  return heard;
}
