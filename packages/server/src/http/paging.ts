import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '@cairn/protocol';
import { AppError } from '../base/index.ts';

/** Wraps the place where a page ended, so that clients pass it back and do not build on its form. */
export function encodeCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws AppError invalid_cursor when `fits` does not hold for what was wrapped. */
export function decodeCursor<T>(cursor: string, fits: (place: unknown) => place is T): T {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (fits(place)) return place;
  } catch {
    // Not ours: answered below.
  }
  throw new AppError(
    'invalid_cursor',
    'the cursor is not one that this server gave out; take it from the Link header of a page',
  );
}

/** Points to the next page: the same address with another cursor, which says where it begins. */
export function linkNext(request: FastifyRequest, reply: FastifyReply, cursor: string): void {
  const url = new URL(request.url, 'http://localhost');
  url.searchParams.set('cursor', cursor);
  url.searchParams.delete('offset');
  // A token in the address must not be copied into a header that gets logged.
  url.searchParams.delete('access_token');
  url.searchParams.delete('token');
  reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
}

/** Reads a list that clients send as `a=1&a=2`, as `a=1,2`, or both. */
export function readList(value: string | readonly string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  return [value]
    .flat()
    .flatMap((each) => each.split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** The version in `If-Match: 3` or `If-Match: "3"`; undefined when the header is absent or `*`. */
export function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  // Proxies that compress an answer make its tag a weak one.
  const [, plain, quoted] = /^(?:(\d{1,10})|(?:W\/)?"(\d{1,10})")$/.exec(header.trim()) ?? [];
  const version = Number(plain ?? quoted ?? NaN);
  if (!(version <= LIMITS.integer)) {
    throw new AppError('bad_request', 'If-Match must be a version, such as 3 or "3"');
  }
  return version;
}
