import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { problem, type ErrorCode, type StreamEvent } from '@cairn/protocol';
import type { Timing } from '../src/timing.ts';

/** A request as the stub server saw it. */
export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** A real HTTP server whose answers the test writes. Requests wait in `requests` in the order they came. */
export interface StubServer extends AsyncDisposable {
  url: string;
  requests: SeenRequest[];
  /** Requests for this path only. */
  to(path: string): SeenRequest[];
}

type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** Starts a server that answers `/v1/auth/token` with token-1, token-2, … and hands everything else to `answer`. */
export async function startStubServer(answer: Answer, token_life_s = 3_600): Promise<StubServer> {
  const requests: SeenRequest[] = [];
  let tokens = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://stub');
      const text = Buffer.concat(chunks).toString();
      const request: SeenRequest = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      requests.push(request);
      if (request.path !== '/v1/auth/token') return answer(request, response);
      tokens += 1;
      const exp = Math.floor(Date.now() / 1_000) + token_life_s;
      sendJson(response, 200, { token: `token-${tokens}`, exp });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    to: (path) => requests.filter((each) => each.path === path),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Answers with a problem, as the real server does. */
export function sendProblem(
  response: ServerResponse,
  code: ErrorCode,
  detail: string,
  headers: Record<string, string> = {},
): void {
  const body = problem(code, detail, { request_id: 'req-1' });
  sendJson(response, body.status, body, headers);
}

/** Opens an event stream; a ping comes first, as it does on the real server. */
export function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(frame({ type: 'ping', ts: '2026-01-01T00:00:00Z' }));
}

/** One frame. */
export function frame(event: StreamEvent, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(event)}\n\n`;
}

/** An update of the breadcrumb with this number. */
export function updated(
  seq: number,
  fields: Partial<Extract<StreamEvent, { seq: number; title: string }>> = {},
): Extract<StreamEvent, { title: string }> {
  return {
    type: 'breadcrumb.updated',
    seq,
    breadcrumb_id: breadcrumbId(seq),
    owner_id: breadcrumbId(0),
    version: 1,
    title: `Title ${seq}`,
    tags: [],
    schema_name: null,
    updated_at: '2026-01-01T00:00:00Z',
    updated_by: null,
    ...fields,
  };
}

/** The id of the breadcrumb with this number. */
export function breadcrumbId(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** Timers that fire on the next turn, except those of `held_ms`, which the test fires. Waits are recorded. */
export interface TestTiming extends Timing {
  waits: number[];
  fire(): void;
}

/** Makes such timers. */
export function testTiming(held_ms: readonly number[] = [15_000, 30_000, 60_000]): TestTiming {
  const waits: number[] = [];
  const held = new Map<symbol, () => void>();
  return {
    waits,
    now: () => Date.now(),
    random: () => 1,
    after(ms, run) {
      if (held_ms.includes(ms)) {
        const key = Symbol();
        held.set(key, run);
        return () => held.delete(key);
      }
      waits.push(ms);
      const timer = setImmediate(run);
      return () => clearImmediate(timer);
    },
    fire() {
      for (const run of held.values()) run();
    },
  };
}
