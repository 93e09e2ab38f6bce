import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import {
  createMcpHandler,
  isInitializeRequest,
  legacyStatelessFallback,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { referenceServer } from './reference-tools.ts';

/**
 * Run as a process: `node http-server.ts <port> [previous|sessions]`. Says `listening <port>` when it can be reached.
 * With `KEY` in its environment, it wants that as a token. `previous` and `sessions` know only the revisions before the current, without and with a session for each client.
 */
const [port = '0', revision = 'current'] = process.argv.slice(2);
const grown = { count: 0 };
const handler = createMcpHandler(() =>
  referenceServer(grown, () => setImmediate(() => handler.notify.toolsChanged())),
);
const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

async function answerInSession(request: Request): Promise<Response> {
  const known = sessions.get(request.headers.get('mcp-session-id') ?? '');
  if (known) return known.handleRequest(request);
  const parsedBody = request.method === 'POST' ? await request.json() : null;
  if (!isInitializeRequest(parsedBody)) return new Response(null, { status: 404 });
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
    },
    onsessionclosed: (id) => {
      process.stdout.write(`closed ${id}\n`);
    },
  });
  await referenceServer(grown).connect(transport);
  return transport.handleRequest(request, { parsedBody });
}

const ANSWERS: Record<string, (request: Request) => Promise<Response>> = {
  current: handler.fetch,
  previous: legacyStatelessFallback(() => referenceServer(grown)),
  sessions: answerInSession,
};
const answer = ANSWERS[revision] ?? handler.fetch;

async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = 'GET', url = '/', headers } = incoming;
  const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
  return new Request(new URL(url, 'http://localhost'), {
    method,
    headers: new Headers(headers as Record<string, string>),
    signal,
    ...body,
  });
}

const http = createServer(async (incoming, outgoing) => {
  const key = process.env['KEY'];
  if (key && incoming.headers['authorization'] !== `Bearer ${key}`)
    return outgoing.writeHead(401).end();
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const response = await answer(await toRequest(incoming, gone.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body) Readable.fromWeb(response.body).pipe(outgoing);
  else outgoing.end();
});
http.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`listening ${(http.address() as AddressInfo).port}\n`);
});
