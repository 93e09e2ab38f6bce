import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { adminKeyFile } from '../admin-key-file.ts';
import { startTestProgram, type TestProgram } from '../testing.ts';

/** Starts the whole program in strict mode, and says the key that it made for its first curator. */
export async function startStrictProgram(): Promise<{ program: TestProgram; admin_key: string }> {
  const data_dir = await mkdtemp(join(tmpdir(), 'cairn-strict-'));
  onTestFinished(() => rm(data_dir, { recursive: true, force: true }));
  const environment = { AUTH_MODE: 'strict', CAIRN_DATA_DIR: data_dir };
  const program = await startTestProgram({ environment });
  return { program, admin_key: (await readFile(adminKeyFile(data_dir), 'utf8')).trim() };
}
