import type { Role } from '@cairn/protocol';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram } from './testing.ts';

/** A server of embeddings that refuses every key until `works` is set. */
async function startEmbeddings() {
  const state = { works: false };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (!state.works) {
        response.writeHead(401).end('{"error":{"message":"wrong key"}}');
        return;
      }
      const { input } = JSON.parse(text) as { input: string[] };
      const embedding = Array.from({ length: 384 }, (_, n) => Math.cos(n));
      const data = input.map((_, index) => ({ index, embedding }));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

async function setUp(environment: Record<string, string> = {}) {
  const program = await startTestProgram({ environment });
  const owner_id = newId();
  const person = async (roles: Role[], owner = owner_id) => {
    const token = await program.token({ owner_id: owner, agent_id: newId(), roles });
    const ask = (method: string, path: string, json?: unknown) =>
      program.request(method, path, { token, json });
    const create = async (given: object): Promise<{ id: string }> =>
      (await ask('POST', '/breadcrumbs', { title: 'a', tags: [], context: {}, ...given })).body;
    const search = (query: Record<string, string>) =>
      ask('GET', `/v1/breadcrumbs/search?${new URLSearchParams(query)}`);
    /** The ids of what is found, best first. */
    const found = async (query: Record<string, string>): Promise<string[]> =>
      (await search(query)).body.map(({ id }: { id: string }) => id);
    return { ask, create, search, found };
  };
  /** Resolves when everything written so far is in the index. */
  const indexed = () =>
    expect
      .poll(async () => (await program.request('GET', '/metrics')).body as string)
      .toContain('log_lag{reader="search"} 0\n');
  return { program, person, indexed };
}

describe('search', () => {
  it('finds a record a moment after it was made, and by its new words after an update', async () => {
    const { person } = await setUp();
    const { ask, create, search, found } = await person(['emitter']);
    const { id } = await create({ title: 'Garden', context: { text: 'tomatoes by the wall' } });
    await create({ title: 'Invoice', context: { text: 'paid in march' } });
    await expect.poll(async () => (await found({ q: 'tomatoes' }))[0]).toBe(id);
    const { body, headers } = await search({ q: 'tomatoes', nn: '1' });
    expect(body).toEqual([
      {
        id,
        title: 'Garden',
        tags: [],
        schema_name: null,
        version: 1,
        updated_at: expect.any(String),
        score: expect.any(Number),
      },
    ]);
    expect(headers.get('search-mode')).toMatch(/^(hybrid|words)$/);
    await ask('PATCH', `/breadcrumbs/${id}`, { context: { text: 'cucumbers in the greenhouse' } });
    await expect.poll(async () => (await found({ q: 'cucumbers' }))[0]).toBe(id);
    const [hit] = (await search({ q: 'cucumbers', include_context: 'true' })).body;
    expect(hit).toMatchObject({ context: { text: 'cucumbers in the greenhouse' }, version: 2 });
    await ask('DELETE', `/breadcrumbs/${id}`);
    expect(await found({ q: 'cucumbers' })).not.toContain(id);
  });

  it('shows what is private or secret to its author and to curators, and nothing to other tenants', async () => {
    const { person, indexed } = await setUp();
    const author = await person(['emitter']);
    const ids = [
      (await author.create({ title: 'zebra one', visibility: 'private' })).id,
      (await author.create({ title: 'zebra two', sensitivity: 'secret' })).id,
    ].toSorted();
    const open = (await author.create({ title: 'zebra three' })).id;
    await indexed();
    const all = [...ids, open].toSorted();
    expect((await author.found({ q: 'zebra' })).toSorted()).toEqual(all);
    expect((await (await person(['curator'])).found({ q: 'zebra' })).toSorted()).toEqual(all);
    expect(await (await person(['emitter', 'subscriber'])).found({ q: 'zebra' })).toEqual([open]);
    expect(await (await person(['curator'], newId())).found({ q: 'zebra' })).toEqual([]);
  });

  it('keeps to tags and schema, and to as many as were asked for', async () => {
    const { person, indexed } = await setUp();
    const { create, found, search } = await person(['emitter']);
    const one = await create({ title: 'zebra', tags: ['a'], schema_name: 'note.v1' });
    const two = await create({ title: 'zebra', tags: ['a', 'b'], schema_name: 'other.v1' });
    for (let n = 0; n < 6; n++) await create({ title: `zebra ${n}` });
    await indexed();
    expect((await found({ q: 'zebra', tag: 'a' })).toSorted()).toEqual([one.id, two.id].toSorted());
    expect(await found({ q: 'zebra', all_tags: 'a,b' })).toEqual([two.id]);
    expect(await found({ q: 'zebra', schema_name: 'note.v1' })).toEqual([one.id]);
    expect(await found({ q: 'zebra' })).toHaveLength(5);
    expect(await found({ q: 'zebra', nn: '7' })).toHaveLength(7);
    expect(await found({ q: 'zebra', nn: '10000' })).toHaveLength(8);
    for (const nn of ['0', 'x']) expect((await search({ q: 'z', nn })).status).toBe(400);
  });

  it('takes a vector as numbers with commas and as a JSON array', async () => {
    const { program, person, indexed } = await setUp();
    const { create, search } = await person(['emitter']);
    const { id } = await create({ title: 'zebra' });
    await indexed();
    const vector = Array.from({ length: 384 }, (_, n) => (n === 7 ? 1 : 0.01));
    const { rows } = await program.db.query({
      text: "select 1 from pg_attribute where attrelid = 'breadcrumbs'::regclass and attname = 'embedding'",
    });
    const expected = rows.length === 0 ? [503, null, undefined] : [200, 'vector', id];
    for (const qvec of [vector.join(','), JSON.stringify(vector)]) {
      const { status, body, headers } = await search({ qvec });
      expect([status, headers.get('search-mode'), body[0]?.id]).toEqual(expected);
    }
    for (const qvec of ['1,2', '[1,2]', '[', '{}', 'x', 'NaN,'.repeat(383)]) {
      const { status, body } = await search({ qvec });
      expect([qvec, status, body.code]).toEqual([qvec, 400, 'validation_failed']);
    }
  });

  it('finds words while the embedder refuses the key, and meaning too once it no longer does', async () => {
    const { state, url } = await startEmbeddings();
    const { program, person, indexed } = await setUp({
      EMBEDDER: 'provider',
      EMBEDDINGS_BASE_URL: url,
      EMBEDDINGS_MODEL: 'm',
    });
    const { create, search } = await person(['emitter']);
    const { id } = await create({ title: 'zebra' });
    await indexed();
    const first = await search({ q: 'zebra' });
    expect([first.headers.get('search-mode'), first.body[0]?.id]).toEqual(['words', id]);
    const { rows } = await program.db.query({
      text: "select 1 from pg_attribute where attrelid = 'breadcrumbs'::regclass and attname = 'embedding'",
    });
    if (rows.length === 0) return;
    const metrics = async () => (await program.request('GET', '/metrics')).body as string;
    expect(await metrics()).toMatch(/^embeddings_waiting [1-9]/m);
    state.works = true;
    // The next try comes a few seconds after the last one that failed.
    await expect.poll(metrics).toMatch(/^embeddings_waiting 0$/m);
    const second = await search({ q: 'horse with stripes', nn: '100' });
    expect(second.headers.get('search-mode')).toBe('hybrid');
    expect(second.body.map((hit: { id: string }) => hit.id)).toContain(id);
  });

  it('answers nothing when nothing was asked, and asks for a token', async () => {
    const { program, person } = await setUp();
    const { create, search } = await person(['emitter']);
    await create({ title: 'zebra' });
    for (const query of [{}, { q: '' }, { q: '   ' }] as Record<string, string>[])
      expect((await search(query)).body).toEqual([]);
    expect((await program.request('GET', '/breadcrumbs/search?q=zebra')).status).toBe(401);
  });

  it('is not upset by what is asked', async () => {
    const { program, person, indexed } = await setUp();
    const { create, search, found } = await person(['emitter']);
    const { id } = await create({ title: "zebra's stripes", tags: ['t'] });
    await indexed();
    const hostile = [
      "'",
      "''; drop table breadcrumbs; --",
      '\\',
      ':*',
      "'a' & !'b' | (c",
      '<-> <2>',
      '%_',
      '\0',
      '🦓'.repeat(900),
      'a '.repeat(1_000),
      'http://x.example/a?b=1&c=2',
      '\u202e\ufeff',
      'NaN',
    ];
    for (const text of hostile)
      for (const field of ['q', 'tag', 'schema_name']) {
        const { status } = await search({ q: 'zebra', [field]: text });
        expect([text, field, status < 500]).toEqual([text, field, true]);
      }
    expect((await search({ q: 'x'.repeat(2_001) })).status).toBe(400);
    expect(await found({ q: 'zebra' })).toEqual([id]);
    const token = await program.token();
    const bytes = await program.request('GET', '/breadcrumbs/search?q=%ED%A0%80%FF', { token });
    expect(bytes.status).toBeLessThan(500);
  });
});
