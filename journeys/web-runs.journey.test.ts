import { randomUUID } from 'node:crypto';
import { CairnClient } from '@cairn/sdk';
import type { RunReport } from '@cairn/protocol';
import { expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { startServer, temporaryFolder } from './server-process.ts';
import { describeInBrowser, findBarriers, overflowOf, PHONE, picture } from './web-testing.ts';

const HOUR = 3_600_000;
const HTML = '<img src=x onerror="window.was_hacked=1">';
const AGENT = { agent_id: 'support', agent_version: '1.0.0', environment: 'production' } as const;
const iso = (at: number) => new Date(at).toISOString();

/** A run of some steps; every tenth fails after two retries. `changed` is how the agent behaves later. */
function report(number: number, started: number, changed: boolean): RunReport {
  const fails = number % 10 === 0;
  const slow = changed ? 3 : 1;
  let at = started + 100;
  const steps: NonNullable<RunReport['steps']>[number][] = [];
  const step = (
    step_type: 'plan' | 'tool' | 'respond',
    name: string,
    ms: number,
    rest: { metadata?: Record<string, unknown>; cost_usd?: number; output_tokens?: number } = {},
  ) => {
    const step_id = randomUUID();
    const times = { started_at: iso(at), ended_at: iso(at + ms), latency_ms: ms };
    steps.push({ step_id, seq: steps.length, step_type, name, ...times, ...rest });
    at += ms + 10;
    return step_id;
  };
  const plan = step('plan', 'model', (400 + number) * slow, { cost_usd: 0.002, output_tokens: 80 });
  let last = step('tool', 'lookup', 200 * slow, { metadata: fails ? { outcome: 'error' } : {} });
  if (fails) {
    step('tool', 'lookup', 200, { metadata: { outcome: 'error' } });
    last = step('tool', 'lookup', 300, { metadata: { error: `${HTML} timed out` } });
  } else step('respond', 'model', 500 * slow, { cost_usd: 0.004, output_tokens: 160 });
  return {
    run_id: randomUUID(),
    ...AGENT,
    status: fails ? 'failure' : 'success',
    started_at: iso(started),
    ended_at: iso(at),
    conversation_id: `conversation-${number}`,
    steps,
    ...(fails
      ? {
          failure: {
            failure_type: 'tool' as const,
            failure_code: 'timeout',
            message: `no answer from ${HTML}`,
            step_id: last,
          },
        }
      : {}),
    decisions: [
      {
        decision_type: 'tool_selection',
        selected: (number % 5 === 0) === changed ? 'lookup' : 'search',
        reason_code: 'fresh_data_required',
        confidence: 0.9,
        candidates: ['lookup', 'search'],
        step_id: plan,
      },
    ],
    quality_signals: [
      { signal_type: 'schema_valid', signal_code: 'full_match', value: !fails, weight: 0.5 },
    ],
  };
}

/** A server with runs of an agent that behaved otherwise in the last day than before. */
async function startWithRuns() {
  const server = await startServer({ CAIRN_DATA_DIR: await temporaryFolder() });
  const client = new CairnClient({ base_url: server.url });
  const now = Date.now();
  const before = Array.from({ length: 60 }, (_, n) =>
    report(n, now - 70 * HOUR + n * 60_000, false),
  );
  const lately = Array.from({ length: 60 }, (_, n) =>
    report(n, now - 20 * HOUR + n * 60_000, true),
  );
  const [parent] = lately.slice(-1);
  const odd = { agent_id: HTML, agent_version: '<b>2</b>', environment: '<i>test</i>' };
  const others = [
    { ...report(1, now - 2 * HOUR, false), agent_version: '2.0.0' },
    { ...report(2, now - HOUR, false), ...odd, parent_run_id: parent?.run_id ?? null },
  ];
  const results = await client.runs.reportBatch([...before, ...lately, ...others]);
  expect(results.map(({ status }) => status)).toEqual(results.map(() => 201));
  const window = { from: now - 75 * HOUR, until: now - 40 * HOUR };
  const failed = lately.findLast(({ status }) => status === 'failure')?.run_id ?? '';
  return { server, client, now, window, failed, parent: parent?.run_id ?? '' };
}

const field = (at: number) => iso(at).slice(0, 16);
const tab = (page: Page, name: string) => page.getByRole('tab', { name });

async function chooseFailures(page: Page): Promise<void> {
  const rows = page.locator('tr[data-row]');
  await rows.nth(20).waitFor();
  await page.getByRole('combobox', { name: 'Status' }).selectOption('failure');
  await expect.poll(() => rows.count()).toBe(12);
  expect(page.url()).toContain('status=failure');
  await expect.poll(() => rows.getByText('Failed').count()).toBe(12);
  await page.getByRole('searchbox', { name: 'Run, agent or failure' }).fill('nothing like this');
  await page.getByText('No run matches these filters').waitFor();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await rows.nth(20).waitFor();
  expect(page.url()).not.toContain('status=');
}

/** From the list into a run and through its steps and tabs, without a mouse. */
async function walkByKeyboard(page: Page, failed: string): Promise<void> {
  const links = page.locator('[data-row-link]');
  await links.first().focus();
  const address = await page.locator(`tr[data-row="${failed}"]`).first().getAttribute('data-row');
  expect(address).toBe(failed);
  const focused = page.locator(`tr[data-row="${failed}"] [data-row-link]:focus`);
  for (let row = 0; row < 20 && (await focused.count()) === 0; row++)
    await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'support' }).waitFor();
  const steps = page.getByRole('listbox', { name: 'Steps' });
  // The step that failed is chosen at first.
  await page.getByRole('option', { name: /Retry 2 .*failed/, selected: true }).waitFor();
  await page.getByRole('heading', { level: 2, name: /lookup Retry 2/ }).waitFor();
  await steps.focus();
  await page.keyboard.press('Home');
  await page
    .getByRole('option', { name: /Waited before the first step/, selected: true })
    .waitFor();
  await page.keyboard.press('j');
  await page.getByRole('option', { name: /^Plan model/, selected: true }).waitFor();
  expect(page.url()).toContain('step=');
  await picture(page, 'run');
  await tab(page, 'Waterfall').focus();
  for (const name of ['Tree', 'Timeline', 'Failures', 'Decisions', 'Signals']) {
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tabpanel', { name: new RegExp(name) }).waitFor();
  }
  await page
    .getByRole('region', { name: 'schema_valid' })
    .getByText('false', { exact: true })
    .waitFor();
}

describeInBrowser('runs on the web page', (open) => {
  it('are found, opened and walked through by keyboard, and the list grows without moving', async () => {
    const { server, client, now, failed } = await startWithRuns();
    const { page, faults } = await open(`${server.url}/runs`);
    await chooseFailures(page);
    await walkByKeyboard(page, failed);

    // A run that goes on is followed until it ends.
    const started_at = iso(now - 5_000);
    const { run_id } = await client.runs.start({ ...AGENT, started_at });
    await page.goto(`${server.url}/runs/${run_id}`);
    await page.getByText('Running').waitFor();
    const times = { started_at, ended_at: iso(now - 4_000), latency_ms: 1_000 };
    await client.runs.addSteps(run_id, {
      steps: [{ seq: 0, step_type: 'tool', name: 'arrives later', ...times }],
    });
    await page.getByRole('option', { name: /arrives later/ }).waitFor();
    await client.runs.end(run_id, { status: 'success' });
    await page.getByText('Success').waitFor();

    // New runs wait while the list is held.
    await page.goto(`${server.url}/runs`);
    await page.locator(`tr[data-row="${run_id}"]`).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const late = { ...report(3, now - 1_000, false), agent_id: 'newcomer' };
    await client.runs.report(late);
    const pill = page.getByRole('button', { name: '1 new' });
    await pill.waitFor();
    expect(await page.getByText('newcomer').count()).toBe(0);
    await pill.click();
    await page.locator(`tr[data-row="${late.run_id}"]`).waitFor();
    await picture(page, 'runs');

    // So they do while the reader is further down, and what is read stays where it is.
    await page.getByRole('button', { name: 'Follow' }).click();
    const read = page.locator('tr[data-row]').nth(40);
    await read.scrollIntoViewIfNeeded();
    const place = await read.boundingBox();
    const later = { ...report(4, now - 500, false), agent_id: 'latecomer' };
    await client.runs.report(later);
    await pill.waitFor();
    expect(await read.boundingBox()).toEqual(place);
    await pill.click();
    await page.locator(`tr[data-row="${later.run_id}"]`).waitFor();

    // The figures, and two versions compared.
    await page.goto(`${server.url}/statistics?agent=support`);
    await page.getByRole('rowheader', { name: 'Runs', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Show as a table' }).click();
    await page.getByRole('table', { name: 'Runs by day' }).waitFor();
    await page.getByRole('rowheader', { name: /Tool · timeout/ }).waitFor();
    await tab(page, 'Decisions').click();
    await page.getByRole('button', { name: /^lookup/ }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('selected')).toBe('lookup');
    await page.getByRole('table', { name: 'Decisions' }).getByText('90%').first().waitFor();
    await tab(page, 'Compare versions').click();
    await page
      .getByRole('table', { name: 'Differences' })
      .getByText(/^(higher|lower)$/)
      .first()
      .waitFor();
    expect(faults).toEqual([]);
  });

  it('make a baseline, from which drift is found and resolved', async () => {
    const { server, now, window } = await startWithRuns();
    const { page, faults } = await open(`${server.url}/behaviour`);
    await page.getByRole('button', { name: 'New baseline' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Agent').fill('support');
    await form.getByLabel('Version').fill('1.0.0');
    await form.getByLabel('From').fill(field(window.from));
    await form.getByLabel('Until').fill(field(window.until));
    await form.getByRole('button', { name: 'Make the baseline' }).click();
    // 60 runs are fewer than the usual 100, and that is said.
    await form
      .getByText(/a profile needs 100/)
      .first()
      .waitFor();
    await form.getByLabel('Least number of runs').fill('50');
    await form.getByRole('button', { name: 'Make the baseline' }).click();

    const baseline = page.getByRole('dialog', { name: 'Baseline' });
    await baseline.getByText('tool_selection').waitFor();
    await baseline.getByRole('button', { name: 'Activate' }).click();
    await baseline.getByText('Active', { exact: true }).waitFor();
    await baseline.getByLabel('Approved by').fill(HTML);
    await baseline.getByRole('button', { name: 'Approve' }).click();
    await baseline.getByText(`by ${HTML}`).waitFor();
    await baseline.getByRole('button', { name: 'Close' }).click();
    await baseline.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Detect now' }).click();
    await form.getByLabel('Agent').fill('support');
    await form.getByLabel('Version').fill('1.0.0');
    await form.getByLabel('From').fill(field(now - 30 * HOUR));
    await form.getByLabel('Least number of runs').fill('50');
    await form.getByRole('button', { name: 'Compare' }).click();
    const drift = page.getByRole('table', { name: 'Drift' });
    await drift.getByRole('link', { name: /in tool_selection/ }).click();
    await page.getByRole('heading', { level: 1, name: /Observed .* in tool_selection/ }).waitFor();
    await page.getByText('Unresolved').waitFor();
    await picture(page, 'drift');
    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.getByText('Resolved', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByRole('img', { name: /Run durations of support/ }).waitFor();
    await picture(page, 'drift-timeline');
    // The one refusal that was provoked.
    expect(faults).toEqual([expect.stringContaining('422')]);
  });

  it('can be read by everybody, on a phone too, and their names are text', async () => {
    const { server, client, now, window, failed, parent } = await startWithRuns();
    const span = { window_start: iso(window.from), window_end: iso(window.until) };
    const profile = { ...AGENT, ...span, min_sample_size: 50 };
    await client.drift.createBaseline({ profile, baseline_type: 'version', auto_activate: true });
    const found = await client.drift.detect({
      ...profile,
      window_start: iso(now - 30 * HOUR),
      window_end: iso(now),
    });
    const drift = found[0]?.drift_id ?? '';
    const [baseline] = await client.drift.baselines();
    const { page } = await open(`${server.url}/runs`, { bypassCSP: true, ...PHONE });
    for (const [path, ready] of addresses({
      failed,
      parent,
      drift,
      baseline: baseline?.baseline_id,
    })) {
      await page.goto(server.url + path);
      await page.locator('main').getByText(ready).filter({ visible: true }).first().waitFor();
      expect.soft(await overflowOf(page), `${path} on a phone`).toBeLessThanOrEqual(0);
      expect.soft(await findBarriers(page), path).toEqual([]);
    }
    expect(await page.evaluate('window.was_hacked')).toBeUndefined();
  }, 240_000);
});

/** All pages and tabs, each with a text that is there once it has been read. */
function addresses(ids: {
  failed: string;
  parent: string;
  drift: string;
  baseline: string | undefined;
}): readonly (readonly [string, string | RegExp])[] {
  return [
    ['/runs', HTML],
    ['/runs?agent=nobody&parent=', 'No run matches these filters'],
    [`/runs/${ids.failed}`, `${HTML} timed out`],
    [`/runs/${ids.parent}?tab=tree`, HTML],
    [`/runs/${ids.failed}?tab=timeline`, 'By type of step'],
    [`/runs/${ids.failed}?tab=failures`, `no answer from ${HTML}`],
    [`/runs/${ids.failed}?tab=decisions`, 'Out of'],
    [`/runs/${ids.failed}?tab=signals`, 'full_match'],
    ['/statistics', HTML],
    ['/statistics?tab=decisions', 'fresh_data_required'],
    ['/statistics?tab=signals', 'full_match'],
    ['/statistics?tab=compare&agent=support', 'about the same'],
    ['/behaviour', 'versions with an active baseline'],
    ['/behaviour?tab=baselines', 'Active'],
    ['/behaviour?tab=drift', 'in tool_selection'],
    ['/behaviour?tab=timeline&agent=support', 'Run durations'],
    [`/behaviour?tab=compare&ids=${ids.drift}`, 'Absolute change'],
    [`/behaviour/${ids.drift}`, 'Absolute change'],
  ];
}
