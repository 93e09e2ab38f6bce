/**
 * Every error code the API can answer with, its HTTP status and its title.
 * The union is closed: `docs/errors.md` lists the same codes and a test keeps the two equal.
 * A retired code is never used again for something else.
 */
export const ERROR_CODES = {
  bad_request: { status: 400, title: 'The request is not well formed' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  validation_failed: { status: 400, title: 'A field does not fit its schema' },
  invalid_selector: { status: 400, title: 'The selector is not well formed' },
  invalid_cursor: { status: 400, title: 'The cursor is not one that this server gave out' },
  unauthenticated: { status: 401, title: 'A valid token or key is needed' },
  forbidden: { status: 403, title: 'This principal may not do that' },
  foreign_origin: {
    status: 403,
    title: 'The request came from a host or origin that is not trusted',
  },
  not_found: { status: 404, title: 'There is no such thing, or you may not see it' },
  method_not_allowed: { status: 405, title: 'This address does not take that method' },
  conflict: { status: 409, title: 'It exists already, or its state does not allow this' },
  version_mismatch: { status: 412, title: 'The record has changed since you read it' },
  payload_too_large: { status: 413, title: 'The body is larger than allowed' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  invalid_run: { status: 422, title: 'What was reported about a run does not hold together' },
  idempotency_mismatch: { status: 422, title: 'The key was used before with another request' },
  too_many_streams: { status: 429, title: 'Too many open event streams' },
  internal_error: { status: 500, title: 'Something failed on our side' },
  upstream_failed: { status: 502, title: 'A service that this answer needs has failed' },
  unavailable: { status: 503, title: 'The service is not ready' },
} as const satisfies Record<string, { status: number; title: string }>;

/** A code from the closed set above. */
export type ErrorCode = keyof typeof ERROR_CODES;
