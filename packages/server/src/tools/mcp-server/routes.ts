import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import { Type } from 'typebox';
import { messageOf } from '../../base/index.ts';
import type { HttpServer, Routes } from '../../http/index.ts';
import { makeServer, type Asking, type McpServerPorts } from './make-server.ts';

/** Headers that are the transport's own, or that name nothing which this server keeps. */
const NOT_PASSED: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/**
 * `/mcp`: this server's breadcrumbs and tools for clients of the Model Context Protocol, over streamable HTTP, in the
 * current revision and the ones before it. Nothing is kept between requests, so any process can answer any of them; a wait
 * is one request that takes long. Who asks is known by the token, as on every route.
 */
export function mcpRoutes(ports: McpServerPorts): Routes {
  let handler: Promise<McpHttpHandler> | null = null;
  return (server: HttpServer) => {
    server.addHook('preClose', async () => {
      await (await handler)?.close();
    });
    const handle = async (request: FastifyRequest, reply: FastifyReply) => {
      handler ??= loadHandler(ports);
      return answer(await handler, request, reply);
    };
    const config = { access: 'breadcrumb.read' };
    const about = { summary: 'Breadcrumbs and tools for MCP clients', tags: ['mcp'] };
    server.post(
      '/mcp',
      {
        config,
        schema: {
          ...about,
          description:
            'The Model Context Protocol over streamable HTTP: JSON-RPC 2.0. Tools: search, read, create, subscribe_and_wait, and those that the principal may use.',
          body: Type.Unknown(),
        },
      },
      handle,
    );
    server.route({
      method: ['GET', 'DELETE'],
      url: '/mcp',
      exposeHeadRoute: false,
      config,
      schema: { ...about, description: 'Answered with 405: there are no sessions.' },
      handler: handle,
    });
  };
}

async function loadHandler(ports: McpServerPorts): Promise<McpHttpHandler> {
  const sdk = await import('@modelcontextprotocol/server');
  return sdk.createMcpHandler(
    ({ authInfo }) => makeServer(sdk, ports, authInfo?.extra as unknown as Asking),
    {
      onerror: (error) => ports.log.debug({ reason: messageOf(error) }, 'a request to /mcp failed'),
    },
  );
}

async function answer(
  handler: McpHttpHandler,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { principal, method, headers, body } = request;
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const passed = new Headers();
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !NOT_PASSED.has(name)) passed.set(name, String(value));
  const response = await handler.fetch(
    new Request(`http://${headers.host ?? 'localhost'}/mcp`, {
      method,
      headers: passed,
      signal: gone.signal,
      ...(method === 'POST' ? { body: JSON.stringify(body ?? null) } : {}),
    }),
    {
      ...(method === 'POST' ? { parsedBody: body } : {}),
      authInfo: {
        token: '',
        clientId: principal.agent_id,
        scopes: [...principal.roles],
        extra: { principal, gone: gone.signal } satisfies Asking,
      },
    },
  );
  reply.code(response.status);
  response.headers.forEach((value, name) => {
    if (!NOT_PASSED.has(name)) reply.header(name, value);
  });
  if (!response.body) return reply.send(null);
  // A stream is told at once, not when its first event comes.
  request.raw.socket.setNoDelay(true);
  return reply.send(Readable.fromWeb(response.body));
}
