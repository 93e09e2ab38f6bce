import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockDataFolder } from './data-folder-lock.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-lock-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A process of its own that locks the folder, says how it went, and holds on until it is told to end. */
function startHolder(folder: string) {
  const url = new URL('./data-folder-lock.ts', import.meta.url).href;
  const script = `
    const { lockDataFolder } = await import(${JSON.stringify(url)});
    process.stdin.resume();
    try {
      const unlock = await lockDataFolder(${JSON.stringify(folder)});
      process.stdin.on('end', () => unlock().then(() => process.exit(0)));
      process.stdout.write('locked');
    } catch (error) {
      process.stdout.write(error.message);
      process.stdin.on('end', () => process.exit(0));
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = once(child.stdout, 'data').then(([chunk]) => String(chunk));
  return { child, said };
}

describe('the lock of the data folder', () => {
  it('is had by one process of several that start at once', async () => {
    const folder = await newFolder();
    const holders = Array.from({ length: 4 }, () => startHolder(folder));
    const said = await Promise.all(holders.map((each) => each.said));
    expect(said.filter((each) => each === 'locked')).toHaveLength(1);
    const winner = holders[said.indexOf('locked')];
    const refusal = `the data folder ${folder} is in use by process ${winner?.child.pid}; stop that one, or set CAIRN_DATA_DIR to another folder`;
    expect(said.filter((each) => each !== 'locked')).toEqual([refusal, refusal, refusal]);
    winner?.child.stdin.end();
    if (winner) await once(winner.child, 'close');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after its holder was killed', async () => {
    const folder = await newFolder();
    const { child, said } = startHolder(folder);
    expect(await said).toBe('locked');
    await expect(lockDataFolder(folder)).rejects.toThrow(`in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'close');
    const unlock = await lockDataFolder(folder);
    await unlock();
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes to one of several that find an abandoned lock', async () => {
    const folder = await newFolder();
    // No process has this number: it is above the largest that Linux gives.
    await writeFile(join(folder, 'server.pid'), '4194305');
    const said = await Promise.all(
      Array.from({ length: 4 }, () => startHolder(folder)).map((each) => each.said),
    );
    expect(said.filter((each) => each === 'locked')).toHaveLength(1);
  });

  it.each(['', 'nonsense', '-1', '0'])('is not kept by a file that holds "%s"', async (text) => {
    const folder = await newFolder();
    await writeFile(join(folder, 'server.pid'), text);
    const unlock = await lockDataFolder(folder);
    await unlock();
  });

  it('is given back by its holder only', async () => {
    const folder = await newFolder();
    const unlock = await lockDataFolder(folder);
    await writeFile(join(folder, 'server.pid'), `${process.ppid} somebody-else`);
    await unlock();
    expect(await readdir(folder)).toEqual(['server.pid']);
  });
});
