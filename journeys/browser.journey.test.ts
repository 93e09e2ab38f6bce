import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { startServer, temporaryFolder } from './server-process.ts';
import { describeInBrowser, overflowOf, PHONE, picture } from './web-testing.ts';

const QUESTION = 'what is 17% of 2340?';

describeInBrowser('the web page', (open) => {
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
    await page.locator('[data-testid=trail-row][data-schema="agent.response.v1"]').first().click();
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

  it('sends what is written before its stream is open', async () => {
    const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
    const { page } = await open(server.url);
    let letThrough = (): void => undefined;
    const opened = new Promise<void>((resolve) => (letThrough = resolve));
    await page.route('**/events/stream*', async (route) => {
      await opened;
      await route.continue();
    });
    const sent = page.waitForResponse(
      (response) => response.request().method() === 'POST' && response.ok(),
    );
    await page.reload();
    await ask(page, QUESTION);
    await sent;
    letThrough();
    await page
      .locator('[data-testid=answer][data-status=completed]', { hasText: '397.8' })
      .waitFor();
  });

  it('works on a phone, in the dark, and by keyboard', async () => {
    const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
    const { page, faults } = await open(server.url, {
      ...PHONE,
      colorScheme: 'dark',
    });
    // The composer has the focus when the page opens.
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.keyboard.type(QUESTION);
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=answer][data-status=completed]').waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await picture(page, 'phone');
    expect(faults).toEqual([]);
  });
});
