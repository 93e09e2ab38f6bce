import { CairnError, type CairnClient } from '@cairn/sdk';
import { fieldOf, textOf } from '@cairn/web';
import { tabBreadcrumb, type PageContext } from './tab-breadcrumb.ts';

/** The page that is shared now: one for each browser, however many panels are open. */
export interface SharedPage {
  readonly breadcrumb_id: string;
  readonly version: number;
  readonly server_url: string;
  readonly url: string;
  readonly title: string;
  /** The window whose panel shares it, and takes it back when it is closed. */
  readonly window_id: number;
}

/** What stands in the storage, or null. */
export function parseSharedPage(raw: unknown): SharedPage | null {
  const breadcrumb_id = textOf(raw, 'breadcrumb_id');
  const server_url = textOf(raw, 'server_url');
  const version = fieldOf(raw, 'version');
  const window_id = fieldOf(raw, 'window_id');
  if (breadcrumb_id === null || server_url === null) return null;
  if (typeof version !== 'number' || typeof window_id !== 'number') return null;
  const url = textOf(raw, 'url') ?? '';
  const title = textOf(raw, 'title') ?? '';
  return { breadcrumb_id, version, server_url, url, title, window_id };
}

/** Where a shared page is written to, and where it is kept which one it is. */
export interface SharePorts {
  readonly client: Pick<
    CairnClient,
    'createBreadcrumb' | 'updateBreadcrumb' | 'deleteBreadcrumb' | 'getBreadcrumb'
  >;
  readonly server_url: string;
  readonly window_id: number;
  get(): SharedPage | null;
  keep(shared: SharedPage | null): Promise<void>;
}

const TRIES = 4;

/**
 * Makes the breadcrumb say what is shared: it is created, changed, or with null deleted. Somebody else's change is
 * overwritten (the page in front is the truth), after the version was read again. To be called by one at a time.
 * @throws CairnError CairnConnectionError; then what is kept still says what was shared
 */
export async function sharePage(ports: SharePorts, page: PageContext | null): Promise<void> {
  const { client, server_url, window_id } = ports;
  const known = ports.get();
  const shared = known?.server_url === server_url ? known : null;
  if (page === null) {
    if (shared !== null) await client.deleteBreadcrumb(shared.breadcrumb_id).catch(ignoreGone);
    // What is left on another server ends there by its TTL.
    if (known !== null) await ports.keep(null);
    return;
  }
  const body = tabBreadcrumb(page);
  const written = (await change(client, shared, body)) ?? (await client.createBreadcrumb(body));
  await ports.keep({
    breadcrumb_id: written.id,
    version: written.version,
    server_url,
    url: page.url,
    title: page.title,
    window_id,
  });
}

/** The changed breadcrumb, or null when there is none to change. */
async function change(
  client: SharePorts['client'],
  shared: SharedPage | null,
  body: ReturnType<typeof tabBreadcrumb>,
): Promise<{ id: string; version: number } | null> {
  if (shared === null) return null;
  const id = shared.breadcrumb_id;
  let version = shared.version;
  for (let tries = 1; ; tries++) {
    try {
      return await client.updateBreadcrumb(id, body, { version });
    } catch (error) {
      if (isCode(error, 'not_found')) return null;
      if (!isCode(error, 'version_mismatch') || tries === TRIES) throw error;
      const current = await client.getBreadcrumb(id).catch(ignoreGone);
      if (!current) return null;
      version = current.version;
    }
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof CairnError && error.code === code;
}

function ignoreGone(error: unknown): void {
  if (!isCode(error, 'not_found')) throw error;
}
