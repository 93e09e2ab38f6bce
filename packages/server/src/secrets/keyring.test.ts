import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSlice, silentLog } from '../base/index.ts';
import { SECRETS_SETTINGS } from './config.ts';
import { Keyring, loadKeyring, readKey } from './keyring.ts';
import { openTestLog } from './testing.ts';

const nothing = { kek: null, old_keks: [] };
const newKey = () => randomBytes(32).toString('base64');

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cairn-keyring-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe('the key file', () => {
  it('is made at the first start, for its owner only, and read at the next', async () => {
    const data_dir = join(await folder(), 'new');
    const first = await loadKeyring(data_dir, nothing, silentLog);
    const { mode } = await stat(join(data_dir, 'secrets-kek'));
    expect(mode & 0o777).toBe(0o600);
    const second = await loadKeyring(data_dir, nothing, silentLog);
    expect(second.active.key).toEqual(first.active.key);
    expect(await readdir(data_dir)).toEqual(['secrets-kek']);
  });

  it('is the same for all processes that start at once', async () => {
    const data_dir = await folder();
    const rings = await Promise.all(
      Array.from({ length: 24 }, () => loadKeyring(data_dir, nothing, silentLog)),
    );
    expect(new Set(rings.map(({ active }) => active.id)).size).toBe(1);
    expect(await readdir(data_dir)).toEqual(['secrets-kek']);
  });

  it('may hold several keys: the first writes, all read', async () => {
    const data_dir = await folder();
    const old = await loadKeyring(data_dir, nothing, silentLog);
    const path = join(data_dir, 'secrets-kek');
    await writeFile(path, `${newKey()}\n${await readFile(path, 'utf8')}`);
    const ring = await loadKeyring(data_dir, nothing, silentLog);
    expect(ring.active.id).not.toBe(old.active.id);
    expect(ring.find(old.active.id)?.key).toEqual(old.active.key);
  });

  it('that is empty or damaged stops the start, without showing what is in it', async () => {
    const data_dir = await folder();
    const path = join(data_dir, 'secrets-kek');
    await writeFile(path, '# nothing\n', { mode: 0o600 });
    await expect(loadKeyring(data_dir, nothing, silentLog)).rejects.toThrow('holds no key');
    await writeFile(path, 'c2hvcnQ=\n');
    const failure = await loadKeyring(data_dir, nothing, silentLog).then(
      () => new Error('it was read'),
      (error: Error) => error,
    );
    expect(failure.message).toContain('key 1: expected 32 bytes');
    expect(failure.message).not.toContain('c2hvcnQ=');
  });

  it('that others can read is told of', async () => {
    const data_dir = await folder();
    await loadKeyring(data_dir, nothing, silentLog);
    await chmod(join(data_dir, 'secrets-kek'), 0o644);
    const { log, text } = openTestLog();
    await loadKeyring(data_dir, nothing, log);
    expect(text()).toContain('chmod 600');
  });
});

describe('configured keys', () => {
  it('write before the file does, which then only reads', async () => {
    const data_dir = await folder();
    const file = await loadKeyring(data_dir, nothing, silentLog);
    const [kek, older] = [newKey(), newKey()];
    const settings = readSlice(
      SECRETS_SETTINGS,
      { SECRETS_KEK: kek, SECRETS_KEKS_OLD: ` ${older} , ` },
      [],
    );
    const ring = await loadKeyring(data_dir, settings, silentLog);
    expect(ring.active.key.toString('base64')).toBe(kek);
    expect(ring.ids.toSorted()).toEqual(
      [
        file.active.id,
        new Keyring(readKey(kek)).active.id,
        new Keyring(readKey(older)).active.id,
      ].toSorted(),
    );
  });

  it('make no file', async () => {
    const data_dir = await folder();
    await loadKeyring(data_dir, { kek: newKey(), old_keks: [] }, silentLog);
    expect(await readdir(data_dir)).toEqual([]);
  });

  it('may be base64 or base64url', () => {
    const key = Buffer.alloc(32, 0xfb);
    expect(readKey(key.toString('base64'))).toEqual(key);
    expect(readKey(key.toString('base64url'))).toEqual(key);
  });

  it('that are not 32 bytes are refused, and the message does not repeat them', () => {
    for (const text of ['c2hvcnQ=', 'not base64 at all!', newKey().slice(2)]) {
      const problems: string[] = [];
      readSlice(SECRETS_SETTINGS, { SECRETS_KEK: text, SECRETS_KEKS_OLD: text }, problems);
      expect(problems).toHaveLength(2);
      expect(problems.join()).toContain('expected 32 bytes as base64');
      expect(problems.join()).not.toContain(text);
    }
  });
});
