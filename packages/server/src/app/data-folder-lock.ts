import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomToken } from '../base/index.ts';

/**
 * Makes this process the only one that uses the data folder: two would ruin an embedded database.
 * The lock of a process that is gone does not count. The answer unlocks.
 * @throws Error that names the process which holds it
 */
export async function lockDataFolder(data_dir: string): Promise<() => Promise<void>> {
  const path = join(data_dir, 'server.pid');
  await mkdir(data_dir, { recursive: true, mode: 0o700 });
  const mine = `${process.pid} ${randomToken(9)}`;
  const draft = `${path}.${process.pid}.${randomToken(9)}`;
  await writeFile(draft, mine, { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // The lock appears with its content or not at all: nobody meets an empty one and takes it for abandoned.
      if (await linkUnlessThere(draft, path)) return () => unlock(path, mine);
      const found = await read(path);
      if (found === null) continue;
      const holder = Number(found.split(' ')[0]);
      if (holder !== process.pid && isRunning(holder)) throw inUse(data_dir, String(holder));
      await removeStale(path, found, `${draft}.stale`);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw inUse(data_dir, 'another process, which takes the lock each time');
}

const ATTEMPTS = 5;

function inUse(data_dir: string, holder: string): Error {
  return new Error(
    `the data folder ${data_dir} is in use by process ${holder}; stop that one, or set CAIRN_DATA_DIR to another folder`,
  );
}

/**
 * Takes an abandoned lock out of the way. Another process may have done so in the meantime and hold its own lock there:
 * what was moved is looked at again, and put back when it is not the abandoned one.
 */
async function removeStale(path: string, stale: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await read(aside)) !== stale) await linkUnlessThere(aside, path);
  await rm(aside, { force: true });
}

async function linkUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Somebody may have broken the lock by hand and taken it since: theirs stays. */
async function unlock(path: string, mine: string): Promise<void> {
  if ((await read(path)) === mine) await rm(path, { force: true });
}

function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but not ours to signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
