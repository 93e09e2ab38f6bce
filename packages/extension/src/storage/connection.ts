import { fieldOf, textOf } from '@cairn/web';

/** Where `npm start` listens. */
export const DEFAULT_SERVER = 'http://127.0.0.1:8081';

/** Which server the panel uses, and whether somebody is signed in there. The key stands elsewhere. */
export interface Connection {
  readonly server_url: string;
  readonly is_signed_in: boolean;
}

/** Anything that is no connection counts as signed out of the default server. */
export function parseConnection(raw: unknown): Connection {
  const server_url = cleanServerUrl(textOf(raw, 'server_url') ?? '');
  if (server_url === null) return { server_url: DEFAULT_SERVER, is_signed_in: false };
  return { server_url, is_signed_in: fieldOf(raw, 'is_signed_in') === true };
}

/** An API key, or null. */
export function parseKey(raw: unknown): string | null {
  return typeof raw === 'string' && raw !== '' ? raw : null;
}

/**
 * The address of a server as people type it, made whole: `localhost:8081` gets its scheme, what follows the host is
 * cut off. Null when no server can be there.
 */
export function cleanServerUrl(typed: string): string | null {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) return null;
  const has_scheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = URL.parse(has_scheme ? text : `${isLocal(text) ? 'http' : 'https'}://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  if (url.username !== '' || url.password !== '' || url.hostname === '') return null;
  return url.origin;
}

function isLocal(text: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/i.test(text);
}
