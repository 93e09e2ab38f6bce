import { BreadcrumbCreate, Timestamp, Uuid } from '@cairn/protocol';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import type { Routes } from './server.ts';
import { HOST, openTestServer } from './testing.ts';

const config = { access: 'public' };
const routes: Routes = (server) => {
  server.post('/breadcrumbs', { config, schema: { body: BreadcrumbCreate } }, ({ body }) => body);
  const querystring = Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    is_on: Type.Optional(Type.Boolean()),
    at: Type.Optional(Timestamp),
    list: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  });
  const params = Type.Object({ id: Uuid });
  server.get('/things/:id', { config, schema: { querystring, params } }, ({ query }) => query);
};
const ID = '0190a0b0-0000-7000-8000-00000000000A';

async function send(given: { json: unknown } | { query: string; id?: string }) {
  const { server } = await openTestServer([routes]);
  const answer =
    'json' in given
      ? await server.inject({
          method: 'POST',
          url: '/breadcrumbs',
          headers: { host: HOST, 'content-type': 'application/json' },
          payload: JSON.stringify(given.json),
        })
      : await server.inject({
          method: 'GET',
          url: `/things/${given.id ?? ID}${given.query}`,
          headers: { host: HOST },
        });
  const body = answer.json<{
    code?: string;
    detail?: string;
    errors?: { path: string; message: string }[];
  }>();
  return { status: answer.statusCode, body, text: answer.body };
}

const good = { title: 'a', context: {}, tags: [] };
const SECRET = 'hunter2hunter2';

describe('a request that does not fit its schema', () => {
  it.each([
    [{ ...good, title: undefined }, 'title', 'title is missing'],
    [{ title: 'a', tags: [] }, 'context', 'context is missing'],
    [{ ...good, title: 5 }, 'title', 'title must be string; a number came'],
    [{ ...good, title: null }, 'title', 'title must be string; null came'],
    [
      { ...good, title: '' },
      'title',
      'title must NOT have fewer than 1 characters; a string of 0 characters came',
    ],
    [
      { ...good, title: 'x'.repeat(256) },
      'title',
      'title must NOT have more than 255 characters; a string of 256 characters came',
    ],
    [{ ...good, tags: 'a' }, 'tags', 'tags must be array; a string of 1 characters came'],
    [{ ...good, tags: ['a', 7] }, 'tags.1', 'tags.1 must be string; a number came'],
    [{ ...good, tags: ['a', ['b']] }, 'tags.1', 'tags.1 must be string; an array of 1 came'],
    [
      { ...good, visibility: SECRET },
      'visibility',
      'visibility must be one of public, team, private; a string of 14 characters came',
    ],
    [
      { ...good, ttl: 'tomorrow' },
      'ttl',
      'ttl must match format "date-time"; a string of 8 characters came',
    ],
    [{ ...good, llm_hints: [SECRET] }, 'llm_hints', 'llm_hints must be object; an array of 1 came'],
    [[], '', 'the body must be object; an array of 0 came'],
    [null, '', 'the body must be object; null came'],
    [SECRET, '', 'the body must be object; a string of 14 characters came'],
  ])('%j is told by field, with what was expected and what came', async (json, path, detail) => {
    const { status, body, text } = await send({ json });
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 400,
      code: 'validation_failed',
      detail,
    });
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]?.path).toBe(path);
    expect(text).not.toContain(SECRET);
  });

  it.each([
    ['?limit=0', 'limit must be >= 1; a number came'],
    ['?limit=501', 'limit must be <= 500; a number came'],
    ['?limit=1.5', 'limit must be integer; a string of 3 characters came'],
    ['?limit=', 'limit must be integer; a string of 0 characters came'],
    ['?limit=99999999999999999999', 'limit must be <= 500; a number came'],
    ['?limit=1&limit=2', 'limit must be integer; an array of 2 came'],
    ['?is_on=yes', 'is_on must be boolean; a string of 3 characters came'],
    [
      '?at=2026-13-01T00:00:00Z',
      'at must match format "date-time"; a string of 20 characters came',
    ],
    ['?list=%00', 'list contains a NUL character'],
    ['?list=a&list=%00', 'list[1] contains a NUL character'],
  ])('the query %s is explained', async (query, detail) => {
    const { status, body } = await send({ query });
    expect({ status, detail: body.detail }).toEqual({ status: 400, detail });
  });

  it.each(['1', 'x', `${ID}0`, ID.replaceAll('-', ''), `{${ID}}`, '%00', '..%2f..%2fetc'])(
    'the id %s must be a UUID',
    async (id) => {
      const { status, body } = await send({ query: '', id });
      expect({ status, path: body.errors?.[0]?.path }).toEqual({ status: 400, path: 'id' });
      expect(body.detail).toMatch(/^id must be UUID; a string of \d+ characters came$/);
    },
  );
});

describe('a request that fits', () => {
  it('keeps fields that nobody knows, and its values as they came', async () => {
    const json = { ...good, context: { deep: [null, 1.5, 'x'] }, unknown: { a: 1 } };
    expect((await send({ json })).body).toEqual(json);
  });

  it('has its numbers and truths read from the query', async () => {
    const { body } = await send({ query: '?limit=7&is_on=true&list=a&list=b' });
    expect(body).toEqual({ limit: 7, is_on: true, list: ['a', 'b'] });
  });

  it('counts characters and not bytes', async () => {
    expect((await send({ json: { ...good, title: '🦊'.repeat(255) } })).status).toBe(200);
    expect((await send({ json: { ...good, title: '🦊'.repeat(256) } })).status).toBe(400);
  });
});
