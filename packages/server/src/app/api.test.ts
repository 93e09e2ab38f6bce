import { describe, expect, it } from 'vitest';
import { checksum, newId } from '../base/index.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

const record = (given: object = {}) => ({
  title: 'A record',
  context: { n: 1 },
  tags: ['t'],
  ...given,
});

async function open() {
  const program = await startTestProgram();
  const owner_id = newId();
  const agent = (...roles: string[]) => program.token({ owner_id, agent_id: newId(), roles });
  const curator = await agent('curator');
  const emitter = await agent('emitter');
  const create = async (token: string, json: object, headers: Record<string, string> = {}) =>
    program.request('POST', '/breadcrumbs', { token, json, headers });
  return { program, agent, curator, emitter, create };
}

async function eventsOf(program: TestProgram, id: string): Promise<Json[]> {
  const { rows } = await program.db.query<Json>({
    text: 'select kind, version, sensitivity, context, updated_by from events where breadcrumb_id = $1 order by seq',
    values: [id],
  });
  return rows;
}

describe('a breadcrumb over HTTP', () => {
  it('is created with 201, an ETag and all its fields', async () => {
    const { emitter, create } = await open();
    const { status, headers, body } = await create(emitter, {
      ...record(),
      tags: ['b', 'a', 'b'],
      schema_name: 'note.v1',
      description: 'About',
      semantic_version: '1.2.3',
      llm_hints: { include: ['n'] },
      visibility: 'public',
      sensitivity: 'pii',
      ttl: '2100-01-01T01:00:00+01:00',
    });
    expect(status).toBe(201);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      owner_id: expect.any(String),
      title: 'A record',
      context: { n: 1 },
      tags: ['b', 'a'],
      schema_name: 'note.v1',
      description: 'About',
      semantic_version: '1.2.3',
      llm_hints: { include: ['n'] },
      visibility: 'public',
      sensitivity: 'pii',
      ttl: '2100-01-01T00:00:00.000Z',
      ttl_type: 'datetime',
      ttl_config: null,
      ttl_source: 'explicit',
      read_count: 0,
      version: 1,
      checksum: checksum({ n: 1 }),
      size_bytes: 7,
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
      created_by: expect.any(String),
      updated_by: body.created_by,
      embedding: null,
    });
  });

  it('is read as it was written, in three views, by an id in any case', async () => {
    const { program, emitter, create } = await open();
    const { body } = await create(emitter, record());
    const read = (rest: string) =>
      program.request('GET', `/breadcrumbs/${body.id.toUpperCase()}${rest}`, { token: emitter });
    const full = await read('/full');
    expect(full.body).toEqual(body);
    expect(full.headers.get('etag')).toBe('"1"');
    const view = await read('');
    expect(Object.keys(view.body).toSorted()).toEqual([
      'context',
      'description',
      'id',
      'llm_hints',
      'schema_name',
      'semantic_version',
      'tags',
      'title',
      'updated_at',
      'version',
    ]);
    expect(view.headers.get('etag')).toBe('"1"');
    expect((await read('/history')).body).toEqual([
      {
        version: 1,
        title: 'A record',
        tags: ['t'],
        context: { n: 1 },
        checksum: body.checksum,
        updated_at: body.updated_at,
        updated_by: body.created_by,
      },
    ]);
  });

  it('is changed by PATCH: what is absent stays, null clears, and the answer is the whole', async () => {
    const { program, emitter, create } = await open();
    const { body: made } = await create(emitter, {
      ...record(),
      description: 'd',
      schema_name: 's.v1',
      semantic_version: '1',
      llm_hints: {},
      ttl: '2100-01-01T00:00:00Z',
    });
    const patch = (json: unknown, headers = {}) =>
      program.request('PATCH', `/breadcrumbs/${made.id}`, { token: emitter, json, headers });
    const renamed = await patch({ title: 'New' }, { 'if-match': '"1"' });
    expect(renamed.status).toBe(200);
    expect(renamed.headers.get('etag')).toBe('"2"');
    expect(renamed.body).toEqual({
      ...made,
      title: 'New',
      version: 2,
      updated_at: expect.any(String),
    });
    const nulls = { description: null, schema_name: null, semantic_version: null, llm_hints: null };
    const cleared = await patch({ ...nulls, ttl: null, context: null }, { 'if-match': '2' });
    expect(cleared.body).toMatchObject({ ...nulls, ttl: null, context: null, version: 3 });
    expect(cleared.body).toMatchObject({ ttl_type: 'never', ttl_source: null, size_bytes: 4 });
    for (const field of ['title', 'tags', 'visibility', 'sensitivity']) {
      const refused = await patch({ [field]: null });
      expect([field, refused.status, refused.body.errors[0].path]).toEqual([field, 400, field]);
    }
    const stale = await patch({ title: 'Late' }, { 'if-match': '"1"' });
    expect(stale.status).toBe(412);
    expect(stale.body).toMatchObject({ code: 'version_mismatch', current_version: 3 });
    expect((await patch({}, { 'if-match': 'x' })).status).toBe(400);
    expect((await patch({}, { 'if-match': '*' })).body.version).toBe(4);
    expect((await patch({})).body.version).toBe(5);
    expect((await eventsOf(program, made.id)).map(({ version }) => version)).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });

  it('is deleted with its history, if it still has the version, and leaves one event', async () => {
    const { program, emitter, create } = await open();
    const { body } = await create(emitter, record());
    const path = `/breadcrumbs/${body.id}`;
    await program.request('PATCH', path, { token: emitter, json: {} });
    const remove = (headers = {}) => program.request('DELETE', path, { token: emitter, headers });
    expect((await remove({ 'if-match': '1' })).body).toMatchObject({
      code: 'version_mismatch',
      current_version: 2,
    });
    expect((await remove({ 'if-match': '9999999999' })).status).toBe(400);
    const gone = await remove({ 'if-match': '2', 'content-type': 'application/json' });
    expect({ status: gone.status, body: gone.body }).toEqual({ status: 200, body: { ok: true } });
    expect((await remove()).status).toBe(404);
    for (const rest of ['', '/full', '/history'])
      expect((await program.request('GET', path + rest, { token: emitter })).status).toBe(404);
    const left = await program.db.query({
      text: 'select 1 from breadcrumb_history where breadcrumb_id = $1',
      values: [body.id],
    });
    expect(left.rows).toEqual([]);
    expect((await eventsOf(program, body.id)).map(({ kind }) => kind)).toEqual([
      'created',
      'updated',
      'deleted',
    ]);
  });

  it('has a checksum that the order of keys does not change', async () => {
    const { emitter, create } = await open();
    const one = await create(emitter, record({ context: { a: [1, { x: 1, y: 2 }], b: null } }));
    const two = await create(emitter, record({ context: { b: null, a: [1, { y: 2, x: 1 }] } }));
    expect(one.body.checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(one.body.checksum).toBe(two.body.checksum);
  });

  it('is created once for an idempotency key, and the repeat says so', async () => {
    const { emitter, create } = await open();
    const key = { 'idempotency-key': 'k' };
    const first = await create(emitter, record(), key);
    const again = await create(emitter, record(), key);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await create(emitter, record({ title: 'Other' }), key);
    expect({ status: other.status, code: other.body.code }).toEqual({
      status: 422,
      code: 'idempotency_mismatch',
    });
    const long = (length: number) => ({ 'idempotency-key': 'k'.repeat(length) });
    expect((await create(emitter, record(), long(255))).status).toBe(201);
    expect((await create(emitter, record(), long(256))).status).toBe(400);
  });

  it('is gone when its time to live is over', async () => {
    const { program, emitter, create } = await open();
    const { body } = await create(emitter, record({ ttl: '2001-01-01T00:00:00Z' }));
    for (const rest of ['', '/full', '/history'])
      expect(
        (await program.request('GET', `/breadcrumbs/${body.id}${rest}`, { token: emitter })).status,
      ).toBe(404);
    expect((await program.request('GET', '/breadcrumbs', { token: emitter })).body).toEqual([]);
  });
});

describe('a list over HTTP', () => {
  it('has filters that work together, in each of their forms', async () => {
    const { program, emitter, create } = await open();
    const titles: [string, string[], string][] = [
      ['one', ['a', 'b'], 'x.v1'],
      ['two', ['b', 'c'], 'x.v1'],
      ['three', ['c'], 'y.v1'],
    ];
    for (const [title, tags, schema_name] of titles)
      await create(emitter, { title, context: {}, tags, schema_name });
    const list = async (query: string) => {
      const { body } = await program.request('GET', `/breadcrumbs?${query}`, { token: emitter });
      return body.map(({ title }: { title: string }) => title);
    };
    expect(await list('')).toEqual(['three', 'two', 'one']);
    expect(await list('tag=b')).toEqual(['two', 'one']);
    expect(await list('tag=b&tag=c')).toEqual(['two']);
    expect(await list('tag=b,c')).toEqual(['two']);
    expect(await list('any_tags=a,c')).toEqual(['three', 'two', 'one']);
    expect(await list('any_tags=a&any_tags=b&schema_name=x.v1')).toEqual(['two', 'one']);
    expect(await list('all_tags=b,c&tag=b')).toEqual(['two']);
    expect(await list('schema_name=y.v1')).toEqual(['three']);
    expect(await list('q=TW')).toEqual(['two']);
    expect(await list('nobody=knows')).toEqual(['three', 'two', 'one']);
  });

  it('is paged by its links to the end, with contexts when they are asked for', async () => {
    const { program, emitter, create } = await open();
    for (let n = 0; n < 7; n++) await create(emitter, record({ context: { n } }));
    const seen: number[] = [];
    let path: string | undefined = '/v1/breadcrumbs?limit=3&include_context=true';
    while (path !== undefined) {
      const { body, headers } = await program.request('GET', path, { token: emitter });
      seen.push(...body.map(({ context }: Json) => context.n));
      for (const { created_by } of body) expect(created_by).toEqual(expect.any(String));
      path = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0]);
    const plain = await program.request('GET', '/breadcrumbs?limit=7', { token: emitter });
    expect(plain.headers.get('link')).toBeNull();
    expect(Object.keys(plain.body[0]).toSorted()).toEqual([
      'id',
      'schema_name',
      'tags',
      'title',
      'updated_at',
      'version',
    ]);
  });

  it('takes no cursor but its own', async () => {
    const { program, emitter } = await open();
    const made_up = [
      ['9999-12-31T23:59:59-01:00', newId()],
      ['-271821-04-20T00:00:00.000Z', newId()],
      ['0000-01-01T00:00:00.000Z', newId()],
      ['2026-02-31T25:00:00.000Z', newId()],
      ['2026-01-01', newId()],
      ['1', newId()],
      ['2026-01-01T00:00:00.000Z', 'x'],
      ['2026-01-01T00:00:00.000Z', newId(), 1],
      [1, 2],
      { updated_at: 'x' },
      null,
    ].map((place) => Buffer.from(JSON.stringify(place)).toString('base64url'));
    for (const cursor of [...made_up, '', 'x', '%00']) {
      const path = `/breadcrumbs?cursor=${cursor}`;
      const { status, body } = await program.request('GET', path, { token: emitter });
      expect([cursor, status]).toEqual([cursor, 400]);
      expect(['invalid_cursor', 'validation_failed']).toContain(body.code);
    }
  });
});

describe('what a principal may see and do', () => {
  it('follows its roles', async () => {
    const { program, agent, emitter, create } = await open();
    const { body } = await create(emitter, record());
    const path = `/breadcrumbs/${body.id}`;
    for (const [token, writes] of [
      [await agent('subscriber'), false],
      [await agent(), false],
      [await agent('emitter'), true],
      [await agent('curator'), true],
    ] as const) {
      expect((await program.request('GET', path, { token })).status).toBe(200);
      expect((await create(token, record())).status).toBe(writes ? 201 : 403);
      const patched = await program.request('PATCH', path, { token, json: {} });
      expect(patched.status).toBe(writes ? 200 : 403);
    }
    const remove = async (role: string) =>
      (await program.request('DELETE', path, { token: await agent(role) })).status;
    expect(await remove('subscriber')).toBe(403);
    expect(await remove('emitter')).toBe(200);
  });

  it.each([{ visibility: 'private' }, { sensitivity: 'secret' }])(
    'does not include what others made with %j, unless it is a curator',
    async (guard) => {
      const { program, agent, curator, emitter, create } = await open();
      const { body } = await create(emitter, record({ context: { text: 'hunter2' }, ...guard }));
      const path = `/breadcrumbs/${body.id}`;
      const other = await agent('emitter', 'subscriber');
      for (const [method, rest] of [
        ['GET', ''],
        ['GET', '/full'],
        ['GET', '/history'],
        ['PATCH', ''],
        ['DELETE', ''],
      ] as const) {
        const options = { token: other, ...(method === 'PATCH' ? { json: {} } : {}) };
        expect((await program.request(method, path + rest, options)).status).toBe(404);
      }
      const list = '/breadcrumbs?include_context=true&q=hunter2';
      expect((await program.request('GET', list, { token: other })).body).toEqual([]);
      for (const token of [emitter, curator]) {
        expect((await program.request('GET', path, { token })).status).toBe(200);
        expect((await program.request('GET', list, { token })).body).toHaveLength(1);
      }
    },
  );

  it('keeps the context of a secret out of the event log', async () => {
    const { program, emitter, create } = await open();
    const secret = { context: { text: 'hunter2' }, sensitivity: 'secret' };
    const { body } = await create(emitter, record(secret));
    const path = `/breadcrumbs/${body.id}`;
    await program.request('PATCH', path, {
      token: emitter,
      json: { context: { text: 'hunter2!' } },
    });
    await program.request('DELETE', path, { token: emitter });
    const events = await eventsOf(program, body.id);
    expect(events.map(({ kind, context }) => [kind, context])).toEqual([
      ['created', null],
      ['updated', null],
      ['deleted', null],
    ]);
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1: each path has its parameters, each operation its answers', async () => {
    const { program } = await open();
    const { body } = await program.request('GET', '/openapi.json');
    expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'Cairn' } });
    for (const [path, methods] of Object.entries<Json>(body.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const [method, operation] of Object.entries<Json>(methods)) {
        const where = `${method} ${path}`;
        const declared = (operation.parameters ?? []).filter((each: Json) => each.in === 'path');
        expect([where, declared.map(({ name }: Json) => name)]).toEqual([where, names]);
        for (const each of operation.parameters ?? [])
          expect([where, typeof each.schema]).toEqual([where, 'object']);
        expect([where, Object.keys(operation.responses).length > 0]).toEqual([where, true]);
        for (const [status, answer] of Object.entries<Json>(operation.responses))
          expect([where, status, typeof answer.description]).toEqual([where, status, 'string']);
        expect([where, operation.summary]).toEqual([where, expect.stringMatching(/^[A-Z]/)]);
      }
    }
    expect(JSON.stringify(body)).not.toContain('"$id"');
    for (const route of ['/v1/breadcrumbs', '/v1/events/stream', '/v1/auth/token', '/v1/health'])
      expect(Object.keys(body.paths)).toContain(route);
  });

  it('has a page', async () => {
    const { program } = await open();
    const { status, body } = await program.request('GET', '/docs');
    expect(status).toBe(200);
    expect(body).toContain('swagger-ui');
  });
});
