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

const KEY_FORM = /^cairn_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;
/** For so long a key that stood is taken to stand, so that it costs one query and not one a request. */
const STANDS_MS = 5_000;
/** Verified tokens that are remembered, so that a busy client costs one signature check and not one a request. */
const REMEMBERED = 5_000;

interface VerifiedToken {
  readonly principal: Principal;
  readonly ends_at: number;
  /** The key that it was got with; null in dev mode. */
  readonly key_id: string | null;
}

/** Makes and checks what proves a principal: signed tokens, which expire, and API keys, which can be revoked. */
export class Tokens {
  readonly #keys: SigningKeys;
  readonly #store: IdentityStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #verified = new Map<string, VerifiedToken>();
  /** When a key was last found to stand, in Unix milliseconds, by its id. */
  readonly #stood = new Map<string, number>();

  constructor(ports: { keys: SigningKeys; store: IdentityStore; clock: Clock; log: Log }) {
    this.#keys = ports.keys;
    this.#store = ports.store;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  /** The public half of the signing key. */
  get jwks(): { keys: SigningKeys['jwk'][] } {
    return { keys: [this.#keys.jwk] };
  }

  /**
   * A token for a principal, which ends at `ends_at` (Unix milliseconds) at the latest, and with the key that it was got
   * with. `exp` is in Unix seconds.
   */
  async mint(
    principal: Principal,
    ttl_s: number,
    { ends_at, key_id }: { ends_at: number; key_id: string | null } = {
      ends_at: Infinity,
      key_id: null,
    },
  ): Promise<{ token: string; exp: number }> {
    const iat = Math.floor(this.#clock.now() / 1000);
    const exp = Math.min(iat + ttl_s, Math.floor(ends_at / 1000));
    const claims = { owner_id: principal.owner_id, roles: [...principal.roles] };
    const token = await new SignJWT(key_id === null ? claims : { ...claims, key_id })
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
    if (credential.startsWith(KEY_PREFIX)) return (await this.readKey(credential)).principal;
    const known = this.#verified.get(credential);
    const token =
      known && known.ends_at > this.#clock.now() ? known : await this.#verifyAnew(credential);
    if (token.key_id === null || (await this.#stands(token.key_id))) return token.principal;
    throw new AppError('unauthenticated', 'the key that the token was got with was revoked');
  }

  /**
   * Whether what opened a stream still proves who reads it. What cannot be found out now counts as yes: a database that is
   * away for a moment must not end every stream.
   */
  async holds(credential: string): Promise<boolean> {
    const key = KEY_FORM.exec(credential);
    try {
      if (key?.[1] !== undefined) return await this.#stands(toUuid(key[1]));
      await this.verify(credential);
      return true;
    } catch (error) {
      return !(error instanceof AppError && error.code === 'unauthenticated');
    }
  }

  /** Holds for so long from now on: for what a ticket opened, which is bought with a token. */
  holdsFor(ttl_s: number): () => Promise<boolean> {
    const ends_at = this.#clock.now() + ttl_s * 1_000;
    return async () => this.#clock.now() < ends_at;
  }

  async #verifyAnew(token: string): Promise<VerifiedToken> {
    this.#verified.delete(token);
    const { sub, owner_id, roles, exp, key_id } = await this.#readToken(token);
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
    const verified = {
      principal,
      ends_at: exp * 1_000,
      key_id: typeof key_id === 'string' ? key_id : null,
    };
    remember(this.#verified, token, verified);
    return verified;
  }

  /** Whether a key has neither been revoked nor ended. */
  async #stands(key_id: string): Promise<boolean> {
    const now = this.#clock.now();
    if (now - (this.#stood.get(key_id) ?? -Infinity) < STANDS_MS) return true;
    this.#stood.delete(key_id);
    const row = isUuid(key_id) ? await this.#store.findKey(key_id) : undefined;
    const ends_at = row?.expires_at ? Date.parse(row.expires_at) : Infinity;
    if (!row || row.revoked_at !== null || ends_at <= now) return false;
    remember(this.#stood, key_id, now);
    return true;
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
   * The principal of a key, when the key ends, in Unix milliseconds, and the id of the key.
   * @throws AppError unauthenticated, in the same words whatever is wrong with the key
   */
  async readKey(key: string): Promise<{ principal: Principal; ends_at: number; key_id: string }> {
    const refused = new AppError(
      'unauthenticated',
      'the key is not known, has expired or was revoked',
    );
    const parts = KEY_FORM.exec(key);
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
    return { principal: { owner_id, agent_id, roles }, ends_at, key_id: row.id };
  }
}

/** Keeps a value; of too many the oldest is forgotten. */
function remember<T>(known: Map<string, T>, key: string, value: T): void {
  const oldest = known.keys().next().value;
  if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
  known.set(key, value);
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
