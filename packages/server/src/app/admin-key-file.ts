import { join } from 'node:path';

/** The file that holds the first key of a strict server. */
export function adminKeyFile(data_dir: string): string {
  return join(data_dir, 'admin.key');
}
