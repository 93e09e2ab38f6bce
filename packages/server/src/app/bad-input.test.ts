import fc from 'fast-check';
import { LIMITS } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

const record = (given: object = {}) => ({ title: 'A record', context: {}, tags: [], ...given });
const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

async function postText(program: TestProgram, token: string, text: string, path = '/breadcrumbs') {
  const response = await fetch(program.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: text,
  });
  return { status: response.status, body: (await response.json()) as Json };
}

const OURS = `schema_name not in ('agent.status.v1', 'agent.catalog.v1', 'tool.catalog.v1')`;

async function countRecords(program: TestProgram): Promise<number> {
  const { rows } = await program.db.query<{ count: number }>({
    // The program keeps its own books a moment after a start.
    text: `select (select count(*) from breadcrumbs where ${OURS}) + (select count(*) from events where ${OURS}) as count`,
  });
  return rows[0]?.count ?? -1;
}

describe('a create at the edge of a limit', () => {
  it('is taken below and refused above, and what is refused leaves nothing', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const fox = '🦊';
    const tags = (count: number, chars = 3) =>
      Array.from({ length: count }, (_, n) => `${n}`.padEnd(chars, 'x'));
    const cases: [string, object, object][] = [
      ['title', { title: fox.repeat(255) }, { title: fox.repeat(256) }],
      ['title', { title: ' ' }, { title: '' }],
      ['schema_name', { schema_name: 'é'.repeat(100) }, { schema_name: 'é'.repeat(101) }],
      ['description', { description: 'x'.repeat(10_000) }, { description: 'x'.repeat(10_001) }],
      [
        'semantic_version',
        { semantic_version: '1'.repeat(50) },
        { semantic_version: '1'.repeat(51) },
      ],
      ['tags', { tags: tags(LIMITS.tags) }, { tags: tags(LIMITS.tags + 1) }],
      ['tags.0', { tags: [fox.repeat(255)] }, { tags: [fox.repeat(256)] }],
      ['tags.0', { tags: ['x'] }, { tags: [''] }],
      ['', { context: nested(64) }, { context: nested(65) }],
      ['', { llm_hints: { a: nested(63) } }, { llm_hints: { a: nested(64) } }],
      ['ttl', { ttl: '9999-12-31T23:59:59Z' }, { ttl: '9999-12-31T23:59:59-00:01' }],
      ['ttl', { ttl: '0001-01-01T00:00:00Z' }, { ttl: '0000-12-31T23:59:59Z' }],
      ['ttl', { ttl: '2016-12-31T23:59:59.999+14:00' }, { ttl: '2016-12-31T23:59:60Z' }],
      ['ttl', { ttl: null }, { ttl: '' }],
      ['visibility', { visibility: 'private' }, { visibility: 'Private' }],
      ['sensitivity', { sensitivity: 'pii' }, { sensitivity: null }],
      ['llm_hints', { llm_hints: null }, { llm_hints: 'x' }],
      ['', { context: 1e308 }, { context: '\0' }],
      ['', { context: null }, { context: { '\ud800': 1 } }],
      ['', { anything: [1] }, { anything: '\udfff' }],
    ];
    for (const [path, good, bad] of cases) {
      const taken = await program.request('POST', '/breadcrumbs', { token, json: record(good) });
      expect([good, taken.status]).toEqual([good, 201]);
      const before = await countRecords(program);
      const refused = await program.request('POST', '/breadcrumbs', { token, json: record(bad) });
      expect([bad, refused.status, refused.body.code, refused.body.errors?.[0].path]).toEqual([
        bad,
        400,
        'validation_failed',
        path,
      ]);
      const patched = await program.request('PATCH', `/breadcrumbs/${taken.body.id}`, {
        token,
        json: bad,
      });
      expect([bad, patched.status]).toEqual([bad, 400]);
      expect(await countRecords(program)).toBe(before);
    }
  });

  it('has a body of 1 MiB and not a byte more', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const empty = JSON.stringify(record({ context: '' })).length;
    const text = (bytes: number) => JSON.stringify(record({ context: 'x'.repeat(bytes - empty) }));
    const taken = await postText(program, token, text(LIMITS.body_bytes));
    expect(taken.status).toBe(201);
    const read = await program.request('GET', `/breadcrumbs/${taken.body.id}`, { token });
    expect(read.body.context).toHaveLength(LIMITS.body_bytes - empty);
    const refused = await postText(program, token, text(LIMITS.body_bytes + 1));
    expect([refused.status, refused.body.code]).toEqual([413, 'payload_too_large']);
  });

  it('is no JSON, or holds what JSON cannot', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const cases: [string, string][] = [
      ['', 'invalid_json'],
      ['{', 'invalid_json'],
      ['{"title": NaN}', 'invalid_json'],
      ["{'title': 'x'}", 'invalid_json'],
      ['{"title":"x","context":{"__proto__":{"x":1}},"tags":[]}', 'invalid_json'],
      ['{"title":"x","context":1e999,"tags":[]}', 'validation_failed'],
      ['{"title":"x","context":[-1e999],"tags":[]}', 'validation_failed'],
      [
        `{"title":"x","tags":[],"context":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
        'validation_failed',
      ],
      [
        `{"title":"x","tags":[],"context":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
        'validation_failed',
      ],
      ['[]', 'validation_failed'],
      ['null', 'validation_failed'],
      ['"text"', 'validation_failed'],
      ['0', 'validation_failed'],
    ];
    for (const [text, code] of cases) {
      const { status, body } = await postText(program, token, text);
      expect([text.slice(0, 60), status, body.code]).toEqual([text.slice(0, 60), 400, code]);
    }
  });
});

/** Values that have broken one program or another. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2_147_483_648,
  9_007_199_254_740_992,
  1e308,
  -1e308,
  5e-324,
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00x',
  '🦊'.repeat(300),
  'x'.repeat(20_000),
  "' or 1=1; drop table breadcrumbs; --",
  '"; do $$ begin loop end loop; end $$; --',
  '$1',
  '%s%n%00',
  '../../etc/passwd',
  '{{7*7}}<%= 7*7 %>',
  '<script>alert(1)</script>',
  '\r\nx-injected: 1',
  '\u202e\u0000\uffff',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '__proto__',
  'constructor',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '0000-00-00T00:00:00Z',
  '2026-01-01 00:00:00+23:59',
  [],
  [[]],
  [null],
  ['a', 1],
  Array.from({ length: 101 }, (_, n) => `t${n}`),
  {},
  { a: { b: [] } },
  { constructor: 1, toString: null },
  nested(40),
  nested(70),
];
const FIELDS = [
  'title',
  'context',
  'tags',
  'schema_name',
  'description',
  'semantic_version',
  'llm_hints',
  'visibility',
  'sensitivity',
  'ttl',
  'owner_id',
  'agent_id',
  'roles',
  'ttl_sec',
  'api_key',
  'name',
  'expires_at',
  'id',
  'version',
  'constructor',
];
const QUERIES = [
  'tag',
  'any_tags',
  'all_tags',
  'schema_name',
  'q',
  'limit',
  'cursor',
  'include_context',
  'token',
  'types',
];
const HEADERS = [
  'if-match',
  'idempotency-key',
  'content-type',
  'accept',
  'origin',
  'last-event-id',
  'x-request-id',
];
const ROUTES = [
  ['POST', '/breadcrumbs'],
  ['GET', '/breadcrumbs'],
  ['HEAD', '/v1/breadcrumbs'],
  ['GET', '/breadcrumbs/ID'],
  ['GET', '/v1/breadcrumbs/ID/full'],
  ['GET', '/breadcrumbs/ID/history'],
  ['PATCH', '/breadcrumbs/ID'],
  ['PATCH', '/breadcrumbs/ID'],
  ['DELETE', '/breadcrumbs/ID'],
  ['POST', '/auth/token'],
  ['POST', '/v1/keys'],
  ['GET', '/v1/keys'],
  ['DELETE', '/v1/keys/ID'],
  ['GET', '/v1/system'],
  ['PUT', '/breadcrumbs/ID'],
  ['OPTIONS', '/breadcrumbs'],
  ['GET', '/PATH'],
] as const;

const hostile = fc.constantFrom(...HOSTILE);
const pairs = (names: string[]) =>
  fc.array(fc.tuple(fc.constantFrom(...names), hostile), { maxLength: 2 });
const request = fc.record({
  route: fc.constantFrom(...ROUTES),
  id: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: hostile }),
  base: fc.constantFrom(record(), {}, { name: 'key' }),
  fields: pairs(FIELDS),
  query: pairs(QUERIES),
  headers: pairs(HEADERS),
  raw: fc.option(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.json().map((json) => json.slice(1)),
    ),
    {
      freq: 12,
    },
  ),
  is_authenticated: fc.nat({ max: 19 }).map((n) => n > 0),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** What an answer must never hold, if the request did not. */
const INSIDES =
  /\b(select|insert into|update .* set|pg_|postgres|relation|syntax error|violates|sqlstate|DatabaseError|node_modules|TypeError|undefined is not)\b|\bat .*\.(ts|js):\d/i;

/** Each hostile value in each place, everything else as it should be. */
function* sweep(): Generator<Request> {
  const plain: Request = {
    route: ['GET', '/breadcrumbs'],
    id: null,
    base: {},
    fields: [],
    query: [],
    headers: [],
    raw: null,
    is_authenticated: true,
  };
  const bodies = [
    { route: ['POST', '/breadcrumbs'], base: record(), names: FIELDS.slice(0, 11) },
    { route: ['PATCH', '/breadcrumbs/ID'], base: {}, names: FIELDS.slice(0, 11) },
    { route: ['POST', '/auth/token'], base: {}, names: FIELDS.slice(10, 15) },
    { route: ['POST', '/v1/keys'], base: { name: 'key' }, names: FIELDS.slice(11, 17) },
  ] as const;
  for (const value of HOSTILE) {
    for (const { route, base, names } of bodies)
      for (const name of names) yield { ...plain, route, base, fields: [[name, value]] };
    for (const name of QUERIES) yield { ...plain, query: [[name, value]] };
    for (const name of HEADERS)
      yield { ...plain, route: ['PATCH', '/breadcrumbs/ID'], headers: [[name, value]] };
    yield {
      ...plain,
      route: ['POST', '/breadcrumbs'],
      base: record(),
      headers: [['idempotency-key', value]],
    };
    for (const route of ROUTES.filter(([, path]) => /ID|PATH/.test(path)))
      yield { ...plain, route, id: value };
  }
}

describe('3,000 hostile requests', () => {
  it('are answered, each in time, none with a fault of ours, errors always as problems', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const { body } = await program.request('POST', '/breadcrumbs', { token, json: record() });
    const known = { id: String(body.id) };
    const statuses = new Set<number>();
    const check = async (given: Request) => {
      const { status, type, text } = await send(program, token, known, given);
      statuses.add(status);
      expect(status).toBeLessThan(500);
      if (status < 400) return;
      expect(type).toMatch(/^application\/problem\+json/);
      if (given.route[0] === 'HEAD') return;
      const problem: Json = JSON.parse(text);
      expect(problem).toMatchObject({ status, code: expect.any(String), error: problem.detail });
      expect(text.length).toBeLessThan(2_000);
      expect(text).not.toMatch(INSIDES);
    };
    for (const given of sweep())
      await check(given).catch((cause: unknown) => {
        throw new Error(`after ${JSON.stringify(given).slice(0, 1_000)}`, { cause });
      });
    await fc.assert(fc.asyncProperty(request, check), {
      numRuns: 1_000,
      seed: 20_261_121,
      endOnFailure: true,
    });
    expect([...statuses].toSorted((one, other) => one - other)).toEqual([
      200, 201, 204, 400, 401, 403, 404, 405, 409, 412, 415,
    ]);
    expect((await program.request('GET', '/health')).status).toBe(200);
  }, 120_000);
});

async function send(program: TestProgram, token: string, known: { id: string }, given: Request) {
  const [method, pattern] = given.route;
  const id = given.id === null ? known.id : encodeURIComponent(asText(given.id)).slice(0, 2_000);
  const path = pattern.replace('ID', id || newId()).replace('PATH', id);
  const query = given.query
    .map(([name, value]) => `${name}=${encodeURIComponent(asText(value)).slice(0, 3_000)}`)
    .join('&');
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const [name, value] of given.headers) {
    try {
      headers.set(name, asText(value).slice(0, 3_000));
    } catch {
      // What no client can send.
    }
  }
  if (given.is_authenticated) headers.set('authorization', `Bearer ${token}`);
  const has_body = method === 'POST' || method === 'PATCH' || method === 'PUT';
  const json = { ...given.base, ...Object.fromEntries(given.fields) };
  const response = await fetch(`${program.url}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers,
    signal: AbortSignal.timeout(30_000),
    ...(has_body ? { body: given.raw ?? JSON.stringify(json) } : {}),
  });
  const text = await response.text();
  if (response.status === 201 && pattern === '/breadcrumbs') known.id = String(JSON.parse(text).id);
  return { status: response.status, type: response.headers.get('content-type') ?? '', text };
}

function asText(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();
}
