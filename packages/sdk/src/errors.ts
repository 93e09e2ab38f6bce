import type { ErrorCode, Problem } from '@cairn/protocol';

/** Codes of the API, and the one that the client itself gives to an answer that no Cairn server would send. */
export type CairnErrorCode = ErrorCode | 'unexpected_answer';

/**
 * The server answered, and the answer is an error. `message` is the sentence to show to a person;
 * programs compare `code`, which is one of a closed set.
 *
 * @example
 * try {
 *   await client.updateBreadcrumb(id, { title: 'New title' }, { version: 3 });
 * } catch (error) {
 *   if (error instanceof CairnError && error.code === 'version_mismatch') {
 *     console.log('Somebody was faster; it is now version', error.problem?.current_version);
 *   } else throw error;
 * }
 */
export class CairnError extends Error {
  override readonly name: string = 'CairnError';
  /** Which error this is. A server newer than this client may send codes that the type does not list. */
  readonly code: CairnErrorCode | (string & {});
  /** HTTP status of the answer. */
  readonly status: number;
  /** What was expected, what came, and what to do. */
  readonly detail: string;
  /** The whole problem answer (RFC 9457), or null when the body was not one. */
  readonly problem: Problem | null;
  /** Names the request in the log of the server, or null. */
  readonly request_id: string | null;
  /** How long the server asks to wait before the next try, in milliseconds, or null. */
  readonly retry_after_ms: number | null;

  constructor(fields: {
    code: string;
    status: number;
    detail: string;
    problem?: Problem | null;
    request_id?: string | null;
    retry_after_ms?: number | null;
  }) {
    super(fields.detail);
    this.code = fields.code;
    this.status = fields.status;
    this.detail = fields.detail;
    this.problem = fields.problem ?? null;
    this.request_id = fields.request_id ?? fields.problem?.request_id ?? null;
    this.retry_after_ms = fields.retry_after_ms ?? null;
  }
}

/**
 * No answer came: nothing listens at the address, the name is unknown, or the connection broke.
 * Whether the request took effect is not known.
 *
 * @example
 * await client.health().catch((error) => {
 *   if (error instanceof CairnConnectionError) console.error(error.message);
 *   // Cannot reach http://127.0.0.1:8081 (ECONNREFUSED). Is the server running? Start it with `npm start`.
 * });
 */
export class CairnConnectionError extends Error {
  override readonly name: string = 'CairnConnectionError';
  readonly code = 'connection_failed';
  /** The address that was called. */
  readonly url: string;

  constructor(url: string, reason: string, cause?: unknown) {
    super(
      `Cannot reach ${url || 'the server'} (${reason}). Is the server running? Start it with \`npm start\`.`,
      cause === undefined ? {} : { cause },
    );
    this.url = url;
  }
}

/**
 * What was waited for did not come in time: the answer to a request, or an event.
 *
 * @example
 * try {
 *   await bridge.waitForEvent({ schema_name: 'agent.response.v1' }, 5_000);
 * } catch (error) {
 *   if (error instanceof CairnTimeoutError) console.log(`gave up after ${error.timeout_ms} ms`);
 * }
 */
export class CairnTimeoutError extends Error {
  override readonly name: string = 'CairnTimeoutError';
  readonly code = 'timeout';
  /** How long it was waited, in milliseconds. */
  readonly timeout_ms: number;

  constructor(message: string, timeout_ms: number) {
    super(message);
    this.timeout_ms = timeout_ms;
  }
}

/** Makes a connection error of what `fetch` or a body reader threw; errors that are ours already pass unchanged. */
export function asConnectionError(error: unknown, url: string): Error {
  if (
    error instanceof CairnError ||
    error instanceof CairnConnectionError ||
    error instanceof CairnTimeoutError
  ) {
    return error;
  }
  return new CairnConnectionError(url, reasonOf(error), error);
}

/** Anything that was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Why a signal was aborted, as an error: callers may abort with anything at all. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new DOMException(String(reason), 'AbortError');
}

/** The short cause that a person can use, such as ECONNREFUSED: Node hides it below "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    return cause.message || error.message;
  }
  return error.message || error.name;
}
