import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { RunReport } from '@cairn/protocol';
import { CairnClient } from '@cairn/sdk';
import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { openPglite } from '../packages/server/src/db/index.ts';
import { startServer, temporaryFolder } from './server-process.ts';
import { describeInBrowser } from './web-testing.ts';

const ROWS = 10_000;
const SCHEMA = 'many.v1';
const BURST = 500;
/** Of a list however long. */
const DRAWN_AT_MOST = 400;
/** What a burst may cost, in reads of a list. */
const READS_AT_MOST = 3;
const PATIENCE = { timeout: 60_000 };

/** A server with very many breadcrumbs, and their ids. Over HTTP they would take a minute: they are copies of one. */
async function startWithBreadcrumbs() {
  const folder = await temporaryFolder();
  const first = await startServer({ CAIRN_DATA_DIR: folder });
  const original = { title: 'Copied', schema_name: SCHEMA, tags: ['many'], context: { text: 'x' } };
  const { id } = await new CairnClient({ base_url: first.url }).createBreadcrumb(original);
  await first.stop();
  const db = await openPglite({ folder: join(folder, 'pgdata') });
  // Of each moment there are three: the end of a page must not fall between them.
  const { rows } = await db.query<{ id: string }>({
    text: `insert into breadcrumbs
      select (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid(), 'title', 'Row ' || n,
        'indexed_version', 0, 'updated_at', b.updated_at - n / 3 * interval '1 second'))).*
      from breadcrumbs b, generate_series(1, $2::integer) n where b.id = $1 returning id`,
    values: [id, ROWS - 1],
  });
  await db.close();
  const server = await startServer({ CAIRN_DATA_DIR: folder });
  const client = new CairnClient({ base_url: server.url });
  return { server, client, ids: new Set([id, ...rows.map((row) => row.id)]) };
}

function report(number: number, ended: number): RunReport & { run_id: string } {
  const started_at = new Date(ended - 1_000).toISOString();
  return {
    run_id: randomUUID(),
    agent_id: `agent ${number % 7}`,
    agent_version: '1.0.0',
    environment: 'production',
    status: number % 3 === 0 ? 'partial' : 'success',
    started_at,
    ended_at: new Date(ended).toISOString(),
    steps: [],
  };
}

/** Runs that ended one after the other up to a moment, reported as many at once as can be. */
async function reportRuns(client: CairnClient, count: number, until: number): Promise<Set<string>> {
  // Of each moment there are three here too.
  const runs = Array.from({ length: count }, (_, n) =>
    report(n, until - Math.floor((count - n) / 3) * 1_000),
  );
  for (let start = 0; start < count; start += 1_000) {
    const results = await client.runs.reportBatch(runs.slice(start, start + 1_000));
    expect(results.filter(({ status }) => status !== 201)).toEqual([]);
  }
  return new Set(runs.map(({ run_id }) => run_id));
}

/** Notes every row that is drawn, and how many stand there at most at once. */
async function watchRows(page: Page): Promise<() => Promise<{ ids: string[]; most: number }>> {
  await page.evaluate(`{
    const seen = (globalThis.seen = { ids: new Set(), most: 0 });
    const look = () => {
      const rows = document.querySelectorAll('tr[data-row]');
      for (const row of rows) seen.ids.add(row.dataset.row);
      seen.most = Math.max(seen.most, rows.length);
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  }`);
  return () => page.evaluate('({ ids: [...seen.ids], most: seen.most })');
}

const numberOf = (page: Page, expression: string) => page.evaluate<number>(expression);
const HEIGHT = `document.querySelector('main').scrollHeight`;
const TOP = `document.querySelector('main').scrollTop`;

/** Reads page after page to the last one, by keyboard alone. */
async function readToTheEnd(page: Page, table: Locator): Promise<void> {
  await table.locator('[data-row-link]').first().focus();
  const more = page.getByRole('button', { name: 'Show more' });
  await page.keyboard.press('End');
  await page.keyboard.press('j');
  for (;;) {
    await more.and(page.locator(':focus')).waitFor(PATIENCE);
    const height = await numberOf(page, HEIGHT);
    await page.keyboard.press('Enter');
    await page.evaluate(`new Promise((resolve) => {
      const look = () => (${HEIGHT} > ${height} ? resolve() : requestAnimationFrame(look));
      look();
    })`);
    const end = page.getByRole('button', { name: /^(Show more|That is all)$/ });
    await end.waitFor(PATIENCE);
    if ((await end.textContent()) === 'That is all') return;
  }
}

/** Scrolls through the whole list, a view at a time: the next one once there are rows where the reader looks. */
async function scrollThrough(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const box = document.querySelector('main');
    const { left, top, width, height } = box.getBoundingClientRect();
    const isBlank = () => {
      const middle = document.elementFromPoint(left + width / 2, top + height / 2);
      return middle?.closest('[data-row]') === null;
    };
    box.scrollTop = 0;
    while (box.scrollTop + box.clientHeight < box.scrollHeight - 1) {
      box.scrollTop += height;
      do await new Promise((resolve) => requestAnimationFrame(resolve)); while (isBlank());
    }
  })()`);
}

/** Counts reads of a list from now on. */
function countReads(page: Page, path: string): () => number {
  let count = 0;
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === 'GET' && pathname === path) count += 1;
  });
  return () => count;
}

describeInBrowser('lists of ten thousand rows', (open) => {
  it('let every breadcrumb be reached, and a burst of events costs no reads', async () => {
    const { server, client, ids } = await startWithBreadcrumbs();
    const { page, faults } = await open(`${server.url}/trail?schema=${SCHEMA}`);
    const table = page.getByRole('table', { name: 'Breadcrumbs' });
    await table.locator('tr[data-row]').first().waitFor();
    const seen = await watchRows(page);
    await readToTheEnd(page, table);
    expect(await table.getAttribute('aria-rowcount')).toBe(String(ROWS + 1));
    await scrollThrough(page);
    const { ids: reached, most } = await seen();
    expect(new Set(reached)).toEqual(ids);
    expect(most).toBeLessThan(DRAWN_AT_MOST);

    // A row is opened in the midst, and left again.
    await page.evaluate(`document.querySelector('main').scrollTop = ${HEIGHT} / 2`);
    const row = table.locator('tr[data-row][aria-rowindex="5000"]');
    await row.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: /^Row/ }).waitFor();
    const reads = countReads(page, '/breadcrumbs');
    await page.goBack();
    await row.waitFor();
    await expect.poll(() => numberOf(page, TOP)).toBeGreaterThan(100_000);

    // What comes meanwhile is counted and moves nothing.
    const top = await numberOf(page, TOP);
    const left = Array.from({ length: BURST }, (_, n) => n);
    const work = async () => {
      for (let n = left.pop(); n !== undefined; n = left.pop())
        await client.createBreadcrumb({
          title: `Late ${n}`,
          schema_name: SCHEMA,
          tags: ['many'],
          context: {},
        });
    };
    await Promise.all(Array.from({ length: 8 }, work));
    const pill = page.getByRole('button', { name: `${BURST} new` });
    await pill.waitFor({ ...PATIENCE, state: 'attached' });
    expect(await numberOf(page, TOP)).toBe(top);
    expect(reads()).toBe(0);
    expect(faults).toEqual([]);
  }, 300_000);

  it('let every run be reached, and new ones cost few reads', async () => {
    const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
    const client = new CairnClient({ base_url: server.url });
    const now = Date.now();
    const ids = await reportRuns(client, ROWS, now - 60_000);
    const { page, faults } = await open(`${server.url}/runs`);
    const table = page.getByRole('table', { name: 'Runs' });
    await table.locator('tr[data-row]').first().waitFor();
    const seen = await watchRows(page);
    await readToTheEnd(page, table);
    await scrollThrough(page);
    const { ids: reached, most } = await seen();
    expect(new Set(reached)).toEqual(ids);
    expect(most).toBeLessThan(DRAWN_AT_MOST);

    const late = await reportRuns(client, BURST, now);
    const pill = page.getByRole('button', { name: /or more new$/ });
    await pill.waitFor(PATIENCE);
    const reads = countReads(page, '/v1/runs');
    await pill.click();
    await expect.poll(async () => late.has((await firstOf(table)) ?? '')).toBe(true);
    expect(reads()).toBeLessThanOrEqual(READS_AT_MOST);
    expect(faults).toEqual([]);
  }, 300_000);
});

function firstOf(table: Locator): Promise<string | null> {
  return table.locator('tr[data-row]').first().getAttribute('data-row');
}
