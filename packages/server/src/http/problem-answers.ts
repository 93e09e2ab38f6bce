import { LIMITS, problem, type ErrorCode, type Problem } from '@cairn/protocol';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { AppError, messageOf, type Log } from '../base/index.ts';
import type { KnownPaths } from './known-paths.ts';
import { listMisfits, type RequestPart } from './list-misfits.ts';
import type { Misfit } from './validation.ts';

/** What Fastify itself refuses, in our words. The rest of its errors become `bad_request`. */
const FRAMEWORK_ERRORS: Record<string, { code: ErrorCode; detail: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'payload_too_large',
    detail: 'the body is larger than allowed; send less',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'the body must be JSON; send the header content-type: application/json',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'invalid_json',
    detail: 'the body is not valid JSON, or has the key __proto__ or constructor.prototype',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    code: 'invalid_json',
    detail: 'the body is empty; JSON was expected',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'bad_request',
    detail: 'the body is not as long as content-length says',
  },
  FST_ERR_BAD_URL: {
    code: 'bad_request',
    detail: 'the path holds a % that is not followed by two hex digits of valid UTF-8',
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: 'bad_request',
    detail: 'a part of the path is longer than 300 characters',
  },
};

/** Parts of an address that an answer repeats. */
const SHOWN_CHARS = 200;

/** What a client of the original knows as 422 with a list of what does not fit. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'validation_failed',
  'invalid_json',
  'invalid_run',
]);

/** Answers with a problem; the only way that an error leaves the server. `part` is what of the request does not fit. */
export function sendProblem(
  reply: FastifyReply,
  code: ErrorCode,
  detail: string,
  extra: Partial<Problem> = {},
  part: RequestPart = null,
): FastifyReply {
  const { request } = reply;
  const body = problem(code, detail, { ...extra, request_id: request.id });
  const { tells_path, refuses_as_original } = request.routeOptions?.config ?? {};
  const is_refusal = tells_path && refuses_as_original && REFUSALS.has(code);
  if (is_refusal) body.status = 422;
  if (tells_path) {
    body.status_code = body.status;
    body.path = pathOf(request).slice(0, SHOWN_CHARS);
  }
  reply.header('x-request-id', request.id);
  if (body.status === 401) reply.header('www-authenticate', 'Bearer');
  if (body.status === 503) reply.header('retry-after', '1');
  return reply
    .code(body.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(is_refusal ? { ...body, detail: listOf(body, request, part) } : body);
}

function listOf(body: Problem, request: FastifyRequest, part: RequestPart) {
  const params = Object.keys(request.params ?? {});
  return listMisfits(body, part, { method: request.method, params });
}

/** Turns anything thrown by a route into a problem. What was not foreseen is logged and told nobody. */
export function answerError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const error: Error | FastifyError =
    thrown instanceof Error ? thrown : new Error(messageOf(thrown), { cause: thrown });
  if (error instanceof AppError) return sendProblem(reply, error.code, error.message, error.extra);
  if ('validation' in error && error.validation) {
    const [first] = error.validation as unknown as (Misfit | undefined)[];
    const { path = '', message = messageOf(error), sentence = message } = first ?? {};
    const { validationContext: part = null } = error as { validationContext?: RequestPart };
    return sendProblem(reply, 'validation_failed', sentence, { errors: [{ path, message }] }, part);
  }
  const { code, statusCode: status } = error as Partial<FastifyError>;
  const known = code === undefined ? undefined : FRAMEWORK_ERRORS[code];
  if (known?.code === 'payload_too_large') {
    const mib = (request.routeOptions.bodyLimit ?? LIMITS.body_bytes) / 1_048_576;
    return sendProblem(reply, known.code, `the body is larger than ${mib} MiB; send less`);
  }
  if (known) return sendProblem(reply, known.code, known.detail);
  if (status !== undefined && status >= 400 && status < 500)
    return sendProblem(reply, 'bad_request', error.message);
  log.error(
    { request_id: request.id, route: request.routeOptions.url, err: error },
    'a request failed',
  );
  return sendProblem(
    reply,
    'internal_error',
    'something failed on our side; the log has the details under this request_id',
  );
}

/**
 * Answers where no route is: 405 when the path takes other methods, the web page for a browser that asks for a page,
 * else 404.
 */
export function answerUnknown(
  request: FastifyRequest,
  reply: FastifyReply,
  known_paths: KnownPaths,
  answerPage?: (reply: FastifyReply) => FastifyReply | null,
): FastifyReply {
  const { method } = request;
  const path = pathOf(request);
  const shown = path.slice(0, SHOWN_CHARS);
  const methods = known_paths.methodsOf(path);
  if (methods.length > 0 && !methods.includes(method)) {
    const allowed = methods.join(', ');
    reply.header('allow', allowed);
    if (method === 'OPTIONS') return reply.code(204).send();
    return sendProblem(
      reply,
      'method_not_allowed',
      `${shown} does not take ${method}; it takes ${allowed}`,
    );
  }
  const wants_page = method === 'GET' && request.headers.accept?.includes('text/html') === true;
  const page = wants_page && !path.startsWith('/v1/') ? answerPage?.(reply) : null;
  return (
    page ??
    sendProblem(reply, 'not_found', `there is no ${method} ${shown}; /docs lists what there is`)
  );
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}

/** Answers what is not HTTP, or not in time, where there is no request yet: on the bare socket. */
export function answerRawFault(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || socket.destroyed || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const detail =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'the headers are larger than 16 KiB'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'the request did not arrive in time'
        : 'this is not a well-formed HTTP/1.1 request';
  const body = JSON.stringify(problem('bad_request', detail));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
