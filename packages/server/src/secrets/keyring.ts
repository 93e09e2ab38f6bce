import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newId, type Log } from '../base/index.ts';

const KEY_BYTES = 32;
const FILE_NAME = 'secrets-kek';

/** A key-encryption key with the name under which rows refer to it. */
export interface Kek {
  readonly id: string;
  readonly key: Buffer;
}

/** The key-encryption keys of a process: the active one wraps, all of them unwrap. */
export class Keyring {
  readonly active: Kek;
  readonly #by_id: ReadonlyMap<string, Kek>;

  constructor(active: Buffer, old: readonly Buffer[] = []) {
    const [first, ...others] = [active, ...old].map((key) => ({ id: nameKey(key), key }));
    this.active = first as Kek;
    this.#by_id = new Map([...others, this.active].map((kek) => [kek.id, kek]));
  }

  /** The names of all keys. */
  get ids(): string[] {
    return [...this.#by_id.keys()];
  }

  find(id: string): Kek | null {
    return this.#by_id.get(id) ?? null;
  }
}

/** Reads 32 bytes from base64 or base64url. @throws Error that does not repeat what was given */
export function readKey(text: string): Buffer {
  const is_base64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(text);
  const key = Buffer.from(is_base64 ? text : '', 'base64');
  if (key.length !== KEY_BYTES) {
    throw new Error('expected 32 bytes as base64, such as `openssl rand -base64 32` prints');
  }
  return key;
}

/**
 * The keyring from the configured keys and the file `secrets-kek` in the data folder: one key a line, the first being
 * the active one unless a key is configured. Without either a file is made, readable by its owner only; processes that
 * start at once end up with the same key.
 */
export async function loadKeyring(
  data_dir: string,
  configured: { kek: string | null; old_keks: readonly string[] },
  log: Log,
): Promise<Keyring> {
  const path = join(data_dir, FILE_NAME);
  const text = await readIfThere(path);
  const old = configured.old_keks.map(readKey);
  if (configured.kek !== null) {
    return new Keyring(readKey(configured.kek), [
      ...old,
      ...(text ? readFileKeys(text, path) : []),
    ]);
  }
  const [active, ...others] = readFileKeys(text ?? (await createFile(data_dir, path)), path);
  await warnIfOpen(path, log);
  return new Keyring(active as Buffer, [...others, ...old]);
}

function readFileKeys(text: string, path: string): Buffer[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new Error(`${path} holds no key; restore it from a backup`);
  return lines.map((line, index) => {
    try {
      return readKey(line);
    } catch (error) {
      throw new Error(`${path}, key ${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Written aside and then linked into place: nobody sees half a file, and of two that make it at once one wins. */
async function createFile(data_dir: string, path: string): Promise<string> {
  await mkdir(data_dir, { recursive: true, mode: 0o700 });
  const aside = `${path}.${newId()}`;
  const text = `# Protects the stored secrets: without this file they cannot be read. Keep a copy of it elsewhere.\n# To rotate, put a new key on a line above the old one: openssl rand -base64 32\n${randomBytes(KEY_BYTES).toString('base64')}\n`;
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(aside, path);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(path, 'utf8');
  } finally {
    await rm(aside, { force: true });
  }
}

async function warnIfOpen(path: string, log: Log): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0 || process.platform === 'win32') return;
  log.warn({ path }, 'others can read the key of the stored secrets; chmod 600 it');
}

/** A name that tells nothing of the key, and is the same wherever the key is. */
function nameKey(key: Buffer): string {
  return `kek-${createHmac('sha256', key).update('cairn key-encryption key').digest('hex').slice(0, 16)}`;
}
