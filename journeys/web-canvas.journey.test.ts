import { CairnClient } from '@cairn/sdk';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { startServer, temporaryFolder } from './server-process.ts';
import { describeInBrowser, findBarriers, overflowOf, PHONE, picture } from './web-testing.ts';

const HOSTILE = '<img src=x onerror="document.title=1">';

describeInBrowser('the canvas', (open) => {
  async function start() {
    const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
    const client = new CairnClient({ base_url: server.url });
    await client.createBreadcrumb({
      title: HOSTILE,
      schema_name: 'note.v1',
      tags: ['note', 'session:c1'],
      context: { text: HOSTILE },
    });
    return { url: `${server.url}/canvas`, client };
  }

  /** The counts once nodes are there and arranged. */
  const counts = (page: Page) =>
    page.locator('[data-testid=canvas-counts][data-arranging=false]:not([data-nodes="0"])');
  const nodesOf = async (page: Page) => Number(await counts(page).getAttribute('data-nodes'));

  it('shows what arrives, without reading anything again', async () => {
    const { url, client } = await start();
    // A server that has just started still writes records of its own; they are of another kind.
    const { page, faults } = await open(`${url}?kinds=breadcrumb`);
    await counts(page).waitFor();
    expect(await nodesOf(page)).toBe(1);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    for (let at = 0; at < 5; at++)
      await client.createBreadcrumb({ title: `late ${at}`, tags: ['late'], context: {} });
    await expect.poll(() => nodesOf(page)).toBe(6);
    expect(requests.filter((address) => address.includes('/breadcrumbs'))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('is walked through with the keyboard, and its address says where one is', async () => {
    const { url } = await start();
    const { page, faults } = await open(url);
    await counts(page).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('note.v1');
    await expect.poll(() => nodesOf(page)).toBe(1);
    await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('note.v1');
    await page.getByTestId('canvas-2d').focus();
    await page.keyboard.press('ArrowRight');
    const details = page.getByTestId('canvas-details');
    await details.getByText('"text"').waitFor();
    const option = page.getByTestId('canvas-2d').getByRole('option', { selected: true });
    expect(await option.textContent()).toContain(HOSTILE);
    await page.reload();
    await details.getByText('"text"').waitFor();
    await page.getByTestId('canvas-2d').focus();
    await page.keyboard.press('Enter');
    const focused = 'document.activeElement.dataset.testid';
    await expect.poll(() => page.evaluate<string>(focused)).toBe('canvas-details');
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await expect.poll(() => new URL(page.url()).searchParams.has('selected')).toBe(false);
    await page.getByTestId('canvas-2d').focus();
    await page.keyboard.press('ArrowRight');
    await details.getByRole('link', { name: 'Open the breadcrumb' }).click();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/trail\/./);
    expect(faults).toEqual([]);
  });

  it('selects what a rectangle touches, and is the same graph as a list and in three dimensions', async () => {
    const { url } = await start();
    const { page, faults } = await open(url, { bypassCSP: true });
    await counts(page).waitFor();
    await page.getByRole('button', { name: 'Close the filters' }).first().click();
    const box = await page.getByTestId('canvas-2d').boundingBox();
    if (box === null) throw new Error('the canvas has no place');
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + 4, box.y + 64);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 4, box.y + box.height - 4, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.getByTestId('canvas-details').getByText('selected', { exact: false }).waitFor();
    await picture(page, 'canvas');
    expect(await findBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'List', exact: true }).click();
    await page.getByTestId('canvas-list').getByRole('button', { name: HOSTILE }).click();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: '3D', exact: true }).click();
    const drawn = page.locator('[data-testid=canvas-3d] canvas');
    // A browser may have no WebGL; then it says so.
    await drawn.or(page.getByText('does not draw in three dimensions')).first().waitFor();
    expect(faults).toEqual([]);
  });

  it('has room on a phone', async () => {
    const { url } = await start();
    const { page, faults } = await open(url, { ...PHONE, hasTouch: true, bypassCSP: true });
    await counts(page).waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await findBarriers(page)).toEqual([]);
    await picture(page, 'canvas-phone');
    expect(faults).toEqual([]);
  });
});
