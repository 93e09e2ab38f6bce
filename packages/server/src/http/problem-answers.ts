import { problem, type ErrorCode, type Problem } from '@cairn/protocol';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, messageOf, type Log } from '../base/index.ts';

/** What Fastify itself refuses, in our words. The rest of its errors become `bad_request`. */
const FRAMEWORK_ERRORS: Record<string, { code: ErrorCode; detail: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'payload_too_large',
    detail: 'the body is larger than 1 MiB; send less, or refer to it',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'the body must be JSON; send the header content-type: application/json',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    code: 'invalid_json',
    detail: 'the body is empty; JSON was expected',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'bad_request',
    detail: 'the body is not as long as content-length says',
  },
};

/** Answers with a problem; the only way that an error leaves the server. */
export function sendProblem(
  reply: FastifyReply,
  code: ErrorCode,
  detail: string,
  extra: Partial<Problem> = {},
): FastifyReply {
  const body = problem(code, detail, { ...extra, request_id: reply.request.id });
  if (body.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(body.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(body);
}

/** Turns anything thrown by a route into a problem. What was not foreseen is logged and told nobody. */
export function answerError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  if (error instanceof AppError) return sendProblem(reply, error.code, error.message, error.extra);
  if ('validation' in error && error.validation) {
    const first = error.validation[0] as { field?: string; explanation?: string } | undefined;
    const errors = [{ path: first?.field ?? '', message: first?.explanation ?? messageOf(error) }];
    return sendProblem(
      reply,
      'validation_failed',
      errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; '),
      { errors },
    );
  }
  const known = 'code' in error ? FRAMEWORK_ERRORS[error.code] : undefined;
  if (known) return sendProblem(reply, known.code, known.detail);
  if (error instanceof SyntaxError)
    return sendProblem(reply, 'invalid_json', 'the body is not valid JSON');
  const status = 'statusCode' in error ? error.statusCode : undefined;
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
