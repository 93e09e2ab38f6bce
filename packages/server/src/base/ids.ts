import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A new UUIDv7: ids made later sort later. */
export function newId(): string {
  return v7();
}

/** Whether PostgreSQL would take it as one: any version, also the made-up ids that clients of the original have. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** `bytes` random bytes as URL-safe text, for tokens and keys. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** A number in [0, 1) that cannot be guessed. */
export function secureRandom(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
