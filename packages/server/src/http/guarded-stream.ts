import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import {
  explainOutbound,
  guardLookup,
  OutboundError,
  readOutboundUrl,
  refusePrivatePeer,
  resolveBySystem,
  type ResolveName,
} from './guarded-fetch.ts';

/** As the platform's `fetch`, for bodies that are text. @throws OutboundError */
export type GuardedStream = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Answers that the platform allows no body for. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/**
 * As `createGuardedFetch`, for answers that are read while they come: the platform's `fetch` with the same guard. Time
 * ends it by `init.signal` alone, and no more is read than the reader asks for. It follows no redirect.
 */
export function createGuardedStream({
  allow_private,
  resolve = resolveBySystem,
}: {
  readonly allow_private: boolean;
  readonly resolve?: ResolveName;
}): GuardedStream {
  return async (address, init = {}) => {
    const url = readOutboundUrl(String(address), allow_private);
    const { body, signal } = init;
    if (body !== undefined && body !== null && typeof body !== 'string')
      throw new TypeError('the body must be text');
    if (signal?.aborted) throw signal.reason;
    const options: RequestOptions = {
      method: init.method ?? 'GET',
      headers: {
        ...Object.fromEntries(new Headers(init.headers)),
        ...(typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {}),
      },
      // A connection of its own, so that what was checked is what is used.
      agent: false,
      lookup: guardLookup(resolve, allow_private),
      ...(signal ? { signal } : {}),
    };
    const out = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((succeed, fail) => {
      const sending = out(url, options);
      sending.on('error', (error) =>
        fail(signal?.aborted ? (signal.reason as Error) : explainOutbound(error)),
      );
      sending.on('socket', (socket) => {
        if (!allow_private) refusePrivatePeer(socket);
      });
      sending.on('response', (answer) => {
        try {
          succeed(toResponse(answer));
        } catch (error) {
          answer.destroy();
          fail(new OutboundError('failed', 'the request failed: the answer is not HTTP', error));
        }
      });
      sending.end(body ?? undefined);
    });
  };
}

function toResponse(answer: IncomingMessage): Response {
  const { statusCode: status = 0 } = answer;
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  if (WITHOUT_BODY.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(answer) as ReadableStream, { status, headers });
}
