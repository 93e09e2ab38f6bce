import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const KEY_BYTES = 32;

/** A new signing secret, as Standard Webhooks writes them. */
export function newSigningSecret(): string {
  return PREFIX + randomBytes(KEY_BYTES).toString('base64');
}

/** Why a given secret cannot sign, or null. */
export function whyNotSigningSecret(secret: string): string | null {
  if (!secret.startsWith(PREFIX)) return null;
  const text = secret.slice(PREFIX.length);
  const bytes = Buffer.from(text, 'base64').length;
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && bytes >= 24 && bytes <= 64) return null;
  return 'secret starts with whsec_, so 24 to 64 bytes as base64 must follow';
}

/**
 * The headers that prove where a webhook comes from. `webhook-signature` has one signature for each secret (Standard
 * Webhooks 1.0); `x-rcrt-signature` has one, by the first secret with its characters as the key, for receivers of the
 * original.
 */
export function signWebhook(
  message: { webhook_id: string; timestamp_s: number; body: string },
  secrets: readonly string[],
): Record<string, string> {
  const { webhook_id, timestamp_s, body } = message;
  const headers = { 'webhook-id': webhook_id, 'webhook-timestamp': String(timestamp_s) };
  const [first] = secrets;
  if (first === undefined) return headers;
  const signed = `${webhook_id}.${timestamp_s}.${body}`;
  return {
    ...headers,
    'webhook-signature': secrets
      .map((secret) => `v1,${createHmac('sha256', keyOf(secret)).update(signed).digest('base64')}`)
      .join(' '),
    'x-rcrt-signature': `sha256=${createHmac('sha256', first).update(body).digest('hex')}`,
  };
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
