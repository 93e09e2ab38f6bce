import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';

const CHROMIUM = process.env['CAIRN_TEST_CHROMIUM'];
/** Pictures are kept where CAIRN_SCREENSHOTS says, to be looked at. */
const PICTURES = process.env['CAIRN_SCREENSHOTS'];
/** Flags of a browser that does nothing by itself. */
export const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** How long a page may take for anything at all. */
export const PATIENCE_MS = 60_000;

/** A phone, as wide as the narrowest that is supported. */
export const PHONE = { viewport: { width: 390, height: 844 } } as const;

/** A page with what went wrong in it so far: errors of scripts, and what the Content-Security-Policy refused. */
export interface OpenPage {
  readonly page: Page;
  readonly faults: string[];
}

/** Opens pages in one browser, which lasts for all tests of a file. */
export type OpenInBrowser = (
  url: string,
  options?: Parameters<Browser['newPage']>[0],
) => Promise<OpenPage>;

/** Journeys through the web page. They are skipped where there is no browser. */
export function describeInBrowser(name: string, journeys: (open: OpenInBrowser) => void): void {
  describe.skipIf(CHROMIUM === undefined && 'no browser: run it with `npm run test:services`')(
    name,
    () => {
      let browser: Browser;
      beforeAll(async () => {
        browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: QUIET });
      });
      afterAll(() => browser.close());
      journeys(async (url, options = {}) => {
        const page = await browser.newPage({
          viewport: { width: 1280, height: 800 },
          timezoneId: 'UTC',
          locale: 'en-GB',
          ...options,
        });
        onTestFinished(() => page.close());
        page.setDefaultTimeout(PATIENCE_MS);
        const faults: string[] = [];
        page.on('pageerror', (error) => faults.push(error.message));
        page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
        await page.goto(url);
        return { page, faults };
      });
    },
  );
}

/** Keeps a picture of a page, if pictures are wanted. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/**
 * What axe finds wrong with the page as it is now, by the rules of WCAG 2.2 A and AA, in the light and in the dark. The page
 * must have been opened with `bypassCSP`: axe is a script that the page itself would refuse.
 */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator(`html[data-theme="${colorScheme}"]`).waitFor({ state: 'attached' });
    const { violations } = await page.evaluate<{ violations: Violation[] }>(
      `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`,
    );
    for (const { id, nodes } of violations) {
      const [first] = nodes;
      found.push(`${colorScheme} ${id} (${nodes.length}): ${first?.html} ${first?.failureSummary}`);
    }
  }
  return found;
}

/** How many pixels the page is wider than its window: nothing should be cut off or scroll sideways. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}
