import { CairnError } from '@cairn/sdk';

/** What a person can do about an error answer; null when its message says all there is to say. */
export function adviceFor(error: unknown): string | null {
  if (!(error instanceof CairnError)) return null;
  if (error.status === 401) {
    return 'Give a key with --key or CAIRN_API_KEY. On the machine of the server, run this where its data directory is, or set CAIRN_DATA_DIR.';
  }
  if (error.code === 'foreign_origin') {
    return 'A server in dev mode answers on localhost only. Use --url http://127.0.0.1:<port>, or start it with AUTH_MODE=strict.';
  }
  if (error.status === 403)
    return 'Use a key with more roles; a curator makes one with `cairn key create`.';
  if (error.code === 'unexpected_answer')
    return 'Look at --url: another program seems to listen there.';
  if (error.status >= 500) {
    return error.request_id === null
      ? 'Look at the log of the server.'
      : `Look at the log of the server, under request ${error.request_id}.`;
  }
  return null;
}
