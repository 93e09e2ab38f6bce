import { mkdir } from 'node:fs/promises';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, temporaryFolder } from './server-process.ts';

const CHROMIUM = process.env['CAIRN_TEST_CHROMIUM'];
const QUESTION = 'what is 17% of 2340?';
/** Pictures are kept where CAIRN_SCREENSHOTS says, to be looked at. */
const PICTURES = process.env['CAIRN_SCREENSHOTS'];
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.skipIf(CHROMIUM === undefined && 'no browser: run it with `npm run test:services`')(
  'the web page',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: QUIET });
    });
    afterAll(() => browser.close());

    async function open(
      url: string,
      options: Parameters<Browser['newPage']>[0] = {},
    ): Promise<{ page: Page; faults: string[] }> {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      // What the Content-Security-Policy blocks is told on the console only.
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      await page.goto(url);
      return { page, faults };
    }

    async function picture(page: Page, name: string): Promise<void> {
      if (PICTURES === undefined) return;
      await mkdir(PICTURES, { recursive: true });
      await page.screenshot({ path: `${PICTURES}/${name}.png` });
    }

    async function ask(page: Page, question: string): Promise<void> {
      await page.getByRole('textbox', { name: 'Message' }).fill(question);
      await page.keyboard.press('Enter');
    }

    it('shows an agent answer with a tool, and every step as it arrives', async () => {
      const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
      const { page, faults } = await open(server.url);
      await page.getByRole('textbox', { name: 'Message' }).waitFor();
      await picture(page, 'empty');
      await ask(page, QUESTION);
      const answer = page.locator('[data-testid=answer][data-status=completed]');
      await answer.waitFor();
      expect(await answer.textContent()).toContain('397.8');
      for (const schema of [
        'user.message.v1',
        'tool.request.v1',
        'tool.response.v1',
        'agent.response.v1',
      ]) {
        await page.locator(`[data-testid=trail-row][data-schema="${schema}"]`).first().waitFor();
      }
      await picture(page, 'chat');
      await page
        .locator('[data-testid=trail-row][data-schema="agent.response.v1"]')
        .first()
        .click();
      await page.getByTestId('breadcrumb-panel').getByText('caused_by').first().waitFor();
      expect(page.url()).toContain('breadcrumb=');
      await picture(page, 'breadcrumb');
      expect(faults).toEqual([]);
    });

    it('comes back by itself when the server was away, and keeps the conversation in its address', async () => {
      const environment = { CAIRN_DATA_DIR: await temporaryFolder() };
      const server = await startServer(environment);
      const { page } = await open(server.url);
      await ask(page, QUESTION);
      await page.locator('[data-testid=answer][data-status=completed]').waitFor();
      await server.kill();
      await page.getByTestId('connection-banner').waitFor();
      await startServer({ ...environment, PORT: new URL(server.url).port });
      await page.getByTestId('connection-banner').waitFor({ state: 'detached' });
      await ask(page, 'what is 2 + 2?');
      await page.locator('[data-testid=answer][data-status=completed]').nth(1).waitFor();
      await page.reload();
      await page.locator('[data-testid=answer][data-status=completed]').nth(1).waitFor();
    });

    it('works on a phone, in the dark, and by keyboard', async () => {
      const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
      const { page, faults } = await open(server.url, {
        viewport: { width: 390, height: 844 },
        colorScheme: 'dark',
      });
      // The composer has the focus when the page opens.
      await page.getByRole('textbox', { name: 'Message' }).waitFor();
      await page.keyboard.type(QUESTION);
      await page.keyboard.press('Enter');
      await page.locator('[data-testid=answer][data-status=completed]').waitFor();
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await picture(page, 'phone');
      expect(faults).toEqual([]);
    });
  },
);
