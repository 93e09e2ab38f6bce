import type { RunCreate } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../../base/index.ts';
import {
  aDecision,
  aFailure,
  aRun,
  aSignal,
  aStep,
  openTestRuns,
  type Answer,
  type TestRuns,
} from './testing.ts';

const ids = ({ body }: Answer): string[] =>
  body.map(({ run_id }: { run_id: string }) => run_id) as string[];

/** Newest first, with the id where times are equal. */
function inOrder(runs: readonly RunCreate[]): string[] {
  return runs
    .toSorted((a, b) => (`${b.started_at}${b.run_id}` < `${a.started_at}${a.run_id}` ? -1 : 1))
    .map(({ run_id }) => run_id);
}

async function walk({ get }: TestRuns, first: string): Promise<string[]> {
  const seen: string[] = [];
  for (let path: string | null = first; path !== null;) {
    const page: Answer = await get(path);
    expect(page.status).toBe(200);
    seen.push(...ids(page));
    path = page.next;
  }
  return seen;
}

describe('the list of runs', () => {
  it('is narrowed by each of its filters', async () => {
    const { write, owner, get } = await openTestRuns();
    const [parent, crumb] = [newId(), newId()];
    const plain = aRun();
    const other = aRun({
      agent_id: 'writer',
      agent_version: '2.0.0',
      environment: 'staging',
      status: 'failure',
      started_at: '2026-03-09T10:00:00.000001Z',
      parent_run_id: parent,
      breadcrumb_id: crumb,
      conversation_id: 'talk-2',
      failures: [aFailure()],
    });
    await write(owner, [plain]);
    await write(owner, [other], 'cairn');
    const only = [
      'agent_id=writer',
      'agent_version=2.0.0',
      'environment=staging',
      'status=failure',
      `parent_run_id=${parent}`,
      `breadcrumb_id=${crumb}`,
      'conversation_id=talk-2',
      'source=cairn',
      'end_time=2026-03-09T10:00:00.000001Z',
      'end_time=2026-03-09T12:00',
      'end_time=2026-03-09T11:30:00%2B01:00',
      'end_time=2026-03-09T12:00:00 01:00',
      'start_time=2026-03-09&end_time=2026-03-10',
    ];
    for (const query of only)
      expect([query, ids(await get(`/v1/runs?${query}`))]).toEqual([query, [other.run_id]]);
    for (const query of [
      'start_time=2026-03-09T10:00:00.000002Z',
      'start_time=1773136800',
      'agent_id=planner',
      'source=api',
    ])
      expect([query, ids(await get(`/v1/runs?${query}`))]).toEqual([query, [plain.run_id]]);
    for (const query of ['status=exploded', 'source=moon', 'agent_id=nobody', 'agent_id=plan'])
      expect([query, (await get(`/v1/runs?${query}`)).body]).toEqual([query, []]);
    for (const query of ['limit=10', 'agent_id=', 'status=&environment=', 'start_time=&q='])
      expect([query, ids(await get(`/v1/runs?${query}`))]).toEqual([
        query,
        [plain.run_id, other.run_id],
      ]);
    expect(ids(await get(`/v1/runs/${parent}/children`))).toEqual([other.run_id]);
  });

  it('shows each run once, newest first, by pages and by cursors', async () => {
    const runs = await openTestRuns();
    const times = ['10:00:00Z', '10:00:00.000001Z', '10:00:00.000002Z', '09:00:00Z'];
    const all = Array.from({ length: 23 }, (_, n) =>
      aRun({ started_at: `2026-03-10T${times[n % times.length]}` }),
    );
    await runs.write(runs.owner, all);
    const expected = all
      .toSorted((a, b) => {
        const by_time = times.indexOf(b.started_at.slice(11)) % 3;
        const key = (each: RunCreate) =>
          `${each.started_at.replace(/:00Z$/, ':00.000000Z')}${each.run_id}`;
        return key(b) < key(a) ? -1 : Math.max(1, by_time);
      })
      .map(({ run_id }) => run_id);
    expect(await walk(runs, '/v1/runs?page_size=5')).toEqual(expected);
    expect(await walk(runs, '/v1/runs?page_size=5&page=2')).toEqual(expected.slice(5));
    const pages = await Promise.all(
      [1, 2, 3, 4].map((page) => runs.get(`/v1/runs?page_size=7&page=${page}`)),
    );
    expect(pages.flatMap(ids)).toEqual(expected);
    expect((await runs.get('/v1/runs?page=9')).body).toEqual([]);
    expect(ids(await runs.get('/v1/runs'))).toHaveLength(20);
    expect((await runs.get('/v1/runs?page_size=23')).next).toBeNull();
  });

  it('says how many there are when asked', async () => {
    const { write, owner, get } = await openTestRuns();
    await write(owner, [aRun(), aRun(), aRun({ status: 'partial' })]);
    const { headers } = await get('/v1/runs?count=true&status=success&page_size=1');
    expect(headers['x-total-count']).toBe('2');
    expect(headers['x-total-count-is-bounded']).toBeUndefined();
    expect((await get('/v1/runs?count=true&q=plan')).headers['x-total-count']).toBe('3');
    expect((await get('/v1/runs?count=true&status=no')).headers['x-total-count']).toBe('0');
    expect((await get('/v1/runs')).headers['x-total-count']).toBeUndefined();
  });

  it('takes six statements for a page of 100 whole runs', async () => {
    const { write, owner, get, countStatements } = await openTestRuns();
    const all = Array.from({ length: 100 }, (_, n) =>
      aRun({
        status: n % 5 === 0 ? 'failure' : 'success',
        steps: [aStep(0), aStep(1)],
        failures: n % 5 === 0 ? [aFailure()] : [],
        decisions: [aDecision()],
        quality_signals: [aSignal()],
      }),
    );
    await write(owner, all);
    for (const path of ['/v1/runs?page_size=100&count=true', '/v1/runs?page_size=100&view=full']) {
      let page: Answer | undefined;
      const statements = await countStatements(async () => {
        page = await get(path);
      });
      expect(page?.body).toHaveLength(100);
      expect(statements).toBeLessThanOrEqual(6);
      expect(page && ids(page)).toEqual(inOrder(all));
      const by_id = new Map(all.map((run) => [run.run_id, run]));
      for (const run of page?.body ?? []) {
        const expected = by_id.get(run.run_id as string);
        expect(run.steps.map(({ step_id }: { step_id: string }) => step_id)).toEqual(
          expected?.steps.map(({ step_id }) => step_id),
        );
        expect(run.failures).toHaveLength(expected?.failures.length ?? -1);
      }
    }
    const summary = await countStatements(() => get('/v1/runs?page_size=100&fields=summary'));
    expect(summary).toBe(2);
    expect(await countStatements(() => get(`/v1/runs/${all[0]?.run_id}`))).toBeLessThanOrEqual(5);
  });

  it('cuts long lists short and says which', async () => {
    const { write, owner, get } = await openTestRuns();
    const long = aRun({
      steps: Array.from({ length: 1_200 }, (_, seq) => aStep(seq)),
      decisions: [aDecision({ selected: 'a' }), aDecision({ selected: 'b' })],
    });
    const short = aRun({ started_at: '2026-03-10T09:00:00Z', steps: [aStep(0)] });
    await write(owner, [long, short]);
    const page = await get('/v1/runs');
    expect(page.headers['lists-cut']).toBe('steps');
    expect(page.body[0].steps).toHaveLength(1_000);
    expect(page.body[0].steps.at(-1).seq).toBe(999);
    expect(page.body[1].steps).toHaveLength(1);
    const wide = await get('/v1/runs?page_size=100');
    expect(wide.body[0].steps).toHaveLength(200);
    const few = await get('/v1/runs?steps_max=1');
    expect(few.headers['lists-cut']).toBe('steps, decisions');
    expect(few.body[0].decisions.map((each: { selected: string }) => each.selected)).toEqual(['a']);
    const none = await get('/v1/runs?steps_max=0');
    expect(none.body[1].steps).toEqual([]);
    const whole = await get(`/v1/runs/${long.run_id}`);
    expect(whole.headers['lists-cut']).toBeUndefined();
    expect(whole.body.steps).toHaveLength(1_200);
    expect((await get(`/v1/runs/${long.run_id}/steps`)).body).toHaveLength(1_200);
    expect((await get(`/v1/runs/${long.run_id}?steps_max=3`)).headers['lists-cut']).toBe('steps');
  });

  it('stays bounded in bytes', async () => {
    const { write, owner, get } = await openTestRuns();
    const metadata = { note: 'x'.repeat(60_000) };
    const large = Array.from({ length: 4 }, () =>
      aRun({ steps: Array.from({ length: 100 }, (_, seq) => aStep(seq, { metadata })) }),
    );
    await write(owner, large);
    const page = await get('/v1/runs');
    expect(page.headers['lists-cut']).toBe('steps');
    const lengths: number[] = page.body.map(({ steps }: { steps: unknown[] }) => steps.length);
    expect(lengths.slice(0, 2)).toEqual([100, 100]);
    expect(lengths.reduce((sum, n) => sum + n, 0)).toBe(278);
  });

  it('is searched by ids, agents and failures', async () => {
    const runs = await openTestRuns();
    const { write, owner, get } = runs;
    const failed = aRun({
      status: 'failure',
      failures: [aFailure({ failure_code: 'quota_100%', message: 'The upstream said NO (7)' })],
    });
    const writer = aRun({
      agent_id: 'Essay Writer',
      run_id: 'abcdef01-0000-4000-8000-000000000001',
    });
    const twin = aRun({ agent_id: 'essay_critic', started_at: '2026-03-10T09:00:00Z' });
    await write(owner, [failed, writer, twin]);
    const find = async (q: string) => ids(await get(`/v1/runs?q=${encodeURIComponent(q)}`));
    expect(await find('abcd')).toEqual([writer.run_id]);
    expect(await find('ABCDEF01-0000-4')).toEqual([writer.run_id]);
    expect(await find('abc')).toEqual([]);
    expect(await find('essay')).toEqual([writer.run_id, twin.run_id]);
    expect(await find('essay_')).toEqual([twin.run_id]);
    expect(await find('UPSTREAM said')).toEqual([failed.run_id]);
    expect(await find('a_100%')).toEqual([failed.run_id]);
    expect(await find('%')).toEqual([failed.run_id]);
    expect(await find('nothing like it')).toEqual([]);
    expect(ids(await get('/v1/runs?q=essay&agent_id=essay_critic'))).toEqual([twin.run_id]);
    expect(await walk(runs, '/v1/runs?q=essay&page_size=1')).toEqual([writer.run_id, twin.run_id]);
    expect(ids(await get('/v1/runs?q=essay&page_size=1&page=2'))).toEqual([twin.run_id]);
  });

  it('refuses what it cannot read, in the form of the contract', async () => {
    const { get } = await openTestRuns();
    const bad = [
      'page=0',
      'page=x',
      'page=1e30',
      'page_size=0',
      'page_size=101',
      'page=99999',
      'start_time=yesterday',
      'end_time=2026-02-30',
      'start_time=2026-13-01T00:00:00Z',
      'end_time=0000-01-01',
      'start_time=1e400',
      'start_time=99999999999999999999',
      'start_time=2026-01-01T25:00:00Z',
      'q=%00',
      'agent_id=a%00b',
      'cursor=abc',
      'cursor=WyIyMDI2Il0',
      'parent_run_id=1',
      'view=half',
      'steps_max=-1',
      `agent_id=${'a'.repeat(256)}`,
    ];
    for (const query of bad) {
      const { status, body } = await get(`/v1/runs?${query}`);
      expect([query, status >= 400 && status < 500]).toEqual([query, true]);
      expect([query, body.status_code, typeof body.error, body.path]).toEqual([
        query,
        status,
        'string',
        '/v1/runs',
      ]);
      expect(JSON.stringify(body)).not.toMatch(/select|sqlstate|syntax/i);
    }
    expect((await get('/v1/runs/%00')).status).toBe(422);
    for (const [path, loc] of [
      ['/v1/runs?page=0', ['query', 'page']],
      ['/v1/runs?page_size=101', ['query', 'page_size']],
      ['/v1/runs/nope/steps', ['path', 'id']],
      ['/v1/stats?start_time=yesterday', ['query', 'start_time']],
    ] as const) {
      const { status, body } = await get(path);
      expect([path, status, body.status, body.detail[0].loc]).toEqual([path, 422, 422, loc]);
      expect(body.error).toContain(body.detail[0].msg);
    }
    // Routes that the original has not refuse as everything else does.
    expect((await get('/v1/stats/usage?start_time=yesterday')).body).toMatchObject({
      status: 400,
      detail: expect.any(String),
    });
    const cursor = Buffer.from('["2026-99-01T00:00:00Z","x"]').toString('base64url');
    expect((await get(`/v1/runs?cursor=${cursor}`)).body.code).toBe('invalid_cursor');
  });
});
