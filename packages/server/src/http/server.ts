import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { LIMITS } from '@cairn/protocol';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, randomToken, type Log, type Tracing } from '../base/index.ts';
import { KnownPaths } from './known-paths.ts';
import type { Principal } from './principal.ts';
import { answerError, answerRawFault, answerUnknown } from './problem-answers.ts';
import { traceIdOfRequest, traceRequests } from './trace-requests.ts';
import { assertTrusted, isAllowedOrigin, type TrustOptions } from './trust.ts';
import { compileValidator } from './validation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. On public routes it is set only when a valid token came. */
    principal: Principal;
    /** Whether the credential of the request still counts: for what lasts longer than a request. */
    credential_holds: () => Promise<boolean>;
  }
  interface FastifyContextConfig {
    /** The action that a principal must be allowed to take, or `public`. Every route states it. */
    access?: string;
    /**
     * In dev mode, who sends no credential is the default principal here: for clients of systems without any. In strict
     * mode it changes nothing.
     */
    open_in_dev?: boolean;
    /** Problems of this route also say `status_code` and `path`, as its clients expect. Set for routes of `/v1` only. */
    tells_path?: boolean;
    /**
     * Refuses what does not fit as the original does, under `/v1`: with 422 and a list in `detail`. For the routes that its
     * clients ask; `error` is a sentence as everywhere.
     */
    refuses_as_original?: boolean;
  }
}

/** The instance that modules register their routes on. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Adds the routes of a module. Called twice: for the root and for `/v1`; or once, for those of `/v1` only. */
export type Routes = (server: HttpServer) => void | Promise<void>;

export interface HttpOptions {
  readonly version: string;
  readonly log: Log;
  readonly trust: TrustOptions;
  /** Finds out who asks, or throws `unauthenticated`. */
  readonly authenticate: (request: FastifyRequest) => Promise<Principal>;
  /** Throws `forbidden` when the principal may not take the action at all. */
  readonly authorize: (principal: Principal, action: string) => void;
  /** Answers a browser that asks for an address which only the web page knows; null when there is no page. */
  readonly answerPage?: (reply: FastifyReply) => FastifyReply | null;
  /** Is told of each answer, with the template of its route and the milliseconds it took. */
  readonly observe?: (
    request: { method: string; path: string; status: string },
    ms: number,
  ) => void;
  readonly tracing?: Tracing;
  /** What a fault of another module means to a caller; null when it is not for callers. */
  readonly explain?: (error: unknown) => AppError | null;
}

/**
 * Makes the HTTP server: every request is checked for a trusted host, authenticated, authorized and validated before
 * its route sees it, and every error leaves as a problem. A route that does not state its access cannot be added.
 */
export async function createHttpServer(
  options: HttpOptions,
  routes: readonly Routes[],
  /** Routes that do not answer at the root, where their paths are those of the web page. */
  routes_of_v1: readonly Routes[] = [],
): Promise<HttpServer> {
  const server = fastify({
    bodyLimit: LIMITS.body_bytes,
    // Query strings may carry tokens, so requests are logged below, by route and not by address.
    logger: false,
    genReqId: nameRequests(),
    requestTimeout: 60_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    // What fails before a route is found would otherwise be answered in the framework's own form.
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply, options.log);
    },
    clientErrorHandler: (error, socket) => answerRawFault(error, socket),
  }).withTypeProvider<TypeBoxTypeProvider>();
  const { tracing } = options;
  if (tracing) traceRequests(server, tracing);
  const known_paths = new KnownPaths();
  server.addHook('onRoute', (route) => known_paths.add(route.url, route.method));

  readJsonOnly(server);
  server.setValidatorCompiler(compileValidator);
  server.setErrorHandler((error: Error, request, reply) =>
    answerError(options.explain?.(error) ?? error, request, reply, options.log),
  );
  server.setNotFoundHandler((request, reply) =>
    answerUnknown(request, reply, known_paths, options.answerPage),
  );
  checkTrust(server, options.trust);
  await allowOrigins(server, options.trust);
  guard(server, options);
  await describe(server, options.version);
  for (const add of routes) {
    await server.register(async (scope) => add(scope as HttpServer), { prefix: '/v1' });
    await server.register(async (scope) => {
      // The same routes answer at the root, for clients of the original; the page lists them once.
      scope.addHook('onRoute', (route) => {
        route.schema = { ...route.schema, hide: true };
      });
      await add(scope);
    });
  }
  for (const add of routes_of_v1) {
    await server.register(
      async (scope) => {
        scope.addHook('onRoute', (route) => {
          route.config = { ...route.config, tells_path: true };
        });
        await add(scope);
      },
      { prefix: '/v1' },
    );
  }
  return server;
}

/** Ids that no two requests share, also of several processes, at the cost of counting. */
function nameRequests(): () => string {
  const process_name = randomToken(9);
  let count = 0;
  return () => `${process_name}-${(count++).toString(36)}`;
}

const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['DELETE', 'OPTIONS']);

/** JSON is the only form of a body; the framework would also take plain text. */
function readJsonOnly(server: HttpServer): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Some clients name the type with every request, also with one that has no body.
    const takes_body = request.routeOptions.schema?.body !== undefined;
    if (body === '' && (!takes_body || MAY_BE_EMPTY.has(request.method))) done(null, undefined);
    else void parse(request, body as string, done);
  });
}

/** The first check of all, also for preflights, pages and addresses that do not exist. */
function checkTrust(server: HttpServer, trust: TrustOptions): void {
  // What need not wait for anything does without a promise: each costs a small read a hundredth of its time.
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    assertTrusted(request.headers.host, request.headers.origin, trust);
    done();
  });
}

/** Comes after `allowOrigins`, so that a page which may call us can also read why it was refused. */
function guard(server: HttpServer, { authenticate, authorize, log, observe }: HttpOptions): void {
  server.decorateRequest('principal', null as unknown as Principal);
  server.decorateRequest('credential_holds', () => Promise.resolve(true));
  server.addHook('onRoute', (route) => {
    if (route.config?.access || isPage(route.url)) return;
    throw new Error(`the route ${String(route.method)} ${route.url} does not state its access`);
  });
  server.addHook('onRequest', async (request) => {
    const { url = '', config } = request.routeOptions;
    const is_open = config.access === 'public' || isPage(url) || request.method === 'OPTIONS';
    if (request.is404 || is_open) return;
    if (config.access === undefined)
      throw new AppError('forbidden', 'this route has no stated access');
    request.principal = await authenticate(request);
    authorize(request.principal, config.access);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions, id } = request;
    const fields = {
      request_id: id,
      trace_id: traceIdOfRequest(request),
      method,
      route: routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    log.debug(fields, 'answered');
    const path = routeOptions.url ?? 'unknown';
    observe?.({ method, path, status: String(reply.statusCode) }, reply.elapsedTime);
    done();
  });
}

/** Pages and their files, which are the same for everybody: the API's documentation, and the web page. */
function isPage(url: string): boolean {
  return url === '/*' || url.startsWith('/docs');
}

async function allowOrigins(server: HttpServer, trust: TrustOptions): Promise<void> {
  await server.register(cors, {
    hook: 'onRequest',
    delegator: (request, callback) => {
      const { origin, host } = request.headers;
      const is_allowed = origin !== undefined && isAllowedOrigin(origin, host, trust);
      callback(null, {
        origin: is_allowed ? origin : false,
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
        exposedHeaders: [
          'link',
          'etag',
          'x-request-id',
          'idempotent-replayed',
          'retry-after',
          'search-mode',
          'lists-cut',
          'x-conversation-id',
          'x-total-count',
          'x-total-count-is-bounded',
        ],
        maxAge: 600,
      });
    },
  });
}

async function describe(server: HttpServer, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cairn',
        version,
        description:
          'Most paths below /v1 also answer without that prefix. Errors are application/problem+json.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  });
  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  // Where clients of other servers look for it.
  server.get(
    '/swagger',
    { config: { access: 'public' }, schema: { hide: true } },
    (_request, reply) => reply.redirect('/docs'),
  );
  server.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () =>
    server.swagger(),
  );
}
