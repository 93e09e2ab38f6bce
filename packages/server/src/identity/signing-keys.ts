import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, type JWK } from 'jose';
import { randomToken } from '../base/index.ts';

export interface SigningKeys {
  readonly private_key: KeyObject;
  readonly public_key: KeyObject;
  /** The public half as others read it: `/.well-known/jwks.json`. */
  readonly jwk: JWK & { kid: string };
}

/**
 * The key pair that signs tokens: from `pem` when given, else from `jwt-private-key.pem` in the data folder, which is
 * made, readable by its owner only, when it is missing. Two processes that start at once end up with the same key.
 */
export async function loadSigningKeys(data_dir: string, pem: string | null): Promise<SigningKeys> {
  const text = pem ?? (await readOrCreate(data_dir));
  let private_key: KeyObject;
  try {
    private_key = createPrivateKey(text);
  } catch (error) {
    // The error itself is left out, because it may quote the key.
    // oxlint-disable-next-line preserve-caught-error -- see above
    throw new Error(
      'the JWT private key is not a PEM that can be read; expected an RSA key of 2048 bits or more',
      { cause: (error as Error).name },
    );
  }
  if (
    private_key.asymmetricKeyType !== 'rsa' ||
    (private_key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048
  ) {
    throw new Error('the JWT private key must be an RSA key of 2048 bits or more');
  }
  const public_key = createPublicKey(private_key);
  const jwk = await exportJWK(public_key);
  const kid = createHash('sha256')
    .update(public_key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
    .slice(0, 16);
  return { private_key, public_key, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
}

async function readOrCreate(data_dir: string): Promise<string> {
  const path = join(data_dir, 'jwt-private-key.pem');
  const known = await readIfThere(path);
  if (known !== null) return known;
  await mkdir(data_dir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const draft = `${path}.${randomToken(9)}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // The name appears with its whole content or not at all, and fails when somebody else was first: then theirs counts.
    await link(draft, path);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(path, 'utf8');
  } finally {
    await rm(draft, { force: true });
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
