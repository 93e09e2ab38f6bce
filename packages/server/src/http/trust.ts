import { EXTENSION_ORIGIN } from '@cairn/protocol';
import { AppError } from '../base/index.ts';

/** Which hosts and origins a server believes. */
export interface TrustOptions {
  /** Refuse requests that name a foreign host or origin; on in dev mode, where tokens are free. */
  readonly is_local_only: boolean;
  /** Origins besides our own that browsers may call from, such as `https://team.example`. */
  readonly origins: readonly string[];
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  const name = host.toLowerCase();
  return LOOPBACK.has(name) || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/**
 * Refuses a request that a foreign web page could have caused. A page may point its own name at 127.0.0.1 (DNS
 * rebinding) and would then reach a server that gives tokens to anyone on this machine; its name stands in `Host`.
 * @throws AppError foreign_origin
 */
export function assertTrusted(
  host: string | undefined,
  origin: string | undefined,
  trust: TrustOptions,
): void {
  if (!trust.is_local_only) return;
  const name = hostName(host);
  if (!name || !isLoopbackAddress(name)) {
    throw new AppError(
      'foreign_origin',
      `the Host header names ${name ? `"${name.slice(0, 100)}"` : 'no host'}; in dev mode only localhost is answered`,
    );
  }
  if (origin !== undefined && !isAllowedOrigin(origin, host, trust)) {
    throw new AppError(
      'foreign_origin',
      `the page at ${origin.slice(0, 100)} may not call this server; add it to CORS_ORIGINS if it is yours`,
    );
  }
}

/** Whether a page of this origin may call us: our own, the project's browser extension, or one that was configured. */
export function isAllowedOrigin(
  origin: string,
  host: string | undefined,
  trust: TrustOptions,
): boolean {
  if (origin === EXTENSION_ORIGIN || trust.origins.includes(origin)) return true;
  if (host === undefined) return false;
  const own = host.toLowerCase();
  return origin === `http://${own}` || origin === `https://${own}`;
}

function hostName(host: string | undefined): string | null {
  if (!host) return null;
  return /^(\[[0-9a-f:]+\]|[^:]+)(:\d+)?$/i.exec(host)?.[1]?.toLowerCase() ?? null;
}
