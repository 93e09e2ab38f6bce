import { randomBytes, randomFillSync } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Random bytes are fetched for many ids at once: each fetch costs more than the rest of an id. */
const BYTES = 10;
const pool = Buffer.alloc(400 * BYTES);
let pool_at = pool.length;
let last_ms = 0;
let count = 0;

/** A new UUIDv7: ids made later sort later, also within a millisecond and when the clock goes back. */
export function newId(): string {
  if (pool_at === pool.length) {
    randomFillSync(pool);
    pool_at = 0;
  }
  const random = pool.toString('hex', pool_at, pool_at + BYTES);
  pool_at += BYTES;
  const now = Date.now();
  if (now > last_ms) {
    last_ms = now;
    // Half of the numbers are left to count with.
    count = Number.parseInt(random.slice(0, 3), 16) >> 1;
  } else if (++count > 0xfff) {
    last_ms++;
    count = 0;
  }
  const time = last_ms.toString(16).padStart(12, '0');
  const counted = count.toString(16).padStart(3, '0');
  const variant = '89ab'[Number.parseInt(random.slice(3, 4), 16) & 3] ?? '8';
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counted}-${variant}${random.slice(4, 7)}-${random.slice(8)}`;
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
