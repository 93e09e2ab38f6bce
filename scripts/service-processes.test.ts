import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findProgram, freePort, startNats } from './service-processes.ts';

it('finds a program in PATH or in the folders named, and only what can be run', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-programs-'));
  fs.writeFileSync(path.join(folder, 'cairn-program'), '', { mode: 0o755 });
  fs.writeFileSync(path.join(folder, 'cairn-text'), '', { mode: 0o644 });
  expect(findProgram('cairn-program')).toBeUndefined();
  expect(findProgram('cairn-program', [folder])).toBe(path.join(folder, 'cairn-program'));
  expect(findProgram('cairn-text', [folder])).toBeUndefined();
  fs.rmSync(folder, { recursive: true });
});

it('hands out a port that can be listened on', async () => {
  const server = net.createServer();
  server.listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

/** Whether something listens at the address of a service. */
async function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const installed = findProgram('nats-server', ['/usr/sbin', '/usr/local/sbin']) !== undefined;

it.runIf(installed)(
  'starts, kills, restarts and stops a server, and removes its folder',
  async () => {
    const before = folders();
    const service = await startNats();
    expect(await answers(service.url)).toBe(true);
    await service.kill();
    expect(await answers(service.url)).toBe(false);
    await service.restart();
    expect(await answers(service.url)).toBe(true);
    expect(folders()).toHaveLength(before.length + 1);
    await service.stop();
    await service.stop();
    expect(await answers(service.url)).toBe(false);
    expect(folders()).toEqual(before);
  },
);

it.runIf(installed)('ends a server whose owner is interrupted', async () => {
  const script = `
    import { startNats } from ${JSON.stringify(new URL('service-processes.ts', import.meta.url).href)};
    const service = await startNats();
    console.log(service.url);
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  expect(await answers(url)).toBe(true);
  owner.kill('SIGINT');
  await once(owner, 'close');
  await expect.poll(() => answers(url)).toBe(false);
});

function folders(): string[] {
  return fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('cairn-nats-'));
}
