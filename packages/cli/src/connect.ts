import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { CairnClient, CairnError } from '@cairn/sdk';
import { UsageError } from './errors.ts';

/** The options that every command has. */
export interface GlobalOptions {
  url: string;
  key?: string;
  json?: boolean;
}

/** One quick second try: a person waits, and `cairn doctor` says more than patience. */
const RETRIES = 2;

/**
 * A client for the server of the options. Without a key it acts as the person at the keyboard, which a server in dev mode
 * allows; if the server wants a key and runs on this machine, the one in `admin.key` of its data directory is used.
 * @throws UsageError for an address that is none.
 */
export async function connect(options: GlobalOptions): Promise<CairnClient> {
  const client = createClient(options.url, options.key);
  if (options.key || !isLocal(options.url)) return client;
  const admin_key = await readAdminKey();
  if (admin_key === null) return client;
  try {
    await client.system();
    return client;
  } catch (error) {
    // Only a server that asks for a key is shown one.
    if (error instanceof CairnError && error.status === 401) {
      return createClient(options.url, admin_key);
    }
    throw error;
  }
}

/** A client with exactly this key, or none. @throws UsageError for an address that is none. */
export function createClient(base_url: string, api_key: string | undefined): CairnClient {
  try {
    if (base_url === '') throw new TypeError('--url is empty');
    return new CairnClient({ base_url, max_retries: RETRIES, ...(api_key ? { api_key } : {}) });
  } catch (error) {
    throw new UsageError(
      `--url is "${base_url}"; expected an address such as http://127.0.0.1:8081`,
      { cause: error },
    );
  }
}

/** An address of this machine: a name such as 127.example.org is not one. */
function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

/** The key that the server leaves for its own machine, or null when there is none that we may read. */
async function readAdminKey(): Promise<string | null> {
  try {
    const path = join(process.env['CAIRN_DATA_DIR'] || '.cairn', 'admin.key');
    return (await readFile(path, 'utf8')).trim() || null;
  } catch {
    return null;
  }
}
