import fs from 'node:fs';
import os from 'node:os';
import type { DatabaseSettings } from './harness.ts';

/** The lines that say on what and with what was measured. */
export function describeMachine(settings: DatabaseSettings): string[] {
  const cpus = os.cpus();
  const gigabytes = (os.totalmem() / 1_000_000_000).toFixed(1);
  return [
    `Machine     ${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} cores, ${gigabytes} GB, ${os.type()} ${os.release()}`,
    `Node        ${process.version}`,
    `PostgreSQL  ${settings.version}, fsync ${settings.fsync}, synchronous_commit ${settings.synchronous_commit}, shared_buffers ${settings.shared_buffers}`,
    `Shared      the server (one process), PostgreSQL and the load generator (a third process) share these ${cpus.length} cores`,
  ];
}

/** How many cores are busy now, over half a second in which we do nothing; null where the system does not tell. */
export async function coresBusyElsewhere(): Promise<number | null> {
  const before = readBusy();
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const after = readBusy();
  if (before === null || after === null) return null;
  return ((after - before) * 10) / (performance.now() - began);
}

/** Hundredths of a second that all cores together were busy since the machine started. */
function readBusy(): number | null {
  try {
    const [, ...fields] = fs.readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/ +/) ?? [];
    const [user, nice, system, , , irq, softirq, steal] = fields.map(Number);
    return [user, nice, system, irq, softirq, steal].reduce<number>((a, b) => a + (b ?? 0), 0);
  } catch {
    return null;
  }
}
