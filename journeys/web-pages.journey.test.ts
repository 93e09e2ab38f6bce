import { readFile } from 'node:fs/promises';
import { answerTo, CairnClient } from '@cairn/sdk';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { needConsent } from './need-consent.ts';
import { startServer, temporaryFolder } from './server-process.ts';
import { describeInBrowser, findBarriers, overflowOf, PHONE, picture } from './web-testing.ts';

const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
const MIB = 1_048_576;

describeInBrowser('the pages of the dashboard', (open) => {
  async function start(environment: Record<string, string> = {}) {
    const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder(), ...environment });
    return { server, client: new CairnClient({ base_url: server.url }) };
  }

  // One stands in the sidebar and one in the bar of phones; one of them is shown.
  const live = (page: Page) =>
    page.locator('[data-testid=connection][data-phase=live]').filter({ visible: true });
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });

  it('begin with what needs a person: an approval that is given there lets the agent go on', async () => {
    const { server, client } = await start();
    await needConsent(client, 'calculator');
    const { page, faults } = await open(server.url);
    await page.getByText('Nothing waits for you').waitFor();
    await expectOpenToAll(page);
    const bridge = client.events();
    await bridge.start();
    const message = await client.sendMessage({ content: 'what is 17% of 2340?' });
    const card = page.getByTestId('approval');
    await card.getByText('expression').waitFor();
    await expectOpenToAll(page);
    await picture(page, 'home');
    await card.getByRole('button', { name: 'Approve' }).click();
    const { context } = await bridge.waitForEvent(answerTo(message.id));
    expect(JSON.stringify(context)).toContain('397.8');
    await card.waitFor({ state: 'detached' });
    await bridge.stop();
    expect(faults).toEqual([]);
  });

  it('lead from the first question to the answer, its run, and the same question once more', async () => {
    const { server } = await start();
    const { page, faults } = await open(server.url);
    await page.getByRole('textbox', { name: 'Message' }).fill('what is 17% of 2340?');
    await page.keyboard.press('Enter');
    const answer = page.locator('[data-testid=answer][data-status=completed]');
    await answer.getByText('397.8').waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/chat\/./);
    await page
      .getByRole('button', { name: /^[^{]*calculator/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Output' }).waitFor();
    await expectOpenToAll(page);
    await page.getByRole('button', { name: 'retry' }).click();
    await expect.poll(() => answer.count()).toBe(2);
    await page.getByRole('button', { name: 'Context of this conversation' }).click();
    await page.getByText('System prompt, as it is now').waitFor();
    await expectOpenToAll(page);
    await picture(page, 'context');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'run', exact: true }).first().click();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/runs\/./);
    expect(faults).toEqual([]);
  });

  it('ask for consent in the conversation itself, and stop a run', async () => {
    const { server, client } = await start();
    await needConsent(client, 'calculator');
    const { page } = await open(`${server.url}/chat`);
    await page.getByRole('textbox', { name: 'Message' }).fill('what is 17% of 2340?');
    await page.keyboard.press('Enter');
    await page.getByTestId('approval').getByRole('button', { name: 'Deny' }).waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.locator('[data-testid=answer][data-status=stopped]').waitFor();
  });

  it('show a run with its steps so far while it waits for consent, and the whole of it after that', async () => {
    const { server, client } = await start();
    await needConsent(client, 'calculator');
    const { page, faults } = await open(`${server.url}/chat`);
    await page.getByRole('textbox', { name: 'Message' }).fill('what is 17% of 2340?');
    await page.keyboard.press('Enter');
    const approve = page.getByTestId('approval').getByRole('button', { name: 'Approve' });
    await approve.waitFor();
    await page.getByRole('link', { name: 'run', exact: true }).click();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/runs\/./);
    const bars = page
      .getByRole('listbox', { name: 'Steps' })
      .locator('[data-row]:not([data-row=queue])');
    const names = () => bars.evaluateAll((all) => all.map((each) => each.getAttribute('data-row')));
    await page.getByText('Running', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    await expect.poll(() => bars.count()).toBe(2);
    const [, call] = await names();
    await expectOpenToAll(page);
    await picture(page, 'run-waits');
    // A page that is loaded anew would have forgotten this.
    await page.evaluate(() => Object.assign(globalThis, { is_the_same: true }));
    const { items } = await client.approvals.list({ state: 'pending' });
    await client.approvals.approve(items[0]?.id ?? '');
    await expect.poll(() => bars.count()).toBe(3);
    expect((await names())[1]).toBe(call);
    await page.getByText('Success', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => 'is_the_same' in globalThis)).toBe(true);
    // Opened before the run was told of, the browser notes that it was not found.
    expect(faults.filter((each) => !each.includes('404'))).toEqual([]);
  });

  it('find, narrow, make, change, compare and delete breadcrumbs', async () => {
    const { server, client } = await start();
    await client.createBreadcrumb({
      title: `Invoice ${HOSTILE}`,
      schema_name: 'invoice.v1',
      tags: ['invoice'],
      context: { text: HOSTILE, amount: 40 },
    });
    const { page, faults } = await open(`${server.url}/trail?any=invoice`);
    const rows = page.locator('tbody tr[data-row]');
    await rows.filter({ hasText: '<script>' }).waitFor();
    await expectOpenToAll(page);
    await page.getByRole('button', { name: 'Rule about the context' }).click();
    await page.getByLabel('Path').fill('$.amount');
    await page.getByLabel('Operator').selectOption('gt');
    await page.getByLabel('Value').fill('50');
    await page.getByText('No breadcrumb matches').waitFor();
    await page.getByLabel('Value').fill('30');
    await rows.first().waitFor();

    await page.getByRole('link', { name: 'New breadcrumb' }).click();
    await page.getByLabel('Title').fill('A note');
    await page.getByLabel('Tags').fill('note, mine');
    const editor = page.getByRole('textbox', { name: 'Context as JSON' });
    await editor.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText('{"text": "first"}');
    await expectOpenToAll(page);
    await page.getByRole('button', { name: 'Create' }).click();
    await heading(page, 'A note').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await editor.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText('{"text": "second"}');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByTestId('breadcrumb-version').getByText('version 2').waitFor();
    await page.getByRole('tab', { name: /Versions/ }).click();
    await page.getByTestId('diff').getByText('"second"').waitFor();
    await expectOpenToAll(page);
    await page.getByRole('button', { name: 'Version 1' }).click();
    await page.getByRole('button', { name: 'Restore this version' }).click();
    await page.getByTestId('breadcrumb-version').getByText('version 3').waitFor();
    await page.getByRole('tab', { name: 'Access' }).click();
    await page.getByText('Nobody was granted more').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await heading(page, 'Trail').waitFor();
    expect(await page.title()).toContain('Cairn');
    expect(faults).toEqual([]);
  });

  it('look at what reads use up without using it up, and let one choose how it ends', async () => {
    const { server, client } = await start();
    const { id } = await client.createBreadcrumb({
      title: 'Read me twice',
      tags: ['brief'],
      context: { text: 'a secret' },
      ttl_type: 'usage',
      ttl_config: { max_reads: 2 },
    });
    const { page, faults } = await open(`${server.url}/trail/${id}`);
    const lifetime = page.getByTestId('breadcrumb-lifetime');
    for (let times = 0; times < 3; times++) {
      await lifetime.getByText('deleted after 2 reads, 0 so far').waitFor();
      await page.reload();
    }
    await page.getByRole('tab', { name: 'As a model sees it' }).click();
    await page.getByText('This view counts as a read').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Deleted', { exact: true }).selectOption('hybrid');
    await page.getByLabel('Duration').fill('2h');
    await page.getByLabel('Reads', { exact: true }).fill('5');
    await expectOpenToAll(page);
    await picture(page, 'lifetime');
    await page.getByRole('button', { name: 'Save' }).click();
    await lifetime.getByText(/deleted after 5 reads, 0 so far, at the latest /).waitFor();
    await client.getBreadcrumb(id);
    await page.reload();
    await lifetime.getByText(/deleted after 5 reads, 1 so far/).waitFor();
    expect(faults).toEqual([]);
  });

  it('tell of new breadcrumbs without moving the list, and act on many at once', async () => {
    const { server, client } = await start();
    const make = (n: number) =>
      client.createBreadcrumb({ title: `Note ${n}`, tags: ['bulk'], context: { n } });
    await make(1);
    const { page } = await open(`${server.url}/trail?any=bulk`);
    const rows = page.locator('tbody tr[data-row]');
    await expect.poll(() => rows.count()).toBe(1);
    await live(page).waitFor();
    await make(2);
    await page.getByTestId('news').getByText('1 new').waitFor();
    expect(await rows.count()).toBe(1);
    await page.getByTestId('news').click();
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('checkbox', { name: 'Choose all' }).check();
    await expect.poll(() => new URL(page.url()).searchParams.get('selected')).not.toBeNull();
    await page.reload();
    await page.getByRole('toolbar').getByText('2 breadcrumbs').waitFor();
    await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No breadcrumb matches').waitFor();
  });

  it('make an agent, show why one does not count, and run a tool by hand', async () => {
    const { server } = await start();
    const { page, faults } = await open(`${server.url}/team/agents`);
    await page.getByRole('link', { name: /^chat/ }).waitFor();
    await expectOpenToAll(page);
    await page.getByRole('link', { name: 'New agent' }).click();
    await page.getByLabel('Name').fill('clerk');
    await page.getByRole('button', { name: 'Create the agent' }).click();
    await page.getByText('Say what it is to do').waitFor();
    await page.getByLabel('Instructions').fill('Keep the books.');
    await expectOpenToAll(page);
    await page.getByRole('button', { name: 'Create the agent' }).click();
    await heading(page, 'clerk').waitFor();
    await page.getByText('active', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Definition' }).click();
    await page.getByLabel('Model calls').fill('3');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved; it counts from now on').first().waitFor();
    await page.goto(`${server.url}/team/tools`);
    await page.getByRole('link', { name: /^calculator / }).click();
    await page.getByLabel(/expression/).fill('17% * 2340');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByTestId('tool-outcome').getByText('Succeeded').waitFor();
    await expectOpenToAll(page);
    expect(faults).toEqual([]);
  });

  it('are reached by keyboard alone', async () => {
    const { server } = await start();
    const { page } = await open(`${server.url}/runs`);
    await heading(page, 'Runs').waitFor();
    // The second key counts within a second, which a busy machine can miss.
    await expect
      .poll(async () => {
        await page.keyboard.press('g');
        await page.keyboard.press('t');
        return heading(page, 'Trail').isVisible();
      })
      .toBe(true);
    await page.locator('[data-row-link]').first().waitFor();
    await page.keyboard.press('j');
    await page.locator('[data-row-link]:focus').waitFor();
    await picture(page, 'row-focus');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByTestId('breadcrumb-version').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('agents');
    await page.keyboard.press('Enter');
    await heading(page, 'Agents').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('calculator');
    const tool = page.getByRole('group', { name: 'Tools' }).getByRole('option');
    await tool.getByText('calculator', { exact: true }).waitFor();
    await page.getByText('Nothing has that name').waitFor({ state: 'detached' });
    await expectOpenToAll(page);
    await picture(page, 'palette');
    await tool.first().click();
    await heading(page, 'calculator').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await expectOpenToAll(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('show a record of a megabyte, and thousands of records page by page', async () => {
    const { server, client } = await start();
    const large = 'x'.repeat(Math.floor(MIB * 0.9));
    const { id } = await client.createBreadcrumb({ title: 'Large', tags: [], context: { large } });
    const { page } = await open(`${server.url}/trail/${id}`);
    await heading(page, 'Large').waitFor();
    await page.getByText('more characters').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByTestId('json-editor').waitFor();
    const titles = Array.from({ length: 300 }, (_, n) => `Row ${n}`);
    await Promise.all(
      titles.map((title) => client.createBreadcrumb({ title, tags: ['many'], context: {} })),
    );
    await page.goto(`${server.url}/trail?any=many`);
    const rows = page.locator('tbody tr[data-row]');
    await expect.poll(() => rows.count()).toBe(50);
    const more = page.getByRole('button', { name: 'Show more' });
    await more.click();
    // Only those in view are drawn from now on; how many there are is known at the last.
    const table = page.getByRole('table');
    await expect.poll(() => rows.count()).toBeLessThan(50);
    await more.click();
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('301');
  });

  it('open again while the server is away, and go on when it is back', async () => {
    const environment = { CAIRN_DATA_DIR: await temporaryFolder() };
    const server = await startServer(environment);
    const { page } = await open(server.url);
    await live(page).waitFor();
    // The worker keeps the page once it has taken over.
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    await page.reload();
    await live(page).waitFor();
    await server.kill();
    await page.goto(`${server.url}/trail`);
    await page.getByText('The server does not answer').waitFor();
    await startServer({ ...environment, PORT: new URL(server.url).port });
    await heading(page, 'Trail').waitFor();
  });

  it('ask for a key where one is needed, and again when it was revoked', async () => {
    const folder = await temporaryFolder();
    const server = await startServer({ CAIRN_DATA_DIR: folder, AUTH_MODE: 'strict' });
    const api_key = (await readFile(`${folder}/admin.key`, 'utf8')).trim();
    const admin = new CairnClient({ base_url: server.url, api_key });
    const given = await admin.createKey({ name: 'somebody', roles: ['curator'] });
    const { page } = await open(`${server.url}/trail`);
    await page.getByLabel('API key').fill('cairn_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('That key was not accepted').waitFor();
    await expectOpenToAll(page);
    await page.getByLabel('API key').fill(given.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading(page, 'Trail').waitFor();
    expect(await page.content()).not.toContain(given.key);
    await admin.revokeKey(given.id);
    await page.reload();
    await page.getByText('That key was not accepted').waitFor();
    await page.getByLabel('API key').waitFor();
  });
});

/** Expects that nothing keeps people out of the page as it is, in both themes, and that it fits a phone. */
async function expectOpenToAll(page: Page): Promise<void> {
  const before = page.viewportSize();
  expect(await findBarriers(page)).toEqual([]);
  await page.setViewportSize(PHONE.viewport);
  expect(await overflowOf(page), 'pixels beyond the width of a phone').toBeLessThanOrEqual(0);
  if (before !== null) await page.setViewportSize(before);
}
