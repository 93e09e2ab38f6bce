import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A folder that is gone with the test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cairn-embedder-'));
  return {
    path: folder,
    [Symbol.asyncDispose]: () => fs.rm(folder, { recursive: true, force: true }),
  };
}
