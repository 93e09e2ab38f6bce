import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CairnClient } from '@cairn/sdk';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { startServer, temporaryFolder } from './server-process.ts';
import { describeInBrowser, findBarriers, overflowOf, PHONE, picture } from './web-testing.ts';

const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
const PARTS = [
  ['status', 'Status'],
  ['webhooks', 'Webhooks'],
  ['dead-letters', 'Dead letters'],
  ['queues', 'Queues'],
  ['secrets', 'Secrets'],
  ['hygiene', 'Hygiene'],
  ['tenants', 'Tenant'],
  ['principals', 'Principals'],
  ['keys', 'Keys'],
  ['audit', 'Audit'],
] as const;

/** A receiver on this machine, which wants nothing until it is told otherwise, and all that it was sent. */
async function receive() {
  const bodies: string[] = [];
  let status = 410;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const accept = () => {
    status = 200;
  };
  return { url: `http://127.0.0.1:${port}/hook`, bodies, accept };
}

async function start(environment: Record<string, string> = {}) {
  const data_dir = await temporaryFolder();
  const server = await startServer({
    CAIRN_DATA_DIR: data_dir,
    OUTBOUND_ALLOW_PRIVATE: 'true',
    ...environment,
  });
  return { server, data_dir, client: new CairnClient({ base_url: server.url }) };
}

const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const told = (page: Page, said: string) => page.getByText(said).first().waitFor();
const openPart = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Operations' }).getByRole('link', { name }).click();
/** What scripts did wrong; a refusal of the server that the page shows is not among it. */
const scriptFaults = (faults: readonly string[]) =>
  faults.filter((each) => !each.startsWith('Failed to load resource'));

/** Puts the focus on what has the name, by nothing but the tab key. */
async function tabTo(page: Page, name: string): Promise<void> {
  const focused = page.locator(':focus');
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    if ((await focused.count()) === 0) continue;
    const [label, words] = [await focused.getAttribute('aria-label'), await focused.textContent()];
    if ((label ?? words)?.trim() === name) return;
  }
  throw new Error(`the tab key does not lead to "${name}"`);
}

describeInBrowser('the operations', (open) => {
  it('bring an event that a receiver refused to it after all', async () => {
    const { server, client } = await start();
    const receiver = await receive();
    await client.selectors.create({ any_tags: ['journey'] });
    const { page, faults } = await open(`${server.url}/operations/webhooks`, { bypassCSP: true });

    await press(page, 'New webhook');
    await page.getByLabel('Address').fill(receiver.url);
    expect(await findBarriers(page)).toEqual([]);
    await press(page, 'Create');
    const secret = page.getByRole('status', { name: 'signing secret' });
    expect(await secret.textContent()).toMatch(/^whsec_/);
    await press(page, 'I have it');
    const row = page.getByRole('row').filter({ hasText: receiver.url });
    await row.getByText('Active').waitFor();

    await client.createBreadcrumb({ title: HOSTILE, tags: ['journey'], context: { HOSTILE } });
    await expect.poll(() => client.dead_letters.list()).toMatchObject({ items: [{}] });
    await openPart(page, 'Dead letters');
    const refused = page.getByRole('row').filter({ hasText: 'answered 410' });
    await refused.getByRole('link').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('<script>').first().waitFor();
    expect(page.url()).toContain('letter=');
    expect(await findBarriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Send again' }).click();
    await dialog.getByText('its webhook is not active').first().waitFor();
    await dialog.getByRole('link', { name: 'Its webhook' }).click();

    await page.getByText('Disabled: gone').waitFor();
    await page.getByRole('row').filter({ hasText: '410' }).getByText('Failed').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await picture(page, 'operations-webhook');
    receiver.accept();
    await press(page, 'Activate again');
    await page.getByText('Active', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Its dead letters' }).click();
    await page.getByRole('checkbox', { name: 'Choose', exact: true }).check();
    expect(page.url()).toContain('endpoint=');
    await press(page, 'Send 1 again');
    await told(page, '1 dead letter sent again');
    await page.getByText('No dead letters').waitFor();
    await expect.poll(() => receiver.bodies.length).toBe(2);
    expect(receiver.bodies[1]).toBe(receiver.bodies[0]);

    await openPart(page, 'Webhooks');
    await page.getByRole('link', { name: receiver.url }).click();
    await page.getByRole('row').filter({ hasText: '200' }).getByText('Delivered').waitFor();
    await press(page, 'Rotate secret');
    await press(page, 'Rotate');
    await secret.waitFor();
    await press(page, 'I have it');
    await press(page, 'Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted', { exact: true }).waitFor();
    expect(scriptFaults(faults)).toEqual([]);
  });

  it('reveal a secret for half a minute to who says why, and note it', async () => {
    const { server } = await start();
    const { page, faults } = await open(`${server.url}/operations/secrets`, { bypassCSP: true });
    const value = `s3cret-${randomUUID()}`;
    await page.clock.install();
    await press(page, 'New secret');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('MAIL_KEY');
    await dialog.getByLabel('Value', { exact: true }).fill(value);
    expect(await findBarriers(page)).toEqual([]);
    await press(page, 'Keep it');
    await page.getByRole('link', { name: 'MAIL_KEY' }).click();

    const reason = page.getByLabel('Why you need to see it');
    await reason.waitFor();
    expect(await page.getByRole('button', { name: 'Reveal' }).isDisabled()).toBe(true);
    await reason.fill(`to check ${HOSTILE}`);
    await press(page, 'Reveal');
    const shown = page.getByRole('status', { name: 'Value of the secret' });
    expect(await shown.textContent()).toBe(value);
    expect(await findBarriers(page)).toEqual([]);
    await picture(page, 'operations-secret');
    await page.clock.runFor(31_000);
    await shown.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(value);

    await page.getByRole('row').filter({ hasText: 'Revealed' }).getByText('<script>').waitFor();
    await press(page, 'Grant');
    await dialog.getByLabel('Agent').selectOption({ label: 'Tools runner' });
    await dialog.getByRole('button', { name: 'Grant' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Tools runner' }).waitFor();
    await press(page, 'Change the value');
    await dialog.getByLabel('New value').fill('another');
    await dialog.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('row').filter({ hasText: 'Value changed' }).waitFor();
    await press(page, 'Delete');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No secrets that you may see').waitFor();
    await openPart(page, 'Audit');
    for (const done of ['Created', 'Revealed', 'Granted', 'Value changed', 'Deleted'])
      await page.getByRole('row').filter({ hasText: done }).getByText('MAIL_KEY').waitFor();
    await page.getByLabel('Action').selectOption({ label: 'Revealed' });
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    expect(scriptFaults(faults)).toEqual([]);
  });

  it('make a key by keyboard alone, show it once, and revoke it', async () => {
    const { server } = await start();
    const { page, faults } = await open(`${server.url}/operations`, { bypassCSP: true });
    await heading(page, 'Status');
    await tabTo(page, 'Keys');
    await page.keyboard.press('Enter');
    await heading(page, 'Keys');
    await tabTo(page, 'New key');
    await page.keyboard.press('Enter');
    await page.getByLabel('Name').waitFor();
    await page.keyboard.type('build server');
    await page.keyboard.press('Enter');
    const shown = page.getByRole('status', { name: 'API key' });
    const key = (await shown.textContent()) ?? '';
    expect(await findBarriers(page)).toEqual([]);
    await tabTo(page, 'I have it');
    await page.keyboard.press('Enter');
    await shown.waitFor({ state: 'detached' });
    const status = async () =>
      (await fetch(`${server.url}/v1/system`, { headers: { authorization: `Bearer ${key}` } }))
        .status;
    expect(await status()).toBe(200);
    await tabTo(page, 'Revoke build server');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Revoke');
    await page.keyboard.press('Enter');
    await page.getByRole('row').filter({ hasText: 'build server' }).getByText('Revoked').waitFor();
    expect(await status()).toBe(401);
    expect(await page.content()).not.toContain(key);
    expect(scriptFaults(faults)).toEqual([]);
  });

  it('measure the server, sweep it, show its queues, name its tenant and set roles', async () => {
    const { server, client } = await start();
    await client.createBreadcrumb({ title: 'a', tags: [], context: {} });
    const { page, faults } = await open(`${server.url}/operations`);
    await page.getByText('Ready', { exact: true }).waitFor();
    await page.getByText(/^[\d.,]+ since it started$/).waitFor();
    await page.getByText(/^heap [\d.]+ MiB$/).waitFor();
    await page.getByText('No key of a provider is held back').waitFor();
    await picture(page, 'operations-status');

    await openPart(page, 'Queues');
    await page.getByRole('row').filter({ hasText: 'webhooks' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'agents' }).first().waitFor();

    await openPart(page, 'Hygiene');
    await press(page, 'Run now');
    await told(page, '0 expired breadcrumbs were deleted');
    await press(page, 'Purge expired');
    await press(page, 'Purge');
    await told(page, '0 purged, 0 of them health checks');
    const { runs_completed } = await client.hygiene.stats();
    expect(runs_completed).toBeGreaterThanOrEqual(2);

    await openPart(page, 'Tenant');
    await page.getByLabel('Name of the tenant').fill('Acme');
    await press(page, 'Rename');
    await told(page, 'The tenant is called Acme');
    await press(page, 'Delete the tenant');
    const sure = page.getByRole('dialog').getByRole('button', { name: 'Delete everything' });
    expect(await sure.isDisabled()).toBe(true);
    await page.getByLabel('Type the name').fill('Acm');
    expect(await sure.isDisabled()).toBe(true);
    await page.getByLabel('Type the name').fill('Acme');
    expect(await sure.isEnabled()).toBe(true);
    await press(page, 'Cancel');

    await openPart(page, 'Principals');
    await page.getByRole('link', { name: 'Tools runner' }).click();
    await page.getByRole('checkbox', { name: 'subscriber' }).uncheck();
    await press(page, 'Set the roles');
    await told(page, 'The roles are set');
    const { roles } = await client.agents.get('00000000-0000-0000-0000-0000000000bb');
    expect(roles).toEqual(['emitter']);
    expect(scriptFaults(faults)).toEqual([]);
  });

  it('say to who is no curator what only curators see, and show the rest', async () => {
    const { server, data_dir } = await start({ AUTH_MODE: 'strict' });
    const api_key = (await readFile(join(data_dir, 'admin.key'), 'utf8')).trim();
    const admin = new CairnClient({ base_url: server.url, api_key });
    const given = { name: 'a clerk', agent_id: randomUUID(), roles: ['emitter' as const] };
    const { key } = await admin.createKey(given);
    const { page, faults } = await open(`${server.url}/operations/keys`);
    await page.getByLabel('API key').fill(key);
    await press(page, 'Sign in');
    for (const [part, name] of PARTS) {
      await openPart(page, name);
      await heading(page, name);
      const is_closed = ['dead-letters', 'queues', 'hygiene', 'keys', 'audit'].includes(part);
      const closed = page.getByText('Curators only', { exact: true });
      if (is_closed) await closed.waitFor();
      else await page.getByRole('heading', { level: 2 }).first().waitFor();
      expect([part, await closed.count()]).toEqual([part, is_closed ? 1 : 0]);
      expect([part, await page.getByRole('alert').count()]).toEqual([part, 0]);
    }
    expect(scriptFaults(faults)).toEqual([]);
  });

  it('are open to all in light and dark, and fit a phone', async () => {
    const { server, client } = await start();
    const receiver = await receive();
    const { agent_id } = await client.system();
    await client.selectors.create({ any_tags: ['journey'] });
    await client.webhooks.create(agent_id, { url: receiver.url });
    await client.createBreadcrumb({ title: HOSTILE, tags: ['journey'], context: {} });
    await client.secrets.create({ name: 'MAIL_KEY', scope_type: 'global', value: 'v' });
    await client.createKey({ name: HOSTILE.slice(0, 100), roles: ['emitter'] });
    await expect.poll(() => client.dead_letters.list()).toMatchObject({ items: [{}] });
    const { page, faults } = await open(`${server.url}/operations`, { bypassCSP: true });
    for (const [part, name] of PARTS) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await openPart(page, name);
      await heading(page, name);
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
      expect([part, await findBarriers(page)]).toEqual([part, []]);
      await picture(page, `operations-${part}`);
      await page.setViewportSize(PHONE.viewport);
      expect([part, await overflowOf(page)]).toEqual([part, 0]);
      expect([part, await findBarriers(page)]).toEqual([part, []]);
      await picture(page, `operations-${part}-phone`);
    }
    await page.getByLabel('Part of the operations').selectOption({ label: 'Queues' });
    await heading(page, 'Queues');
    expect(scriptFaults(faults)).toEqual([]);
  });
});
