import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from './contract.ts';
import { openPglite } from './pglite.ts';

// Making the files of a new database takes seconds, so each test gets a copy of one.
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-pglite-'));
const prepared = path.join(root, 'made', 'by the database');
beforeAll(async () => {
  const db = await openPglite({ folder: prepared });
  await db.exec('create table written (n bigint generated always as identity primary key)');
  await db.close();
}, 60_000);
afterAll(() => fs.rmSync(root, { recursive: true }));

function copyFolder(): string {
  const folder = fs.mkdtempSync(path.join(root, 'copy-'));
  fs.cpSync(prepared, folder, { recursive: true });
  return folder;
}

async function open(folder: string): Promise<Database> {
  const db = await openPglite({ folder });
  onTestFinished(() => db.close());
  return db;
}

async function readNumbers(db: Database): Promise<number[]> {
  const { rows } = await db.query<{ n: number }>({ text: 'select n from written order by n' });
  return rows.map(({ n }) => n);
}

/** Puts `replacement` in the place of fsync, for everybody who imports it, and gives the real one back afterwards. */
function replaceSync(replacement: (real: typeof fs.fsyncSync, descriptor: number) => void): void {
  const real = fs.fsyncSync;
  const put = (sync: typeof fs.fsyncSync) => {
    fs.fsyncSync = sync;
    syncBuiltinESMExports();
  };
  put((descriptor) => replacement(real, descriptor));
  onTestFinished(() => put(real));
}

/** Starts the program that writes one row after the other. */
function startWriting(folder: string, ...more: string[]) {
  const program = fileURLToPath(new URL('testing/write-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, ended, acknowledgements: createInterface(child.stdout) };
}

describe('PGlite in a folder', () => {
  it('keeps data over a close, in a folder that only its user can read', async () => {
    const folder = copyFolder();
    const first = await open(folder);
    await first.exec('create table t (v jsonb); insert into t values (\'{"a":[1]}\')');
    await first.close();
    const second = await open(folder);
    expect((await second.query({ text: 'select v from t' })).rows).toEqual([{ v: { a: [1] } }]);
    expect(fs.statSync(prepared).mode & 0o777).toBe(0o700);
  }, 60_000);

  it('has every acknowledged commit after a kill -9 right behind it', async () => {
    const folder = copyFolder();
    const acknowledged: number[] = [];
    for (const count of [1, 40]) {
      const { child, ended, acknowledgements } = startWriting(folder);
      let seen = 0;
      for await (const line of acknowledgements) {
        acknowledged.push(Number(line));
        if (++seen === count) child.kill('SIGKILL');
      }
      expect(await ended).toEqual([null, 'SIGKILL']);
      const db = await openPglite({ folder });
      expect(await readNumbers(db)).toEqual(expect.arrayContaining(acknowledged));
      await db.close();
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(41);
  }, 120_000);

  it('asks the disk to keep every commit before it is acknowledged', async () => {
    const db = await open(copyFolder());
    const settings = async (name: string) =>
      (await db.query({ text: 'select current_setting($1) as value', values: [name] })).rows[0];
    expect(await settings('fsync')).toEqual({ value: 'on' });
    expect(await settings('synchronous_commit')).toEqual({ value: 'on' });
    expect(await settings('wal_sync_method')).toEqual({ value: 'fsync' });

    const synced: string[] = [];
    replaceSync((real, descriptor) => {
      synced.push(fs.readlinkSync(`/proc/self/fd/${descriptor}`));
      real(descriptor);
    });
    for (let n = 0; n < 5; n++) {
      const before = synced.length;
      await db.transaction((tx) => tx.query({ text: 'insert into written default values' }));
      expect(synced.slice(before).filter((file) => file.includes('pg_wal'))).not.toEqual([]);
    }
    const before = synced.length;
    await db.query({ text: 'select * from written' });
    expect(synced).toHaveLength(before);
  }, 60_000);

  it('ends the process when the disk does not take a commit, and has all that was acknowledged', async () => {
    const folder = copyFolder();
    const { child, ended, acknowledgements } = startWriting(folder, '3');
    const complaint: string[] = [];
    child.stderr.on('data', (data: Buffer) => complaint.push(data.toString()));
    const acknowledged: number[] = [];
    for await (const line of acknowledgements) acknowledged.push(Number(line));
    expect(await ended).toEqual([74, null]);
    expect(acknowledged).toEqual([1, 2, 3]);
    expect(complaint.join('')).toMatch(
      /The disk does not keep the data \(EIO: i\/o error, fsync\)/,
    );
    const db = await open(folder);
    expect(await readNumbers(db)).toEqual(expect.arrayContaining([1, 2, 3]));
  }, 60_000);
});
