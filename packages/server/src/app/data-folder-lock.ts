import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes this process the only one that uses the data folder: two would ruin an embedded database.
 * The lock of a process that is gone does not count. The answer unlocks.
 * @throws Error that names the process which holds it
 */
export async function lockDataFolder(data_dir: string): Promise<() => Promise<void>> {
  const path = join(data_dir, 'server.pid');
  await mkdir(data_dir, { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder !== process.pid && isRunning(holder)) {
      throw new Error(
        `the data folder ${data_dir} is in use by process ${holder}; stop that one, or set CAIRN_DATA_DIR to another folder`,
      );
    }
    await rm(path, { force: true });
  }
  throw new Error(
    `the data folder ${data_dir} cannot be locked: another process takes the lock each time`,
  );
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
