import type { Problem } from '@cairn/protocol';
import { abortReason, asConnectionError, CairnError, CairnTimeoutError } from './errors.ts';
import { isPassing, parseRetryAfter, retryDelay } from './retry.ts';
import { pause, type Timing } from './timing.ts';

/** One call of the API, before it is given a token and an address. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Starts with a slash. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `text` when the answer is not JSON; its body is then a string. */
  readonly answer?: 'text';
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for this answer, in place of what the transport says. */
  readonly timeout_ms?: number;
  /** True when a second try cannot do harm. */
  readonly retry: boolean;
}

/** A good answer: the parsed body and the headers. */
export interface ApiAnswer<T> {
  readonly body: T;
  readonly headers: Headers;
}

/** Gives out the token of a request, and a new one when the server refused it. */
export interface TokenSource {
  /** A token that is valid now, as far as the client knows. */
  current(): Promise<string>;
  /** A token other than the refused one, or null when there is no way to get one. */
  renew(refused: string): Promise<string | null>;
}

/** What requests are sent with. */
export interface Transport {
  readonly base_url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly timing: Timing;
  readonly max_retries: number;
  readonly timeout_ms: number;
}

const BACKOFF = { base_ms: 250, max_ms: 5_000 };

/**
 * Sends a request and reads its JSON answer. Passing failures of requests that may be repeated are tried again,
 * up to `max_retries` times. Without `tokens` the request goes out as it is.
 * @throws CairnError, CairnConnectionError, CairnTimeoutError, or the reason of the signal.
 */
export async function sendRequest<T>(
  transport: Transport,
  request: ApiRequest,
  tokens: TokenSource | null,
): Promise<ApiAnswer<T>> {
  const { timing, max_retries } = transport;
  // Outside of the loop: getting a token has its own retries, and these must not multiply.
  if (tokens !== null) await orAbort(tokens.current(), request.signal);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await sendOnce<T>(transport, request, tokens);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!request.retry || attempt >= max_retries || !isPassing(error)) throw error;
      const delay = retryDelay(error, attempt, timing, BACKOFF);
      if (delay === null) throw error;
      await pause(timing, delay, request.signal);
      request.signal?.throwIfAborted();
    }
  }
}

/**
 * Opens a response whose body is read as it comes. There is one forced renewal of the token on a 401 and no retry:
 * the reader of the stream knows better when to come back.
 * @throws CairnError for an answer that is not a success.
 */
export async function openResponse(
  transport: Transport,
  request: ApiRequest,
  tokens: TokenSource,
): Promise<Response> {
  try {
    const response = await fetchWithToken(transport, request, tokens, request.signal);
    if (!response.ok) throw await errorOf(response, transport);
    return response;
  } catch (error) {
    request.signal?.throwIfAborted();
    throw asConnectionError(error, transport.base_url);
  }
}

async function sendOnce<T>(
  transport: Transport,
  request: ApiRequest,
  tokens: TokenSource | null,
): Promise<ApiAnswer<T>> {
  const { timing, base_url } = transport;
  const timeout_ms = request.timeout_ms ?? transport.timeout_ms;
  const attempt = new AbortController();
  const stop = (): void => attempt.abort(request.signal?.reason);
  if (request.signal?.aborted) stop();
  request.signal?.addEventListener('abort', stop, { once: true });
  const cancel = timing.after(timeout_ms, () =>
    attempt.abort(
      new CairnTimeoutError(
        `${request.method} ${base_url}${request.path} had no answer within ${timeout_ms / 1_000} s`,
        timeout_ms,
      ),
    ),
  );
  try {
    const response = tokens
      ? await fetchWithToken(transport, request, tokens, attempt.signal)
      : await fetchOnce(transport, request, null, attempt.signal);
    if (!response.ok) throw await errorOf(response, transport);
    return { body: await readBody<T>(response, request, transport), headers: response.headers };
  } catch (error) {
    request.signal?.throwIfAborted();
    throw asConnectionError(attempt.signal.aborted ? attempt.signal.reason : error, base_url);
  } finally {
    cancel();
    request.signal?.removeEventListener('abort', stop);
  }
}

/** Leaves off waiting when the signal aborts; what was waited for goes on, because others may wait for it too. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortReason(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function fetchWithToken(
  transport: Transport,
  request: ApiRequest,
  tokens: TokenSource,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const token = await orAbort(tokens.current(), signal);
  const response = await fetchOnce(transport, request, token, signal);
  if (response.status !== 401) return response;
  const renewed = await orAbort(tokens.renew(token), signal);
  if (renewed === null) return response;
  // The refused answer is thrown away; reading it to its end gives its connection back.
  await response.text();
  return fetchOnce(transport, request, renewed, signal);
}

function fetchOnce(
  transport: Transport,
  request: ApiRequest,
  token: string | null,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const search = request.query?.toString();
  const accept = request.answer === 'text' ? 'text/plain' : 'application/json';
  const headers: Record<string, string> = { accept, ...request.headers };
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  return transport.fetch(`${transport.base_url}${request.path}${search ? `?${search}` : ''}`, {
    method: request.method,
    headers,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(signal ? { signal } : {}),
  });
}

async function readBody<T>(
  response: Response,
  request: ApiRequest,
  transport: Transport,
): Promise<T> {
  const text = await response.text();
  try {
    // The server validates what it sends; a second validation here would cost every client its time.
    return (request.answer === 'text' ? text : JSON.parse(text)) as T;
  } catch {
    throw unexpected(response, transport, 'the body is not JSON');
  }
}

async function errorOf(response: Response, transport: Transport): Promise<CairnError> {
  const text = await response.text();
  const retry_after_ms = parseRetryAfter(
    response.headers.get('retry-after'),
    transport.timing.now(),
  );
  const found = readProblem(text);
  if (found === null)
    return unexpected(response, transport, 'without a problem body', retry_after_ms);
  return new CairnError({
    code: found.code,
    status: response.status,
    detail: found.detail,
    problem: found,
    request_id: found.request_id ?? response.headers.get('x-request-id'),
    retry_after_ms,
  });
}

/** An answer that some other server, or a proxy in between, must have given. */
function unexpected(
  response: Response,
  transport: Transport,
  why: string,
  retry_after_ms: number | null = null,
): CairnError {
  return new CairnError({
    code: 'unexpected_answer',
    status: response.status,
    detail: `${transport.base_url || 'The server'} answered ${response.status} ${why}. Is it a Cairn server?`,
    request_id: response.headers.get('x-request-id'),
    retry_after_ms,
  });
}

function readProblem(text: string): Problem | null {
  try {
    const value: unknown = JSON.parse(text);
    return isProblem(value) ? withSentence(value) : null;
  } catch {
    return null;
  }
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'detail' in value &&
    (typeof value.detail === 'string' || ('error' in value && typeof value.error === 'string'))
  );
}

/** Some routes about runs have a list in `detail`, for clients of the original; `error` has the sentence everywhere. */
function withSentence(found: Problem): Problem {
  return typeof found.detail === 'string' ? found : { ...found, detail: found.error };
}
