import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { runCli } from '../packages/cli/test/run-cli.ts';
import { createPostgresDatabase, NO_POSTGRES } from './postgres-database.ts';
import { startServer, temporaryFolder } from './server-process.ts';

type Json = ReturnType<typeof JSON.parse>;

function runBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const started_at = '2026-01-01T00:00:00Z';
  const ended_at = '2026-01-01T00:00:01Z';
  return {
    run_id: randomUUID(),
    agent_id: 'a',
    agent_version: '1',
    status: 'failure',
    environment: 'test',
    started_at,
    ended_at,
    steps: Array.from({ length: 5 }, (_, seq) => ({
      seq,
      step_type: 'tool',
      name: `step ${seq}`,
      latency_ms: seq,
      started_at,
      ended_at,
    })),
    failure: {
      failure_type: 'tool',
      failure_code: 'timeout',
      message: 'no answer',
    },
    ...changes,
  };
}

async function post(url: string, body: unknown): Promise<{ status: number; body: Json }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function get(url: string, accept = '*/*'): Promise<{ status: number; body: Json }> {
  const response = await fetch(url, { headers: { accept } });
  return { status: response.status, body: await response.json() };
}

async function query(url: string, text: string): Promise<Json[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(NO_POSTGRES)('runs', () => {
  it('go in by one process and come out by another, whose database roles can do nothing else', async () => {
    const DATABASE_URL = await createPostgresDatabase();
    const CAIRN_DATA_DIR = await temporaryFolder();
    // Roles are of the whole server, so these are of this test.
    const name = `cairn_test_${randomUUID().slice(0, 8)}`;
    const urls: Record<string, string> = {};
    for (const kind of ['ingest', 'query']) {
      const url = new URL(DATABASE_URL);
      [url.username, url.password] = [`${name}_${kind}`, encodeURIComponent('a pass%word')];
      urls[kind] = url.href;
    }
    const { ingest: INGEST_DATABASE_URL = '', query: QUERY_DATABASE_URL = '' } = urls;
    const env = { DATABASE_URL, INGEST_DATABASE_URL, QUERY_DATABASE_URL, CAIRN_DATA_DIR };
    try {
      for (let time = 0; time < 2; time++) {
        const made = await runCli(['database-roles', '--json'], { env });
        expect(made.code, made.stderr).toBe(0);
        expect(JSON.parse(made.stdout)).toMatchObject([
          { process_role: 'ingest', name: `${name}_ingest`, url: INGEST_DATABASE_URL },
          { process_role: 'query', name: `${name}_query`, url: QUERY_DATABASE_URL },
        ]);
      }
      const ingest = await startServer({
        CAIRN_DATA_DIR,
        INGEST_DATABASE_URL,
        CAIRN_ROLES: 'ingest',
      });
      const reader = await startServer({
        CAIRN_DATA_DIR,
        DATABASE_URL: QUERY_DATABASE_URL,
        CAIRN_ROLES: 'query',
      });
      await roundTrip(ingest.url, reader.url);
      await refusals(INGEST_DATABASE_URL, QUERY_DATABASE_URL);
      expect([(await ingest.stop()).code, (await reader.stop()).code]).toEqual([0, 0]);
    } finally {
      const [{ roles }] = (await query(
        DATABASE_URL,
        `select array_to_string(array(select rolname from pg_roles where rolname like '${name}%'), ', ') as roles`,
      )) as [Json];
      if (roles) await query(DATABASE_URL, `drop owned by ${roles}; drop role ${roles}`);
    }
  });

  it('that were acknowledged are all there when the server is killed among a thousand', async () => {
    const DATABASE_URL = await createPostgresDatabase();
    const CAIRN_DATA_DIR = await temporaryFolder();
    const server = await startServer({ DATABASE_URL, CAIRN_DATA_DIR });
    const acknowledged: string[] = [];
    const killed: Promise<void>[] = [];
    const bodies = Array.from({ length: 1_000 }, () => runBody());
    await Promise.all(
      bodies.map(async (body) => {
        const answer = await post(`${server.url}/v1/runs`, body).catch(() => null);
        if (answer?.status === 201) acknowledged.push(String(body['run_id']));
        if (acknowledged.length >= 300 && killed.length === 0) killed.push(server.kill());
      }),
    );
    await Promise.all(killed);
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    const [counts] = await query(
      DATABASE_URL,
      `select (select count(*) from runs)::int as runs, (select count(*) from run_keys)::int as keys,
        (select count(*) from run_steps)::int as steps, (select count(*) from run_failures)::int as failures,
        (select sum(n) from run_rollups where metric = 'run')::int as rolled_up,
        (select sum(n) from run_failure_groups)::int as grouped,
        (select count(*) from runs where run_id = any('{${acknowledged.join(',')}}'))::int as acknowledged`,
    );
    const { runs } = counts;
    // Whole runs or none, and what was counted is what is there.
    expect(counts).toEqual({
      runs,
      keys: runs,
      failures: runs,
      rolled_up: runs,
      grouped: runs,
      steps: runs * 5,
      acknowledged: acknowledged.length,
    });
    const again = await startServer({ DATABASE_URL, CAIRN_DATA_DIR });
    const statuses = await Promise.all(
      bodies.map(async (body) => (await post(`${again.url}/v1/runs`, body)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(runs);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1_000 - runs);
    expect((await again.stop()).code).toBe(0);
  });

  it('of the same id are stored once, whichever of two processes they reach', async () => {
    const DATABASE_URL = await createPostgresDatabase();
    const CAIRN_DATA_DIR = await temporaryFolder();
    const first = await startServer({ DATABASE_URL, CAIRN_DATA_DIR });
    const second = await startServer({ DATABASE_URL, CAIRN_DATA_DIR, CAIRN_ROLES: 'ingest' });
    const bodies = Array.from({ length: 100 }, () => runBody());
    const answers = await Promise.all(
      bodies.flatMap((body) => [
        post(`${first.url}/v1/runs`, body),
        post(`${second.url}/v1/runs`, body),
        post(`${second.url}/v1/runs`, { ...body, agent_version: '2' }),
        post(`${first.url}/v1/runs`, body),
      ]),
    );
    for (let at = 0; at < answers.length; at += 4) {
      const four = answers.slice(at, at + 4).map(({ status }) => status);
      // Either body may have been the first; then the others are repeats of it, or conflicts.
      const winner = four[2] === 201 ? [409, 409, 201, 409] : [200, 200, 409, 200];
      expect(four.filter((status) => status === 201)).toHaveLength(1);
      expect(four.map((status, index) => (status === 201 ? winner[index] : status))).toEqual(
        winner.map((status, index) => (four[index] === 201 ? winner[index] : status)),
      );
    }
    const [counts] = await query(
      DATABASE_URL,
      `select (select count(*) from runs)::int as runs, (select count(*) from run_steps)::int as steps,
        (select sum(n) from run_rollups where metric = 'run')::int as rolled_up`,
    );
    expect(counts).toEqual({ runs: 100, steps: 500, rolled_up: 100 });
  });
});

async function roundTrip(ingest: string, reader: string): Promise<void> {
  expect((await get(`${ingest}/health`)).body).toMatchObject({
    status: 'healthy',
    service: 'ingest-api',
    version: expect.any(String),
  });
  expect((await get(`${reader}/health`)).body).toMatchObject({ service: 'query-api' });
  expect((await get(`${reader}/ready`)).status).toBe(200);
  const body = runBody();
  const first = await post(`${ingest}/v1/runs`, body);
  expect(first.status).toBe(201);
  expect(await post(`${ingest}/v1/runs`, body)).toEqual({ ...first, status: 200 });
  const { steps, status, failure, ended_at, ...head } = runBody();
  const { run_id } = (await post(`${ingest}/v1/runs/start`, head)).body;
  const path = `${ingest}/v1/runs/${run_id}`;
  expect((await post(`${path}/steps`, { steps })).status).toBe(200);
  const ended = await post(`${path}/end`, { status, failure, ended_at });
  expect(ended.status).toBe(200);
  expect((await get(`${reader}/v1/runs/${String(body['run_id'])}`)).body).toEqual(first.body);
  expect((await get(`${reader}/v1/runs/${run_id}`)).body).toEqual(ended.body);
  expect((await get(`${reader}/v1/stats`)).body).toMatchObject({
    total_runs: 2,
    total_failures: 2,
    failure_breakdown: { 'tool/timeout': 2 },
  });
  expect((await get(`${ingest}/metrics`, 'application/json')).body.metrics).toEqual({
    runs_ingested_total: 2,
    runs_failed_total: 0,
    runs_duplicate_total: 1,
  });
  const numbers = await (await fetch(`${ingest}/metrics`)).text();
  expect(numbers).toContain('runs_ingested_total 2');
  // Neither has the routes of the other.
  expect((await get(`${ingest}/v1/runs`)).status).toBe(405);
  expect((await post(`${reader}/v1/runs`, body)).status).toBe(405);
}

/** What each database role is refused, statement by statement. */
async function refusals(ingest: string, reader: string): Promise<void> {
  const key = `'${randomUUID()}', '${randomUUID()}'`;
  const refused: [string, string][] = [
    [ingest, 'select * from runs'],
    [ingest, 'select message from run_failures'],
    [ingest, 'select * from run_rollups'],
    [ingest, "update runs set agent_id = 'x'"],
    [ingest, 'delete from run_steps'],
    [ingest, 'select * from breadcrumbs'],
    [ingest, 'select * from secrets'],
    [ingest, 'update run_policies set retention_days = 1'],
    [ingest, `insert into api_keys (id, owner_id) values (${key})`],
    [ingest, 'create table mine (a int)'],
    [ingest, 'drop table runs'],
    [reader, `insert into run_keys (owner_id, run_id, expires_on) values (${key}, now())`],
    [reader, 'update runs set steps_count = 0'],
    [reader, 'delete from runs'],
    [reader, 'select run_partition(current_date)'],
    [reader, "select run_add_up('[]', '[]')"],
    [reader, "select run_upsert('[]', '[]', '[]', '[]', '[]', '[]')"],
    [reader, 'select * from breadcrumbs'],
    [reader, 'create table mine (a int)'],
  ];
  for (const [url, statement] of refused) {
    const error = await query(url, statement).then(
      () => null,
      (thrown: { code?: string }) => thrown,
    );
    // 42501 is insufficient_privilege.
    expect([statement, error?.code]).toEqual([statement, '42501']);
  }
}
