import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EXTENSION_ID, EXTENSION_ORIGIN, EXTENSION_PUBLIC_KEY } from './extension.ts';

describe('the identity of the browser extension', () => {
  it('has the id that browsers derive from its public key', () => {
    const key = Buffer.from(EXTENSION_PUBLIC_KEY, 'base64');
    const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
    const letters = [...digest].map((digit) => 'abcdefghijklmnop'[Number.parseInt(digit, 16)]);
    expect(EXTENSION_ID).toBe(letters.join(''));
    expect(EXTENSION_ORIGIN).toBe(`chrome-extension://${EXTENSION_ID}`);
  });

  it('is a public RSA key and nothing more', () => {
    const der = Buffer.from(EXTENSION_PUBLIC_KEY, 'base64');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    expect(key.asymmetricKeyType).toBe('rsa');
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(der.byteLength).toBeLessThan(400);
  });
});
