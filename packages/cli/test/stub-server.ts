import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { problem, type ErrorCode } from '@cairn/protocol';

/** A breadcrumb of the stub. */
interface Stored {
  id: string;
  title: string;
  tags: string[];
  schema_name: string | null;
  context: unknown;
  version: number;
  updated_at: string;
}

/** What a test may change about the server. */
export interface StubOptions {
  /** `key`: only this API key gets a token. Absent: anyone does, as in dev mode. */
  key?: string;
  /** Called for each new breadcrumb, before the create is answered. */
  onCreate?: (created: Stored, stub: StubServer) => void;
  /** Streams never carry an event. */
  is_mute?: boolean;
}

/** A small Cairn in memory: real HTTP, real streams, enough of the API for the command. */
export interface StubServer extends AsyncDisposable {
  url: string;
  /** `METHOD path` of each request. */
  calls: string[];
  stored: Stored[];
  /** Stores a breadcrumb and sends its event. */
  add(fields: Partial<Stored>): Stored;
  /** Sends a frame to all open streams. */
  send(event: unknown): void;
  /** Cuts all open streams. */
  drop(): void;
  /** Resolves when `count` streams have been opened in all. */
  opened(count: number): Promise<void>;
}

/** The id of the breadcrumb with this number. */
export const idOf = (number: number): string =>
  `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** Starts a stub on a free port of the loopback address. */
export async function startStubServer(options: StubOptions = {}): Promise<StubServer> {
  const streams = new Set<{ response: ServerResponse; all_tags: string[] }>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let opened = 0;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const stub: StubServer = {
    url: `http://127.0.0.1:${address.port}`,
    calls: [],
    stored: [],
    add(fields) {
      const number = stub.stored.length + 1;
      const created: Stored = {
        id: idOf(number),
        title: `Title ${number}`,
        tags: [],
        schema_name: null,
        context: {},
        version: 1,
        updated_at: '2026-01-02T03:04:05Z',
        ...fields,
      };
      stub.stored.push(created);
      const { id, ...rest } = created;
      const event = { type: 'breadcrumb.updated', seq: number, breadcrumb_id: id, ...rest };
      if (!options.is_mute) stub.send(event);
      return created;
    },
    send(event) {
      const tags = tagsOf(event);
      for (const { response, all_tags } of streams) {
        if (tags !== null && !all_tags.every((tag) => tags.includes(tag))) continue;
        response.write(`id: ${stub.stored.length}\ndata: ${JSON.stringify(event)}\n\n`);
      }
    },
    drop: () => streams.forEach(({ response }) => response.destroy()),
    opened: (count) =>
      opened >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, resolve })),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function answer(request: IncomingMessage, response: ServerResponse, body: unknown): void {
    const url = new URL(request.url ?? '/', stub.url);
    const call = `${request.method} ${url.pathname}`;
    stub.calls.push(call);
    const authorization = request.headers.authorization;
    if (call === 'GET /v1/health') {
      return json(response, 200, { status: 'healthy', service: 'cairn', version: '0.1.0' });
    }
    if (call === 'POST /v1/auth/token') {
      if (options.key !== undefined && authorization !== `Bearer ${options.key}`) {
        return fail(response, 'unauthenticated', 'this server needs a key');
      }
      return json(response, 200, { token: 'a-token', exp: Math.floor(Date.now() / 1_000) + 3_600 });
    }
    if (authorization !== 'Bearer a-token') return fail(response, 'unauthenticated', 'no token');
    if (call === 'GET /v1/events/stream') return openStream(url, response);
    if (call === 'POST /v1/breadcrumbs') {
      const created = stub.add(body as Partial<Stored>);
      options.onCreate?.(created, stub);
      return json(response, 201, created);
    }
    const [, id] = /^\/v1\/breadcrumbs\/([^/]+)/.exec(url.pathname) ?? [];
    if (id !== undefined) {
      const found = stub.stored.find((each) => each.id === id);
      if (!found) return fail(response, 'not_found', `there is no breadcrumb ${id}`);
      return json(response, 200, request.method === 'DELETE' ? { ok: true } : found);
    }
    if (call === 'GET /v1/breadcrumbs') return listItems(url, response);
    if (call === 'GET /v1/system') return json(response, 200, SYSTEM);
    if (call === 'POST /v1/keys') return json(response, 201, { id: idOf(9), key: 'cairn_new' });
    if (call === 'GET /v1/keys') return json(response, 200, KEYS);
    if (call === `DELETE /v1/keys/${idOf(9)}`) return json(response, 200, { ok: true });
    fail(response, 'not_found', `there is no ${call}`);
  }

  function openStream(url: URL, response: ServerResponse): void {
    const filters: unknown = JSON.parse(url.searchParams.get('filters') ?? '{}');
    const stream = { response, all_tags: allTagsOf(filters) };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"type":"ping","ts":"2026-01-02T03:04:05Z"}\n\n');
    streams.add(stream);
    response.on('close', () => streams.delete(stream));
    opened += 1;
    for (const each of waiting) if (opened >= each.count) each.resolve();
  }

  function listItems(url: URL, response: ServerResponse): void {
    const tags = url.searchParams.getAll('all_tags');
    const found = stub.stored.filter((each) => tags.every((tag) => each.tags.includes(tag)));
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const with_context = url.searchParams.get('include_context') === 'true';
    const items = found
      .slice(0, limit)
      .map(({ context, ...item }) => (with_context ? { ...item, context } : item));
    const more =
      found.length > limit ? { link: '</v1/breadcrumbs?cursor=next-page>; rel="next"' } : {};
    json(response, 200, items, more);
  }
  return stub;
}

const SYSTEM = {
  version: '0.1.0',
  auth_mode: 'dev',
  storage: 'pglite',
  bus: 'memory',
  model: 'demo',
  is_demo_model: true,
  roles: ['curator'],
  owner_id: idOf(1),
  agent_id: idOf(2),
};

const KEYS = [
  {
    id: idOf(9),
    name: 'build',
    roles: ['emitter'],
    revoked_at: null,
    expires_at: null,
    last_used_at: null,
  },
];

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function fail(response: ServerResponse, code: ErrorCode, detail: string): void {
  const body = problem(code, detail, { request_id: 'req-1' });
  json(response, body.status, body);
}

function tagsOf(event: unknown): string[] | null {
  const has_tags = typeof event === 'object' && event !== null && 'tags' in event;
  return has_tags && Array.isArray(event.tags) ? event.tags.map(String) : null;
}

function allTagsOf(filters: unknown): string[] {
  const has_tags = typeof filters === 'object' && filters !== null && 'all_tags' in filters;
  return has_tags && Array.isArray(filters.all_tags) ? filters.all_tags.map(String) : [];
}
