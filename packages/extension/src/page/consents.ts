import { fieldOf } from '@cairn/web';

/** The sites whose pages may be shared, and since when (RFC 3339). A site that is not there is not shared. */
export type Consents = Readonly<Record<string, string>>;

/** What stands in the storage; anything that is no consent is none. */
export function parseConsents(raw: unknown): Consents {
  if (typeof raw !== 'object' || raw === null) return {};
  const origins = Object.keys(raw).filter((each) => typeof fieldOf(raw, each) === 'string');
  return Object.fromEntries(origins.map((each) => [each, String(fieldOf(raw, each))]));
}

/** With a site that its reader consents to share, or without one any more. */
export function withConsent(consents: Consents, origin: string, since: string | null): Consents {
  const rest = Object.entries(consents).filter(([each]) => each !== origin);
  return Object.fromEntries(since === null ? rest : [...rest, [origin, since]]);
}
