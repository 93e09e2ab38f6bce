import { createHash, timingSafeEqual } from 'node:crypto';
import { ROLES, type ApiKeyCreated, type Role } from '@cairn/protocol';
import { jwtVerify, SignJWT } from 'jose';
import {
  AppError,
  isUuid,
  messageOf,
  newId,
  randomToken,
  type Clock,
  type Log,
} from '../base/index.ts';
import type { Principal } from '../http/index.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { IdentityStore } from './store.ts';

const ISSUER = 'cairn';
const KEY_PREFIX = 'cairn_';
/** Verified tokens that are remembered, so that a busy client costs one signature check and not one a request. */
const REMEMBERED = 5_000;

/** Makes and checks what proves a principal: signed tokens, which expire, and API keys, which can be revoked. */
export class Tokens {
  readonly #keys: SigningKeys;
  readonly #store: IdentityStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #verified = new Map<string, { principal: Principal; ends_at: number }>();

  constructor(ports: { keys: SigningKeys; store: IdentityStore; clock: Clock; log: Log }) {
    this.#keys = ports.keys;
    this.#store = ports.store;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  /** When a token that is made now for `ttl_s` seconds ends, in Unix milliseconds. */
  endOf(ttl_s: number): number {
    return this.#clock.now() + ttl_s * 1_000;
  }

  /** The public half of the signing key. */
  get jwks(): { keys: SigningKeys['jwk'][] } {
    return { keys: [this.#keys.jwk] };
  }

  /** A token for a principal, which ends at `ends_at` (Unix milliseconds) at the latest. `exp` is in Unix seconds. */
  async mint(
    principal: Principal,
    ttl_s: number,
    ends_at = Infinity,
  ): Promise<{ token: string; exp: number }> {
    const iat = Math.floor(this.#clock.now() / 1000);
    const exp = Math.min(iat + ttl_s, Math.floor(ends_at / 1000));
    const token = await new SignJWT({ owner_id: principal.owner_id, roles: [...principal.roles] })
      .setProtectedHeader({ alg: 'RS256', kid: this.#keys.jwk.kid })
      .setSubject(principal.agent_id)
      .setIssuer(ISSUER)
      .setIssuedAt(iat)
      .setExpirationTime(exp)
      .sign(this.#keys.private_key);
    return { token, exp };
  }

  /** The principal that a token or key stands for. @throws AppError unauthenticated */
  async verify(credential: string): Promise<Principal> {
    return (await this.read(credential)).principal;
  }

  /** The same, and when the credential ends, in Unix milliseconds. @throws AppError unauthenticated */
  async read(credential: string): Promise<{ principal: Principal; ends_at: number }> {
    if (credential.startsWith(KEY_PREFIX)) return this.readKey(credential);
    const known = this.#verified.get(credential);
    if (known && known.ends_at > this.#clock.now()) return known;
    this.#verified.delete(credential);
    const { sub, owner_id, roles, exp } = await this.#readToken(credential);
    if (
      !sub ||
      !isUuid(sub) ||
      typeof owner_id !== 'string' ||
      !isUuid(owner_id) ||
      exp === undefined
    ) {
      throw new AppError('unauthenticated', 'the token lacks sub, owner_id or exp');
    }
    const principal = { agent_id: sub, owner_id, roles: knownRoles(roles) };
    const oldest = this.#verified.keys().next().value;
    if (this.#verified.size >= REMEMBERED && oldest !== undefined) this.#verified.delete(oldest);
    const read = { principal, ends_at: exp * 1_000 };
    this.#verified.set(credential, read);
    return read;
  }

  async #readToken(token: string) {
    try {
      const currentDate = new Date(this.#clock.now());
      const { payload } = await jwtVerify(token, this.#keys.public_key, {
        algorithms: ['RS256'],
        issuer: ISSUER,
        currentDate,
      });
      return payload;
    } catch (error) {
      const is_expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
      throw new AppError(
        'unauthenticated',
        is_expired ? 'the token has expired; ask for a new one' : 'the token is not valid',
      );
    }
  }

  /** When a new key is to end, as the database can hold it; null is never. @throws AppError validation_failed */
  readExpiry(expires_at: string | null): string | null {
    if (expires_at === null) return null;
    const time = new Date(expires_at);
    if (time.getTime() > this.#clock.now() && time.getUTCFullYear() <= 9999)
      return time.toISOString();
    const message = 'must be a time to come, up to the year 9999';
    throw new AppError('validation_failed', `expires_at ${message}`, {
      errors: [{ path: 'expires_at', message }],
    });
  }

  /**
   * Makes a key for a principal. This is the only time that it can be seen; `keep` gets it before it is live, so that no
   * key is live which nobody has.
   */
  async createKey(
    principal: Principal,
    name: string,
    expires_at: string | null,
    keep: (key: string) => Promise<void> = async () => {},
  ): Promise<ApiKeyCreated> {
    const id = newId();
    const secret = randomToken(32);
    const key = `${KEY_PREFIX}${id.replaceAll('-', '')}_${secret}`;
    await keep(key);
    const hash = sha256(secret);
    return { ...(await this.#store.insertKey({ id, hash, principal, name, expires_at })), key };
  }

  /**
   * The principal of a key, and when the key ends, in Unix milliseconds.
   * @throws AppError unauthenticated, in the same words whatever is wrong with the key
   */
  async readKey(key: string): Promise<{ principal: Principal; ends_at: number }> {
    const refused = new AppError(
      'unauthenticated',
      'the key is not known, has expired or was revoked',
    );
    const parts = /^cairn_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/.exec(key);
    if (!parts?.[1] || !parts[2]) throw refused;
    const row = await this.#store.findKey(toUuid(parts[1]));
    // The hash is compared also when there is no row, so that time does not tell which ids exist.
    const is_same = timingSafeEqual(
      Buffer.from(sha256(parts[2])),
      Buffer.from(row?.hash ?? sha256('')),
    );
    if (!row || !is_same || row.revoked_at !== null) throw refused;
    const ends_at = row.expires_at === null ? Infinity : Date.parse(row.expires_at);
    if (ends_at <= this.#clock.now()) throw refused;
    this.#store.noteUse(row.id).catch((error: unknown) => {
      this.#log.warn({ reason: messageOf(error) }, 'the use of a key was not noted');
    });
    const { owner_id, agent_id, roles } = row;
    return { principal: { owner_id, agent_id, roles }, ends_at };
  }
}

function knownRoles(roles: unknown): Role[] {
  return ROLES.filter((role) => Array.isArray(roles) && roles.includes(role));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function toUuid(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
