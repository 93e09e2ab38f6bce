import type * as Http from 'node:http';
import type * as Https from 'node:https';
import { parseRetryAfter } from '../retry.ts';
import type { Timing } from '../timing.ts';
import { builtinModule } from './node-runtime.ts';

/** An answer, whatever its status. */
export interface JsonAnswer {
  readonly status: number;
  readonly text: string;
  /** How long the server asks to wait, in milliseconds, or null. */
  readonly retry_after_ms: number | null;
}

/** What requests are sent with. */
export interface PostOptions {
  readonly base_url: string;
  readonly token: string | undefined;
  readonly timeout_ms: number;
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly timing: Timing;
}

/** Sends a JSON text to a path. Rejects when no answer comes in time. */
export type PostJson = (path: string, json: string, may_pack: boolean) => Promise<JsonAnswer>;

/** Bodies of more than this many characters are compressed. */
const WORTH_PACKING = 4_096;
/** Older browsers have no compression. */
const CAN_PACK = typeof CompressionStream === 'function';
/** Browsers let a request outlive its page up to this size. */
const KEEPALIVE_BYTES = 60_000;

/**
 * The way to send that this runtime has. In Node it is `node:http` with connections that do not keep the process
 * alive, which `fetch` cannot do; elsewhere, and where the caller brings one, it is `fetch`.
 */
export function postJson(options: PostOptions): PostJson {
  const send = options.fetch === undefined ? nodeSender(options) : null;
  return async (path, json, may_pack) => {
    const packed = may_pack && CAN_PACK && json.length > WORTH_PACKING;
    const body = packed ? await pack(json) : new TextEncoder().encode(json);
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    };
    if (send) return send(path, headers, body);
    return sendWithFetch(options, path, headers, body);
  };
}

type Send = (
  path: string,
  headers: Record<string, string>,
  body: Uint8Array<ArrayBuffer>,
) => Promise<JsonAnswer>;

async function pack(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function sendWithFetch(
  options: PostOptions,
  ...[path, headers, body]: Parameters<Send>
): Promise<JsonAnswer> {
  const attempt = new AbortController();
  const { timing } = options;
  const cancel = timing.after(options.timeout_ms, () =>
    attempt.abort(new Error(`no answer within ${options.timeout_ms} ms`)),
  );
  try {
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    const response = await fetch(`${options.base_url}${path}`, {
      method: 'POST',
      headers,
      body,
      signal: attempt.signal,
      // A redirect would carry the token to another place.
      redirect: 'error',
      keepalive: body.length <= KEEPALIVE_BYTES,
    });
    const text = await response.text();
    const retry_after = response.headers.get('retry-after');
    return {
      status: response.status,
      text,
      retry_after_ms: parseRetryAfter(retry_after, timing.now()),
    };
  } finally {
    cancel();
  }
}

/** Null outside of Node, and for an address that has no protocol of its own. */
function nodeSender(options: PostOptions): Send | null {
  const is_secure = options.base_url.startsWith('https:');
  if (!is_secure && !options.base_url.startsWith('http:')) return null;
  const http = builtinModule<typeof Http | typeof Https>(is_secure ? 'node:https' : 'node:http');
  if (http === null) return null;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const send: Send = (path, headers, body) =>
    new Promise<JsonAnswer>((resolve, reject) => {
      const { timing } = options;
      const request = http.request(
        `${options.base_url}${path}`,
        { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
        (response) => {
          const parts: string[] = [];
          response.setEncoding('utf8');
          response.on('data', (part: string) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const retry_after = response.headers['retry-after'] ?? null;
            resolve({
              status: response.statusCode ?? 0,
              text: parts.join(''),
              retry_after_ms: parseRetryAfter(retry_after, timing.now()),
            });
          });
        },
      );
      // Whoever waits for delivery holds the process with a timer of a stated length; the connection must not.
      request.on('socket', (socket) => socket.unref());
      const cancel = timing.after(options.timeout_ms, () =>
        request.destroy(new Error(`no answer within ${options.timeout_ms} ms`)),
      );
      request.on('close', cancel);
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a connection that we had kept: nothing is wrong, and the repeat is harmless.
        const is_stale = request.reusedSocket && error.code === 'ECONNRESET';
        if (is_stale) send(path, headers, body).then(resolve, reject);
        else reject(error);
      });
      request.end(body);
    });
  return send;
}
