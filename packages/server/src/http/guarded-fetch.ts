import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Clock } from '../base/index.ts';
import { isPrivateAddress } from './private-addresses.ts';

/** Why a request out came to nothing. No message names an address that a name led to. */
export type OutboundFault =
  | 'bad_url'
  | 'private_address'
  | 'name_not_found'
  | 'timeout'
  | 'aborted'
  | 'failed';

export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly fault: OutboundFault;

  constructor(fault: OutboundFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** Finds the addresses of a name, as `dns.lookup` does with `all`. */
export type ResolveName = (
  name: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface GuardedFetchOptions {
  /** Lets requests reach this machine and private networks. */
  readonly allow_private: boolean;
  readonly clock: Clock;
  /** The system's own resolver when absent. */
  readonly resolve?: ResolveName;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** For everything: finding the address, connecting, sending, and the whole answer. */
  readonly timeout_ms: number;
  /** What is kept of the answer; the rest is not read. */
  readonly response_bytes_max: number;
  readonly signal?: AbortSignal;
}

export interface OutboundResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The answer was longer than what is kept. */
  readonly is_truncated: boolean;
}

/** Sends a request to an address that a user gave. @throws OutboundError */
export type GuardedFetch = (url: string, request: OutboundRequest) => Promise<OutboundResponse>;

/**
 * Makes a `fetch` for addresses that users give. It speaks http and https, follows no redirect, keeps no connection, and
 * reaches only the public internet unless `allow_private`. The addresses of a name are checked where they are found
 * for connecting, and the one connected to is checked again before a byte is sent: a name that changes its address
 * between two looks gains nothing.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  return async (address, request) => {
    const url = readOutboundUrl(address, options.allow_private);
    if (request.signal?.aborted) throw new OutboundError('aborted', 'the request was given up');
    return await send(url, request, options);
  };
}

/**
 * Reads an address that a user gave and refuses what could never be sent to: another scheme, a password in it, or a
 * private address that stands in it, in any spelling. Names are judged when they are resolved.
 * @throws OutboundError bad_url, private_address
 */
export function readOutboundUrl(address: string, allow_private: boolean): URL {
  if (!URL.canParse(address)) throw new OutboundError('bad_url', 'the address is not a URL');
  // The parser turns every spelling of an IPv4 address (decimal, octal, hex, short) into the dotted one.
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OutboundError('bad_url', 'the address must start with http:// or https://');
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('bad_url', 'the address must not hold a user name or password');
  const host = bareHost(url);
  const is_private = isIP(host) > 0 ? isPrivateAddress(host) : /(^|\.)localhost\.?$/.test(host);
  if (is_private && !allow_private) throw privateAddress();
  return url;
}

function privateAddress(): OutboundError {
  return new OutboundError(
    'private_address',
    'the address leads into a private network, to which this server does not send (OUTBOUND_ALLOW_PRIVATE)',
  );
}

/** The host without the brackets of an IPv6 address. */
function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function send(
  url: URL,
  request: OutboundRequest,
  { allow_private, clock, resolve = resolveBySystem }: GuardedFetchOptions,
): Promise<OutboundResponse> {
  const { method, headers, body, timeout_ms, signal } = request;
  const out = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const options: RequestOptions = {
    method,
    headers: {
      ...headers,
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    // A connection of its own, so that what was checked is what is used.
    agent: false,
    lookup: guardLookup(resolve, allow_private),
  };
  return new Promise((succeed, fail) => {
    const sending = out(url, options);
    const end = (error: Error | null, response?: OutboundResponse) => {
      cancel();
      signal?.removeEventListener('abort', abort);
      if (response) succeed(response);
      else fail(explainOutbound(error));
      sending.destroy();
    };
    const cancel = clock.after(timeout_ms, () =>
      end(new OutboundError('timeout', `no whole answer came within ${timeout_ms / 1_000} s`)),
    );
    const abort = () => end(new OutboundError('aborted', 'the request was given up'));
    signal?.addEventListener('abort', abort, { once: true });
    sending.on('error', (error) => end(error));
    sending.on('socket', (socket) => {
      if (!allow_private) refusePrivatePeer(socket);
    });
    sending.on('response', (answer) => {
      collect(answer, request.response_bytes_max).then((response) => end(null, response), end);
    });
    sending.end(body);
  });
}

/** Lets a connection go only to addresses that may be reached. All of a name's addresses must be such. */
export function guardLookup(resolve: ResolveName, allow_private: boolean): LookupFunction {
  return (name, options, done) => {
    resolve(name, (error, found) => {
      // With an error the system's own lookup gives no list at all, whatever its type says.
      const addresses = error ? [] : found;
      const [first] = addresses;
      const fault =
        error || !first
          ? new OutboundError('name_not_found', 'the name in the address cannot be resolved', error)
          : !allow_private && addresses.some(({ address }) => isPrivateAddress(address))
            ? privateAddress()
            : null;
      if (fault || !first) return done(fault, []);
      if (options.all) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
}

export const resolveBySystem: ResolveName = (name, done) => systemLookup(name, { all: true }, done);

/** The last look, at the machine that answered: nothing has been sent to it yet. */
export function refusePrivatePeer(socket: Socket): void {
  socket.once('connect', () => {
    if (isPrivateAddress(socket.remoteAddress ?? '')) socket.destroy(privateAddress());
  });
}

function collect(answer: IncomingMessage, bytes_max: number): Promise<OutboundResponse> {
  const { statusCode: status = 0, headers } = answer;
  return new Promise((succeed, fail) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (is_truncated: boolean) =>
      succeed({
        status,
        headers,
        body: Buffer.concat(chunks).subarray(0, bytes_max),
        is_truncated,
      });
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytes_max) finish(true);
    });
    answer.on('end', () => finish(false));
    answer.on('error', fail);
    answer.on('close', () => fail(new Error('the answer broke off')));
  });
}

/** In words of ours: those of the system may name addresses. */
export function explainOutbound(error: Error | null): OutboundError {
  if (error instanceof OutboundError) return error;
  const fault: NodeJS.ErrnoException = error ?? new Error('no answer came');
  const said = fault.code === undefined ? fault.message : (CODES[fault.code] ?? fault.code);
  return new OutboundError('failed', `the request failed: ${said}`, error);
}

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection broke off (ECONNRESET)',
  EHOSTUNREACH: 'the machine cannot be reached (EHOSTUNREACH)',
  ENETUNREACH: 'the network cannot be reached (ENETUNREACH)',
  ETIMEDOUT: 'the machine does not answer (ETIMEDOUT)',
  CERT_HAS_EXPIRED: 'its certificate has expired (CERT_HAS_EXPIRED)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
};
