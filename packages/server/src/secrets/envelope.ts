import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Kek, Keyring } from './keyring.ts';

const DEK_BYTES = 32;
const GCM_NONCE = 12;
const GCM_TAG = 16;
const XCHACHA_NONCE = 24;

/** What a sealed value belongs to. Opened as anything else, it does not open. */
export interface Binding {
  readonly id: string;
  readonly owner_id: string;
  readonly scope_type: string;
  readonly scope_id: string | null;
}

/** A value as it is stored. */
export interface Sealed {
  readonly encrypted_value: Buffer;
  readonly dek_wrapped: Buffer;
  readonly kek_id: string;
}

/** A value that cannot be opened: the key is missing, or the row is not what was stored. Says nothing of the value. */
export class UnreadableSecretError extends Error {
  override readonly name = 'UnreadableSecretError';
  readonly reason: 'key_missing' | 'changed';

  constructor(reason: 'key_missing' | 'changed', message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Seals a value under a new data key: AES-256-GCM for the value, XChaCha20-Poly1305 for the data key under the active
 * key-encryption key. A key of its own for each value means that a nonce is never used twice with one key.
 */
export function seal(keyring: Keyring, binding: Binding, value: Buffer): Sealed {
  const dek = randomBytes(DEK_BYTES);
  try {
    const nonce = randomBytes(GCM_NONCE);
    const cipher = createCipheriv('aes-256-gcm', dek, nonce, { authTagLength: GCM_TAG });
    cipher.setAAD(valueData(binding));
    const encrypted_value = Buffer.concat([
      nonce,
      cipher.update(value),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return { encrypted_value, ...wrap(keyring.active, binding, dek) };
  } finally {
    dek.fill(0);
  }
}

/** @throws UnreadableSecretError */
export function unseal(keyring: Keyring, binding: Binding, sealed: Sealed): Buffer {
  const dek = unwrap(keyring, binding, sealed);
  try {
    const { encrypted_value } = sealed;
    if (encrypted_value.length < GCM_NONCE + GCM_TAG) throw changed();
    const nonce = encrypted_value.subarray(0, GCM_NONCE);
    const decipher = createDecipheriv('aes-256-gcm', dek, nonce, { authTagLength: GCM_TAG });
    decipher.setAAD(valueData(binding));
    decipher.setAuthTag(encrypted_value.subarray(-GCM_TAG));
    return Buffer.concat([
      decipher.update(encrypted_value.subarray(GCM_NONCE, -GCM_TAG)),
      decipher.final(),
    ]);
  } catch (error) {
    throw error instanceof UnreadableSecretError ? error : changed();
  } finally {
    dek.fill(0);
  }
}

/** The same value with its data key under the active key-encryption key. @throws UnreadableSecretError */
export function rewrap(keyring: Keyring, binding: Binding, sealed: Sealed): Sealed {
  const dek = unwrap(keyring, binding, sealed);
  try {
    return { encrypted_value: sealed.encrypted_value, ...wrap(keyring.active, binding, dek) };
  } finally {
    dek.fill(0);
  }
}

function wrap(kek: Kek, binding: Binding, dek: Buffer): Omit<Sealed, 'encrypted_value'> {
  const nonce = randomBytes(XCHACHA_NONCE);
  const wrapped = xchacha20poly1305(kek.key, nonce, keyData(binding, kek.id)).encrypt(dek);
  return { dek_wrapped: Buffer.concat([nonce, wrapped]), kek_id: kek.id };
}

function unwrap(keyring: Keyring, binding: Binding, { dek_wrapped, kek_id }: Sealed): Buffer {
  const kek = keyring.find(kek_id);
  if (!kek) {
    throw new UnreadableSecretError(
      'key_missing',
      `the key ${kek_id}, which protects this secret, is not configured; add it to SECRETS_KEKS_OLD`,
    );
  }
  const nonce = dek_wrapped.subarray(0, XCHACHA_NONCE);
  try {
    const cipher = xchacha20poly1305(kek.key, nonce, keyData(binding, kek_id));
    return Buffer.from(cipher.decrypt(dek_wrapped.subarray(XCHACHA_NONCE)));
  } catch {
    throw changed();
  }
}

function changed(): UnreadableSecretError {
  return new UnreadableSecretError(
    'changed',
    'the stored secret is not what was stored: its row was changed or damaged; set its value again',
  );
}

/** The key-encryption key is not part of this, so that rotating it need not touch the value. */
function valueData({ id, owner_id, scope_type, scope_id }: Binding): Buffer {
  return Buffer.from(JSON.stringify(['cairn secret value 1', id, owner_id, scope_type, scope_id]));
}

function keyData({ id, owner_id }: Binding, kek_id: string): Buffer {
  return Buffer.from(JSON.stringify(['cairn secret key 1', id, owner_id, kek_id]));
}
