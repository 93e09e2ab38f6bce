import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText, Values } from './fuzz/arbitrary-of-schema.ts';
import { readOperations, type Operation, type Parameter } from './fuzz/read-operations.ts';
import { Sender, type HostileRequest } from './fuzz/send-hostile.ts';
import { createPostgresDatabase, NO_POSTGRES } from './postgres-database.ts';
import { startServer, temporaryFolder } from './server-process.ts';

const REQUESTS = 12_000;
const AT_ONCE = 16;
/** The same requests each time; another number tries others. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);

const TENANT = '00000000-0000-4000-8000-00000000f001';
const OTHER_TENANT = '00000000-0000-4000-8000-00000000f002';
const AGENT = '00000000-0000-4000-8000-0000000000a1';
const OTHER_AGENT = '00000000-0000-4000-8000-0000000000a2';
/** What nobody who sends requests here may ever read. */
const FOREIGN = 'CANARY-of-another-tenant';
/** What curators may read, and nobody else here. */
const GUARDED = 'CANARY-of-another-agent';

/** Words of a database, of our own code and of its dependencies. */
const LEAKS =
  /\bsqlstate\b|syntax error at or near|violates (foreign key|unique|check|not-null)|relation "|column "|\bpg_|node_modules|\.ts:\d+:\d+|\bat (async )?\w+ \(|-----BEGIN|"(hash|dek_wrapped|encrypted_value)"/i;

interface Found {
  readonly what: string;
  readonly request: HostileRequest;
  readonly status: number;
  readonly text: string;
}

type Ask = (
  method: string,
  path: string,
  token: string,
  json?: unknown,
) => Promise<{ id: string; run_id?: string }>;

/** Puts down what must not be found, and some things whose ids lead deeper than random ones do. */
async function prepare(ask: Ask, token: (body: object) => Promise<string>) {
  const stranger = await token({ owner_id: OTHER_TENANT, agent_id: OTHER_AGENT });
  const neighbour = await token({ owner_id: TENANT, agent_id: OTHER_AGENT });
  const curator = await token({ owner_id: TENANT, agent_id: AGENT });
  const note = { title: 'a', tags: ['note'], schema_name: 'note.v1' };
  const made: string[] = [];
  const keep = async (...asked: Parameters<Ask>) => {
    const { id, run_id } = await ask(...asked);
    made.push(run_id ?? id);
  };
  for (const [who, canary] of [
    [stranger, FOREIGN],
    [neighbour, GUARDED],
  ] as const) {
    await keep('POST', '/breadcrumbs', who, {
      ...note,
      context: { canary },
      visibility: 'private',
      sensitivity: 'secret',
    });
    await keep('POST', '/secrets', who, {
      name: canary.slice(7),
      scope_type: 'global',
      value: canary,
    });
  }
  await keep('POST', '/breadcrumbs', curator, { ...note, context: { n: 1 } });
  await keep('POST', '/v1/runs', curator, {
    agent_id: 'a',
    agent_version: '1',
    status: 'success',
    started_at: '2026-01-01T00:00:00Z',
  });
  await keep('POST', '/subscriptions/selectors', curator, { any_tags: ['note'] });
  await keep('POST', `/agents/${AGENT}/webhooks`, curator, { url: 'https://example.org/hook' });
  return {
    made: [...made, AGENT, OTHER_AGENT, TENANT, OTHER_TENANT],
    credentials: [
      { is_curator: true, value: curator },
      { is_curator: true, value: curator },
      { is_curator: true, value: curator },
      {
        is_curator: false,
        value: await token({ owner_id: TENANT, agent_id: AGENT, roles: ['emitter'] }),
      },
      {
        is_curator: false,
        value: await token({ owner_id: TENANT, agent_id: AGENT, roles: ['subscriber'] }),
      },
      { is_curator: false, value: 'cairn_0123456789abcdef0123456789abcdef_x' },
      { is_curator: false, value: '' },
    ],
  };
}

function requestTo(
  operation: Operation,
  ids: fc.Arbitrary<string>,
  is_hostile: boolean,
): fc.Arbitrary<HostileRequest> {
  const { method, path, parameters, body } = operation;
  const values = new Values(ids, is_hostile);
  const placed = (place: Parameter['in']) => {
    const here = parameters.filter((each) => each.in === place);
    const fields = Object.fromEntries(here.map(({ name, schema }) => [name, values.of(schema)]));
    return place === 'path' ? fc.record(fields) : fc.record(fields, { requiredKeys: [] });
  };
  const json =
    body === null ? fc.constant(null) : values.of(body).map((each) => JSON.stringify(each));
  const type = fc.constant('application/json');
  const types = fc.constantFrom(
    'text/plain',
    'application/x-protobuf',
    'a',
    'application/json; charset=x',
  );
  const now_and_then = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
    is_hostile
      ? fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: other })
      : usual;
  return fc
    .record({
      in_path: placed('path'),
      query: placed('query'),
      content: now_and_then(json, hostileText),
      content_type: now_and_then(type, types),
      is_short: fc.boolean(),
      headers: is_hostile ? extraHeaders() : fc.constant({}),
    })
    .map(({ in_path, query, content, content_type, is_short, headers }) => {
      const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(toText(in_path[name])),
      );
      const search = Object.entries(query).map(
        ([name, value]) => `${name}=${encodeURIComponent(toText(value))}`,
      );
      return {
        method,
        path:
          (is_short ? address.replace(/^\/v1(?=\/)/, '') : address) +
          (search.length > 0 ? `?${search.join('&')}` : ''),
        headers: { ...headers, ...(content === null ? {} : { 'content-type': content_type }) },
        body: content,
      };
    });
}

function extraHeaders(): fc.Arbitrary<Record<string, string>> {
  const value = fc.constantFrom(
    '3',
    '"3"',
    'W/"x"',
    '-1',
    '99999999999999999999',
    'a b',
    '*',
    'x'.repeat(300),
  );
  return fc.record(
    {
      'if-match': value,
      'idempotency-key': value,
      'last-event-id': value,
      accept: value,
      traceparent: value,
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Record<string, string>>;
}

function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  // Longer ones are refused before they reach a route.
  return text.slice(0, 4_000).toWellFormed();
}

/** What makes things comes first, so that the others find some; what takes an owner of others away comes last. */
function turn({ method, path }: Operation): number {
  if (method !== 'DELETE') return method === 'POST' ? 0 : 1;
  return /\/(tenants|agents)\/\{id\}$/.test(path) ? 3 : 2;
}

async function fuzz(environment: Record<string, string>): Promise<void> {
  const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder(), ...environment });
  const sender = new Sender(server.url);
  const ask: Ask = async (method, path, token, json) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await sender.send({ method, path, headers, body: JSON.stringify(json) });
    expect([path, answer.status, answer.text]).toEqual([path, 201, answer.text]);
    return JSON.parse(answer.text) as Awaited<ReturnType<Ask>>;
  };
  const token = async (body: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await sender.send({
      method: 'POST',
      path: '/auth/token',
      headers,
      body: JSON.stringify(body),
    });
    return (JSON.parse(answer.text) as { token: string }).token;
  };
  const { made, credentials } = await prepare(ask, token);
  const operations = (await readOperations(server.url)).toSorted((a, b) => turn(a) - turn(b));
  expect(operations.length).toBeGreaterThan(40);
  const each = Math.ceil(REQUESTS / operations.length);
  const found: Found[] = [];
  const taken = new Map<string, number>();
  for (const [index, operation] of operations.entries()) {
    const ids = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...made.slice(0, 12), ...made.slice(-30)) },
      { weight: 1, arbitrary: fc.uuid() },
    );
    const any = fc.boolean().chain((is_hostile) => requestTo(operation, ids, is_hostile));
    const requests = fc.sample(fc.tuple(any, fc.constantFrom(...credentials)), {
      seed: SEED + index,
      numRuns: each,
    });
    let next = 0;
    const sendOnes = async () => {
      for (let at = next++; at < requests.length; at = next++) {
        const [given, { is_curator, value }] = requests[at] as (typeof requests)[number];
        const authorization = value === '' ? {} : { authorization: `Bearer ${value}` };
        const request = { ...given, headers: { ...given.headers, ...authorization } };
        const { status, text } = await sender
          .send(request)
          .catch((error: Error) => ({ status: 599, text: `${error.message} ${server.output()}` }));
        const report = (what: string) =>
          found.push({ what, request, status, text: text.slice(0, 1_000) });
        if (status >= 500) report('a fault of ours');
        if (text.includes(FOREIGN)) report('what belongs to another tenant');
        if (!is_curator && text.includes(GUARDED)) report('what belongs to another agent');
        if (status >= 400 && LEAKS.test(text)) report('words of our insides');
        if (status >= 300) continue;
        const name = `${operation.method} ${operation.path}`;
        taken.set(name, (taken.get(name) ?? 0) + 1);
        const id = status === 201 ? /"id":"([0-9a-f-]{36})"/.exec(text)?.[1] : undefined;
        if (id !== undefined) made.push(id);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sendOnes));
  }
  expect(found.slice(0, 5)).toEqual([]);
  // Requests that all fail at the door prove nothing. Some routes need more luck than there is: a dead letter, a baseline.
  const names = operations.map(({ method, path }) => `${method} ${path}`);
  const untaken = names.filter((name) => !taken.has(name));
  expect(untaken.length, untaken.join('\n')).toBeLessThan(names.length / 2);
  const healthy = await sender.send({ method: 'GET', path: '/ready', headers: {}, body: null });
  expect([healthy.status, server.output().includes('CANARY')]).toEqual([200, false]);
  sender.close();
}

describe(`${REQUESTS} requests to all routes, made from their descriptions and from hostile values`, () => {
  it('cause no fault and show nothing, on the embedded database', () => fuzz({}), 300_000);

  it.skipIf(NO_POSTGRES)(
    'cause no fault and show nothing, on PostgreSQL',
    async () => fuzz({ DATABASE_URL: await createPostgresDatabase() }),
    300_000,
  );
});
