import { readFile } from 'node:fs/promises';
import type { BreadcrumbContext } from '@cairn/protocol';
import { CairnClient } from '@cairn/sdk';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildExtension,
  clickToolbarButton,
  findBarriers,
  goTo,
  keepPicture,
  openBrowser,
  openPanel,
  signIn,
  type BuiltExtension,
} from './extension/browser-with-panel.ts';
import { articlePage, servePages } from './extension/serve-pages.ts';
import { needConsent } from './need-consent.ts';
import { startServer, temporaryFolder } from './server-process.ts';

const QUESTION = 'what is 17% of 2340?';
const TAB = 'browser.tab.context.v1';
const COMPLETED = '[data-testid=answer][data-status=completed]';

/** The settings of a server with a data folder of its own, which needs no sign-in. */
const dev = async (): Promise<Record<string, string>> => ({
  CAIRN_DATA_DIR: await temporaryFolder(),
});

async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.keyboard.press('Enter');
}

async function answers(page: Page, count: number): Promise<string | null> {
  const last = page.locator(COMPLETED).nth(count - 1);
  await last.waitFor();
  return last.textContent();
}

/** Waits for what the server says, asking again until it is so. */
async function until<T>(what: string, read: () => Promise<T | null | undefined>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await read();
    if (found !== null && found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`no sign of ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.skipIf(
  process.env['CAIRN_TEST_CHROMIUM'] === undefined &&
    'no browser: run it with `npm run test:services`',
)('the side panel', { timeout: 240_000 }, () => {
  let built: BuiltExtension;
  beforeAll(async () => {
    built = await buildExtension();
  });
  afterAll(() => built.remove());

  const shared = (client: CairnClient): Promise<BreadcrumbContext[]> =>
    client.listBreadcrumbs({ schema_name: TAB, include_context: true }).then(({ items }) => items);

  it('asks for no site, and is signed in and used by keyboard alone', async () => {
    const manifest = JSON.parse(await readFile(`${built.folder}/manifest.json`, 'utf8'));
    expect(manifest.host_permissions).toBeUndefined();
    expect(manifest.permissions).not.toContain('tabs');
    const server = await startServer(await dev());
    const context = await openBrowser(built.folder);
    const { page, faults } = await openPanel(context);

    const field = page.getByLabel('Server address');
    await field.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(server.url);
    for (let times = 0; times < 3; times++) await page.keyboard.press('Tab');
    // On "Sign in" now: the key and the choice to keep it lie between.
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Sign in');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await keepPicture(page, 'panel-empty');
    // The composer has the focus when the chat opens.
    await watchText(page);
    await page.keyboard.type(QUESTION);
    await page.keyboard.press('Enter');
    const said = (await answers(page, 1)) ?? '';
    expect(said).toContain('397.8');
    const seen = await page.evaluate<string[]>('window.seen');
    const parts = seen.filter((each) => each !== '' && each.length < said.length);
    expect(parts.some((each) => said.startsWith(each.trim()))).toBe(true);
    await page.getByTestId('tool-call').locator('summary').click();
    await page.getByTestId('tool-call').getByText('2340').first().waitFor();
    await keepPicture(page, 'panel-chat');

    const client = new CairnClient({ base_url: server.url });
    const { items } = await client.listBreadcrumbs({
      schema_name: 'user.message.v1',
      include_context: true,
    });
    expect(items).toHaveLength(1);
    expect(items[0]?.tags).toEqual(
      expect.arrayContaining([
        'user:message',
        'extension:chat',
        expect.stringMatching(/^session:[0-9a-f-]{36}$/),
      ]),
    );

    await page.getByRole('button', { name: 'New conversation' }).click();
    await ask(page, 'echo hello');
    await page.locator(COMPLETED, { hasText: 'hello' }).waitFor();
    await page.getByRole('button', { name: /^Conversations, now:/ }).press('Enter');
    await page.getByRole('navigation', { name: 'Conversations' }).getByText(QUESTION).waitFor();
    await keepPicture(page, 'panel-conversations');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator(COMPLETED, { hasText: '397.8' }).waitFor();
    // What the context menu leaves for the panel.
    const draft = page.getByRole('textbox', { name: 'Message' });
    const leave = (text: string, elsewhere: number) =>
      page.evaluate(`chrome.windows.getCurrent().then(({ id }) => chrome.storage.session.set({ errand: {
        window_id: id + ${elsewhere}, kind: 'ask', text: ${JSON.stringify(text)}, url: 'https://a.example/' } }))`);
    // That of another window is for the panel there.
    await leave('not for here', 1);
    await leave('two\nlines', 0);
    await draft.filter({ hasText: '> lines (https://a.example/)' }).waitFor();
    expect(await draft.inputValue()).toBe('> two\n> lines (https://a.example/)\n\n');
    expect(faults).toEqual([]);
  });

  it('saves the page on which its reader clicked as a note, finds it, shows what is hostile as text, and deletes it', async () => {
    const server = await startServer(await dev());
    const client = new CairnClient({ base_url: server.url });
    const site = await servePages({
      '/tides': articlePage(
        'Tides and the moon',
        'The moon pulls the water of the sea towards it.',
      ),
      '/hostile': articlePage(
        'A &lt;img src=x onerror=window.broken=1&gt; title',
        '&lt;script&gt;window.broken=1&lt;/script&gt; is what this page says.',
      ),
    });
    const context = await openBrowser(built.folder);
    const { page, faults } = await openPanel(context);
    await signIn(page, server.url, null);
    const web = await context.newPage();
    await web.goto(`${site.origin}/tides`);

    await goTo(page, 'Notes');
    await page.getByText('No notes yet').waitFor();
    // Nobody clicked on the page: the browser shows it to the panel as little as to anybody else.
    await page.getByRole('button', { name: 'Save this page' }).click();
    await page.getByRole('alert').getByText('Click the Cairn button in the toolbar').waitFor();
    await goTo(page, 'Page');
    await page.getByTestId('page-unseen').waitFor();
    await clickToolbarButton(web, page);
    await page.getByText(site.origin).waitFor();
    await goTo(page, 'Notes');
    await page.getByRole('button', { name: 'Save this page' }).click();
    await page.getByLabel('Tags, with commas between').fill('sea, reading');
    await keepPicture(page, 'panel-note-form');
    await page.keyboard.press('Enter');
    const content = page.getByTestId('note-content');
    await content.getByText('The moon pulls the water').first().waitFor();
    // The address of a link is whole, and what is no article is left out.
    expect(await content.textContent()).toContain(`[next page](${site.origin}/more)`);
    expect(await content.textContent()).not.toContain('Somewhere else');
    await keepPicture(page, 'panel-note');

    await web.goto(`${site.origin}/hostile`);
    await page.getByRole('button', { name: 'Back to all notes' }).click();
    await page.getByRole('button', { name: 'Save this page' }).click();
    await page.getByRole('button', { name: 'Save note' }).click();
    await content.getByText('<script>window.broken=1</script>').first().waitFor();
    await page.getByTestId('note-detail').getByText('A <img src=x').first().waitFor();
    await page.getByRole('button', { name: 'Back to all notes' }).click();
    await page
      .getByRole('button', { name: 'A <img src=x onerror=window.broken=1> title' })
      .waitFor();
    expect(await page.evaluate('window.broken')).toBeUndefined();

    // What was saved can be searched a moment later.
    await until('the note in the search', async () => {
      const { hits } = await client.search({ q: 'moon', schema_name: 'note.v1' });
      return hits.find(({ title }) => title === 'Tides and the moon');
    });
    await page.getByLabel('Search notes').fill('water moon sea');
    await page.locator('[data-testid=note-row]').getByText('Tides and the moon').waitFor();
    await keepPicture(page, 'panel-search');
    await page.getByLabel('Search notes').fill('');
    await page.getByRole('button', { name: 'Only notes with the tag reading' }).click();
    await page.getByRole('button', { name: 'Show notes without the tag reading too' }).waitFor();
    await page
      .locator('[data-testid=note-row]', { hasText: '<img' })
      .waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Tides and the moon' }).click();
    const link = page.getByRole('link', { name: 'Dashboard' });
    expect(await link.getAttribute('href')).toMatch(`${server.url}/trail/`);
    await page.getByRole('button', { name: 'Send to chat' }).click();
    const draft = page.getByRole('textbox', { name: 'Message' });
    expect(await draft.inputValue()).toContain('About my note "Tides and the moon"');
    await draft.fill('');
    await goTo(page, 'Notes');
    await page.getByRole('button', { name: 'Tides and the moon' }).click();
    await page.getByRole('button', { name: 'Delete this note' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.locator('[data-testid=note-row]', { hasText: '<img' }).waitFor();
    const left = await client.listBreadcrumbs({ schema_name: 'note.v1' });
    expect(left.items.map(({ title }) => title)).toEqual([
      'A <img src=x onerror=window.broken=1> title',
    ]);

    // A note that an agent wrote comes by itself.
    await client.createBreadcrumb({
      title: 'Written elsewhere',
      schema_name: 'note.v1',
      tags: ['note'],
      context: { content: 'x'.repeat(500_000) },
    });
    await page.getByRole('button', { name: 'Written elsewhere' }).click();
    await content.waitFor();
    expect(faults).toEqual([]);
  });

  it('shares a page only where its reader consents, and agents then see it', async () => {
    const server = await startServer(await dev());
    const client = new CairnClient({ base_url: server.url });
    const site = await servePages({
      '/one': articlePage('Page one', 'A heron stands in the shallow water.'),
      '/two': articlePage('Page two', 'A wren sings in the hedge.'),
    });
    const other = await servePages({ '/': articlePage('Another site', 'Nobody consented here.') });
    const context = await openBrowser(built.granted_folder);
    const { page, faults } = await openPanel(context);
    await signIn(page, server.url, null);
    const web = await context.newPage();
    await web.goto(`${site.origin}/one`);
    await goTo(page, 'Page');
    const consent = page.getByRole('switch', { name: 'Share pages of this site' });
    await page.getByText(site.origin).waitFor();
    // Off by default, although the browser would let us read it.
    expect(await consent.getAttribute('aria-checked')).toBe('false');
    expect(await shared(client)).toEqual([]);

    await consent.click();
    await page.getByTestId('shared-page').getByText('Page one').waitFor();
    const [first] = await shared(client);
    expect(first?.context).toMatchObject({
      url: `${site.origin}/one`,
      title: 'Page one',
      text: expect.stringContaining('A heron stands'),
    });
    expect(first?.tags).toContain('browser:active-tab');
    const session = first?.tags.find((tag) => tag.startsWith('session:'));
    const full = await client.getBreadcrumbFull(first?.id ?? '');
    const left_s = (Date.parse(full.ttl ?? '') - Date.parse(full.updated_at)) / 1_000;
    expect(left_s).toBeGreaterThan(299);
    expect(left_s).toBeLessThan(301);
    const link = page.getByRole('link', { name: 'Show this breadcrumb' });
    expect(await link.getAttribute('href')).toBe(`${server.url}/trail/${first?.id}`);
    await page.getByRole('button', { name: 'Show shared pages to the agent “chat”' }).click();
    await page.getByTestId('page-readers').getByText('chat').waitFor();
    await keepPicture(page, 'panel-page');

    // Somebody else changed it meanwhile: the panel overwrites that, and does not give up.
    await client.updateBreadcrumb(first?.id ?? '', { title: 'Changed elsewhere' });
    await web.goto(`${site.origin}/two`);
    await page.getByTestId('shared-page').getByText('Page two').waitFor();
    const [second, ...more] = await shared(client);
    expect(second).toMatchObject({ id: first?.id, title: 'Page: Page two' });
    expect(more).toEqual([]);

    await goTo(page, 'Chat');
    await page.getByTestId('shared-page').waitFor();
    await ask(page, QUESTION);
    expect(await answers(page, 1)).toContain('397.8');
    await keepPicture(page, 'panel-chat-shared');
    const messages = await client.listBreadcrumbs({ schema_name: 'user.message.v1' });
    expect(messages.items[0]?.tags).toEqual(
      expect.arrayContaining([session, `page:${first?.id}`, 'extension:chat']),
    );
    // What the agent was shown is recorded: the page is in it.
    const told = await until('the context', async () => {
      const query = { schema_name: 'agent.context.v1', include_context: true } as const;
      return (await client.listBreadcrumbs(query)).items[0];
    });
    expect(JSON.stringify(told.context)).toContain('A wren sings in the hedge.');

    // Where nobody consented nothing is shared, not even for as long as the tab is in front.
    await web.goto(other.origin);
    await page.getByTestId('shared-page').waitFor({ state: 'detached' });
    expect(await shared(client)).toEqual([]);
    await web.goto(`${site.origin}/one`);
    await page.getByTestId('shared-page').waitFor();
    await goTo(page, 'Page');
    await consent.click();
    await page.getByTestId('shared-page').waitFor({ state: 'detached' });
    expect(await shared(client)).toEqual([]);
    expect(await consent.getAttribute('aria-checked')).toBe('false');

    // Closing the panel takes back what it shared.
    await consent.click();
    await page.getByTestId('shared-page').waitFor();
    expect(await shared(client)).toHaveLength(1);
    await page.close({ runBeforeUnload: false });
    await until('the end of it', async () => ((await shared(client)).length === 0 ? true : null));
    // The browser tells of the version that was refused; everything else would be a fault.
    expect(faults).toEqual([expect.stringContaining('412')]);
  });

  it('asks for consent to a tool in the chat, and stops a run', async () => {
    const server = await startServer(await dev());
    const client = new CairnClient({ base_url: server.url });
    await needConsent(client, 'calculator');
    const context = await openBrowser(built.folder);
    const { page, faults } = await openPanel(context);
    await signIn(page, server.url, null);
    await ask(page, QUESTION);
    const waiting = page.locator('[data-testid=approval][data-state=pending]');
    await waiting.getByText('calculator').first().waitFor();
    await keepPicture(page, 'panel-approval');
    await waiting.getByRole('button', { name: 'Approve' }).click();
    expect(await answers(page, 1)).toContain('397.8');
    await page.locator('[data-testid=approval][data-state=approve]').waitFor();

    await ask(page, 'what is 5 * 5?');
    await waiting.getByRole('button', { name: 'Deny' }).click();
    await page.locator('[data-testid=approval][data-state=deny]').waitFor();
    expect(await answers(page, 2)).not.toContain('25');

    await ask(page, 'what is 6 * 6?');
    await waiting.waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    const { context: stopped } = await until('the end of the run', async () => {
      const query = { schema_name: 'agent.response.v1', include_context: true } as const;
      const found = (await client.listBreadcrumbs(query)).items;
      return found.find((each) => (each.context as { status?: string }).status === 'stopped');
    });
    expect(stopped).toMatchObject({ error: { class: 'stopped' } });
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
  });

  it('goes on when the browser ends its worker, the panel is closed, or the server is away', async () => {
    const environment = await dev();
    const server = await startServer(environment);
    const context = await openBrowser(built.granted_folder);
    const { page } = await openPanel(context);
    await signIn(page, server.url, null);
    await ask(page, QUESTION);
    await answers(page, 1);

    const cdp = await context.newCDPSession(page);
    await cdp.send('ServiceWorker.enable');
    await cdp.send('ServiceWorker.stopAllWorkers');
    await until('the end of the worker', async () => {
      const running = await page.evaluate<number>(
        'chrome.runtime.getContexts({ contextTypes: ["BACKGROUND"] }).then((found) => found.length)',
      );
      return running === 0 ? true : null;
    });
    await ask(page, 'echo still here');
    expect(await answers(page, 2)).toContain('still here');
    // A click wakes it again: what it does then stands in no memory of its own.
    const site = await servePages({ '/': articlePage('Awake', 'A lark rises early.') });
    const web = await context.newPage();
    await web.goto(site.origin);
    await clickToolbarButton(web, page);

    await page.getByRole('textbox', { name: 'Message' }).fill('a draft that must not be lost');
    await page.close();
    const { page: again } = await openPanel(context);
    const field = again.getByRole('textbox', { name: 'Message' });
    await field.waitFor();
    expect(await field.inputValue()).toBe('a draft that must not be lost');
    await answers(again, 2);

    await server.kill();
    await again.getByTestId('connection-banner').waitFor();
    const back = await startServer({ ...environment, PORT: new URL(server.url).port });
    const client = new CairnClient({ base_url: back.url });
    const { items } = await client.listBreadcrumbs({ schema_name: 'user.message.v1' });
    const session = items[0]?.tags.find((tag) => tag.startsWith('session:'));
    // Said from elsewhere, as likely as not before the stream is back: it is not missed.
    await client.sendMessage({
      content: 'what is 2 + 3?',
      conversation_id: (session ?? '').slice('session:'.length),
    });
    expect(await answers(again, 3)).toContain('5');
    await again.getByTestId('connection-banner').waitFor({ state: 'detached' });
  });

  it('signs in with a key in strict mode, says what is wrong, and keeps the draft when the sign-in ends', async () => {
    const data_dir = await temporaryFolder();
    const server = await startServer({ CAIRN_DATA_DIR: data_dir, AUTH_MODE: 'strict' });
    const key = (await readFile(`${data_dir}/admin.key`, 'utf8')).trim();
    const context = await openBrowser(built.folder);
    const { page } = await openPanel(context);
    const outcome = (name: string) => page.locator(`[data-testid=probe][data-outcome=${name}]`);
    await page.getByLabel('Server address').fill('http://127.0.0.1:9');
    await page.getByRole('button', { name: 'Test connection' }).click();
    await outcome('unreachable').waitFor();
    await page.getByLabel('Server address').fill(server.url);
    await page.getByRole('button', { name: 'Test connection' }).click();
    await outcome('key_needed').getByText('strict mode').waitFor();
    await page.getByLabel('API key', { exact: true }).fill('cairn_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await outcome('key_needed').getByText('That key was not accepted').waitFor();
    await keepPicture(page, 'panel-wrong-key');
    await signIn(page, server.url, key);
    await ask(page, QUESTION);
    expect(await answers(page, 1)).toContain('397.8');

    // Kept for as long as the browser runs, and nowhere on the disk.
    const kept = await page.evaluate<unknown>('chrome.storage.local.get(null)');
    expect(JSON.stringify(kept)).not.toContain(key);
    await page.reload();
    await page.getByRole('textbox', { name: 'Message' }).fill('written before it ended');

    // Another installation at the same address knows neither the token nor the key.
    await server.kill();
    const other_dir = await temporaryFolder();
    const { port } = new URL(server.url);
    await startServer({ CAIRN_DATA_DIR: other_dir, AUTH_MODE: 'strict', PORT: port });
    await page.getByRole('heading', { name: 'Sign in to Cairn' }).waitFor();
    await page.getByText('What you wrote is kept').waitFor();
    await page.close();
    const { page: again } = await openPanel(context);
    await again.getByRole('heading', { name: 'Sign in to Cairn' }).waitFor();
    const other_key = (await readFile(`${other_dir}/admin.key`, 'utf8')).trim();
    await again.getByLabel('Keep the key on this computer').check();
    await signIn(again, server.url, other_key);
    const field = again.getByRole('textbox', { name: 'Message' });
    expect(await field.inputValue()).toBe('written before it ended');

    await goTo(again, 'Settings');
    await again.getByText('Your key is kept on this computer').waitFor();
    await again.getByRole('button', { name: 'Sign out' }).click();
    await again.getByRole('heading', { name: 'Sign in to Cairn' }).waitFor();
    const left = await again.evaluate<unknown>(
      'Promise.all([chrome.storage.local.get(null), chrome.storage.session.get(null)])',
    );
    expect(JSON.stringify(left)).not.toContain(other_key);
    await again.reload();
    await again.getByRole('heading', { name: 'Sign in to Cairn' }).waitFor();
  });

  it('has no barriers that axe knows, in both themes', async () => {
    const server = await startServer(await dev());
    const site = await servePages({ '/': articlePage('Otters', 'An otter sleeps on its back.') });
    const context = await openBrowser(built.granted_folder);
    const { page } = await openPanel(context);
    async function check(name: string): Promise<void> {
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await page.locator(`html[data-theme=${theme}]:not(.without-transitions)`).waitFor();
        expect(await findBarriers(page), `${name} in the ${theme} theme`).toEqual([]);
        await keepPicture(page, `${theme}-${name}`);
      }
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      );
      expect(overflow, name).toBeLessThanOrEqual(0);
    }
    await page.getByLabel('Server address').waitFor();
    await check('sign-in');
    await signIn(page, server.url, null);
    await check('empty');
    await ask(page, QUESTION);
    await answers(page, 1);
    await check('chat');
    const web = await context.newPage();
    await web.goto(site.origin);
    await goTo(page, 'Notes');
    await page.getByRole('button', { name: 'Save this page' }).click();
    await page.getByRole('button', { name: 'Save note' }).waitFor();
    await check('note-form');
    await page.getByRole('button', { name: 'Save note' }).click();
    await page.getByTestId('note-content').waitFor();
    await check('note');
    await page.getByRole('button', { name: 'Back to all notes' }).click();
    await page.getByTestId('note-row').waitFor();
    await check('notes');
    await goTo(page, 'Page');
    await page.getByRole('switch').click();
    await page.getByTestId('shared-page').waitFor();
    await check('page');
    await goTo(page, 'Settings');
    await page.getByText('Sites you share').waitFor();
    await check('settings');
  });
});

/** Remembers every text that the answer has, as `window.seen`. */
async function watchText(page: Page): Promise<void> {
  await page.evaluate(`
    window.seen = [];
    new MutationObserver(() => {
      const answer = document.querySelector('[data-testid=answer]');
      if (answer?.dataset.status === 'writing') window.seen.push(answer.textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  `);
}
