import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { rewrap, seal, unseal, UnreadableSecretError, type Sealed } from './envelope.ts';
import { Keyring } from './keyring.ts';

const binding = () => ({
  id: newId(),
  owner_id: newId(),
  scope_type: 'agent',
  scope_id: newId(),
});
const key = () => randomBytes(32);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((each) => Buffer.from(each));

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof UnreadableSecretError) return error.reason;
    throw error;
  }
  return 'opened';
}

describe('a sealed value', () => {
  it('opens to what was sealed, whatever the bytes', () => {
    const keyring = new Keyring(key());
    fc.assert(
      fc.property(bytes, (value) => {
        const to = binding();
        expect(unseal(keyring, to, seal(keyring, to, value))).toEqual(value);
      }),
    );
  });

  it('never comes out the same twice', () => {
    const keyring = new Keyring(key());
    const to = binding();
    const value = Buffer.from('the same');
    const [one, two] = [seal(keyring, to, value), seal(keyring, to, value)];
    expect(one.encrypted_value).not.toEqual(two.encrypted_value);
    expect(one.dek_wrapped).not.toEqual(two.dek_wrapped);
  });

  it('can be opened by another program from the documented layout', () => {
    const kek = key();
    const keyring = new Keyring(kek);
    const to = binding();
    const { encrypted_value, dek_wrapped, kek_id } = seal(keyring, to, Buffer.from('hello'));
    const dek = xchacha20poly1305(
      kek,
      dek_wrapped.subarray(0, 24),
      Buffer.from(JSON.stringify(['cairn secret key 1', to.id, to.owner_id, kek_id])),
    ).decrypt(dek_wrapped.subarray(24));
    const decipher = createDecipheriv('aes-256-gcm', dek, encrypted_value.subarray(0, 12));
    decipher.setAAD(
      Buffer.from(
        JSON.stringify(['cairn secret value 1', to.id, to.owner_id, to.scope_type, to.scope_id]),
      ),
    );
    decipher.setAuthTag(encrypted_value.subarray(-16));
    const text = Buffer.concat([
      decipher.update(encrypted_value.subarray(12, -16)),
      decipher.final(),
    ]);
    expect(text.toString()).toBe('hello');
    expect(dek_wrapped).toHaveLength(24 + 32 + 16);
  });

  it('does not open when any bit of the row was changed, or when it was cut short', () => {
    const keyring = new Keyring(key());
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom('encrypted_value', 'dek_wrapped'),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (value, field, place, bit) => {
          const to = binding();
          const sealed = seal(keyring, to, value);
          const flipped = Buffer.from(sealed[field]);
          const at = place % flipped.length;
          flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
          expect(reasonOf(() => unseal(keyring, to, { ...sealed, [field]: flipped }))).toBe(
            'changed',
          );
          const cut = sealed[field].subarray(0, place % sealed[field].length);
          expect(reasonOf(() => unseal(keyring, to, { ...sealed, [field]: cut }))).toBe('changed');
        },
      ),
    );
  });

  it('does not open as another secret, of another tenant or for another scope', () => {
    const keyring = new Keyring(key());
    const to = binding();
    const sealed = seal(keyring, to, Buffer.from('x'));
    for (const other of [
      { ...to, id: newId() },
      { ...to, owner_id: newId() },
      { ...to, scope_id: newId() },
      { ...to, scope_type: 'workspace' },
    ]) {
      expect(reasonOf(() => unseal(keyring, other, sealed))).toBe('changed');
    }
  });

  it('does not open with parts of two secrets', () => {
    const keyring = new Keyring(key());
    const to = binding();
    const [one, two] = [seal(keyring, to, Buffer.from('1')), seal(keyring, to, Buffer.from('2'))];
    const mixed: Sealed = { ...one, dek_wrapped: two.dek_wrapped };
    expect(reasonOf(() => unseal(keyring, to, mixed))).toBe('changed');
  });

  it('names the key that is missing, and tells a wrong key under a right name from it', () => {
    const to = binding();
    const [ours, theirs] = [new Keyring(key()), new Keyring(key())];
    const sealed = seal(theirs, to, Buffer.from('hush'));
    expect(() => unseal(ours, to, sealed)).toThrow(theirs.active.id);
    expect(reasonOf(() => unseal(ours, to, sealed))).toBe('key_missing');
    expect(reasonOf(() => unseal(ours, to, { ...sealed, kek_id: ours.active.id }))).toBe('changed');
  });
});

describe('rotation', () => {
  it('moves the data key to the active key and leaves the value as it is', () => {
    const [first, second] = [key(), key()];
    const to = binding();
    const sealed = seal(new Keyring(first), to, Buffer.from('kept'));
    const both = new Keyring(second, [first]);
    expect(unseal(both, to, sealed).toString()).toBe('kept');
    const moved = rewrap(both, to, sealed);
    expect(moved.encrypted_value).toEqual(sealed.encrypted_value);
    expect(moved.kek_id).toBe(both.active.id);
    expect(unseal(new Keyring(second), to, moved).toString()).toBe('kept');
    expect(reasonOf(() => unseal(new Keyring(first), to, moved))).toBe('key_missing');
  });
});
