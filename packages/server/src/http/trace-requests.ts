import type { FastifyRequest } from 'fastify';
import { traceIdOf, type Span, type Tracing } from '../base/index.ts';
import type { HttpServer } from './server.ts';

const spans = new WeakMap<FastifyRequest, Span>();

/**
 * Makes each request a span, below that of its caller when a `traceparent` came. It is named by the template of the route
 * and says nothing of what was asked. All that a request sets off goes below it.
 */
export function traceRequests(server: HttpServer, tracing: Tracing): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const span = tracing.start(`${method} ${route}`, {
      kind: 'server',
      traceparent: readHeader(request),
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'cairn.request_id': request.id,
      },
    });
    spans.set(request, span);
    span.run(done);
  });
  // The body came by events of the socket, which know nothing of the request.
  server.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.run(done);
    else done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': reply.statusCode });
    if (reply.statusCode >= 500) span?.fail(String(reply.statusCode));
    span?.end();
    done();
  });
}

/** The trace that a request is part of: ours, or that of its caller; null when there is none. */
export function traceIdOfRequest(request: FastifyRequest): string | null {
  return spans.get(request)?.trace_id ?? traceIdOf(readHeader(request));
}

function readHeader(request: FastifyRequest): string | undefined {
  const { traceparent } = request.headers;
  return typeof traceparent === 'string' ? traceparent : undefined;
}
