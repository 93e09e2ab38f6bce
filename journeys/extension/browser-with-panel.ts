import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXTENSION_ID, EXTENSION_ORIGIN } from '@cairn/protocol';
import axe from 'axe-core';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { build } from 'vite';
import { onTestFinished } from 'vitest';
import { PATIENCE_MS, QUIET } from '../web-testing.ts';

const EXTENSION = fileURLToPath(new URL('../../packages/extension/', import.meta.url));
/** Pictures are kept where CAIRN_SCREENSHOTS says, to be looked at. */
const PICTURES = process.env['CAIRN_SCREENSHOTS'];

/** The extension as it is built, and as the tests load it. */
export interface BuiltExtension {
  /** Exactly as `npm run build:extension` makes it. */
  readonly folder: string;
  /** The same, but that the browser grants 127.0.0.1 from the start: a program cannot answer the browser's own question. */
  readonly granted_folder: string;
  remove(): Promise<void>;
}

/** Builds the extension into a temporary folder. */
export async function buildExtension(): Promise<BuiltExtension> {
  const home = await mkdtemp(join(tmpdir(), 'cairn-extension-'));
  const folder = join(home, 'plain');
  const granted_folder = join(home, 'granted');
  await build({
    configFile: join(EXTENSION, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: folder },
  });
  await cp(folder, granted_folder, { recursive: true });
  const file = join(granted_folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...manifest, host_permissions: ['http://127.0.0.1/*'] }));
  return { folder, granted_folder, remove: () => rm(home, { recursive: true, force: true }) };
}

/** A panel in a tab of its own, and what went wrong in it. */
export interface OpenPanel {
  readonly page: Page;
  readonly faults: string[];
}

/** Starts a browser with the extension; it is ended with the test. */
export async function openBrowser(
  folder: string,
  options: { colorScheme?: 'light' | 'dark' } = {},
): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'cairn-profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CAIRN_TEST_CHROMIUM'] ?? '',
    viewport: { width: 400, height: 800 },
    ...options,
    args: [
      ...QUIET,
      '--disable-features=DisableLoadExtensionCommandLineSwitch',
      // For `clickToolbarButton`.
      '--enable-unsafe-extension-debugging',
      `--disable-extensions-except=${folder}`,
      `--load-extension=${folder}`,
    ],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  onTestFinished(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  // The extension is there when its worker is.
  if (context.serviceWorkers().length === 0) await context.waitForEvent('serviceworker');
  return context;
}

/** Opens the side panel's page in a tab. */
export async function openPanel(context: BrowserContext): Promise<OpenPanel> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(`${EXTENSION_ORIGIN}/panel.html`);
  return { page, faults };
}

/**
 * Clicks the extension's button in the toolbar while this page is in front, as a person does: the real side panel opens
 * beside it, and the page may be seen. Resolves when the browser has the panel.
 */
export async function clickToolbarButton(page: Page, panel: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { targetInfos } = await session.send('Target.getTargets', { filter: [{ type: 'tab' }] });
  const tab = targetInfos.find(({ url }) => url === page.url());
  const browser = await page.context().browser()?.newBrowserCDPSession();
  // Newer than the list of commands that Playwright has types for.
  const send = browser?.send.bind(browser) as
    | ((method: string, parameters: object) => Promise<unknown>)
    | undefined;
  await send?.('Extensions.triggerAction', { id: EXTENSION_ID, targetId: tab?.targetId });
  await panel.waitForFunction(`
    chrome.runtime.getContexts({ contextTypes: ['SIDE_PANEL'] }).then((found) => found.length === 1)
  `);
}

/** Fills in the sign-in and waits until the panel is open. */
export async function signIn(page: Page, server_url: string, key: string | null): Promise<void> {
  await page.getByLabel('Server address').fill(server_url);
  if (key !== null) await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
}

/** Goes to a part of the panel. */
export async function goTo(page: Page, place: 'Chat' | 'Notes' | 'Page' | 'Settings') {
  await page
    .getByRole('navigation', { name: 'Panel' })
    .getByRole('button', { name: place })
    .click();
}

/** Keeps a picture, where somebody wants to look at it. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** What axe finds wrong with a page: rules with the places, none when all is well. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))
  `);
}
