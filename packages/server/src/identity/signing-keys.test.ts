import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSigningKeys } from './signing-keys.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-keys-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function rsaPem(modulusLength: number): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function messageOfRefusal(pem: string): Promise<string> {
  const error = await loadSigningKeys('/nowhere', pem).catch((caught: unknown) => caught as Error);
  expect(error).toBeInstanceOf(Error);
  return JSON.stringify(error, Object.getOwnPropertyNames(error));
}

describe('the signing key', () => {
  it('is made once, readable by its owner only, and found again', async () => {
    const folder = join(await newFolder(), 'data');
    const made = await loadSigningKeys(folder, null);
    expect(await readdir(folder)).toEqual(['jwt-private-key.pem']);
    const { mode } = await stat(join(folder, 'jwt-private-key.pem'));
    expect(mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await loadSigningKeys(folder, null)).jwk).toEqual(made.jwk);
  });

  it('is the same for first starts that race', async () => {
    const folder = await newFolder();
    const loaded = await Promise.all(
      Array.from({ length: 6 }, () => loadSigningKeys(folder, null)),
    );
    expect(new Set(loaded.map(({ jwk }) => jwk.kid)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['jwt-private-key.pem']);
  });

  it('shows its public half only', async () => {
    const { jwk } = await loadSigningKeys(await newFolder(), null);
    expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('is the configured one when there is one, and then no file is made', async () => {
    const folder = await newFolder();
    const pem = rsaPem(2048);
    const first = await loadSigningKeys(folder, pem);
    expect((await loadSigningKeys(folder, pem)).jwk.kid).toBe(first.jwk.kid);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused without being quoted when it cannot be read', async () => {
    const pem = rsaPem(2048).replace(/\n.{10}/, '\nhunter2hun');
    const message = await messageOfRefusal(pem);
    expect(message).toContain('not a PEM that can be read');
    expect(message).not.toContain('hunter2');
    expect(await messageOfRefusal('hunter2')).not.toContain('hunter2');
  });

  it('is refused when it is short or of another kind', async () => {
    expect(await messageOfRefusal(rsaPem(1024))).toContain('2048 bits or more');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ec = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(await messageOfRefusal(ec)).toContain('must be an RSA key');
  });

  it('is not made anew over a file that cannot be read as one', async () => {
    const folder = await newFolder();
    const path = join(folder, 'jwt-private-key.pem');
    await writeFile(path, 'damaged');
    await expect(loadSigningKeys(folder, null)).rejects.toThrow('not a PEM');
    expect(await readFile(path, 'utf8')).toBe('damaged');
  });
});
