import { describe, expect, it } from 'vitest';
import { startTestProgram } from './testing.ts';

async function start(environment: Record<string, string> = {}) {
  const { program, db } = await startTestProgram({
    environment: {
      METRICS_PORT: '0',
      CAIRN_ROLES: 'agents,tools,webhooks',
      // Roles apart need a server; the storage itself is given by the test.
      DATABASE_URL: 'postgres://given.by.the.test/',
      ...environment,
    },
  });
  const url = program.metricsAddress() ?? '';
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(url + path, { method });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: await answer.text(),
    };
  };
  return { program, db, url, ask };
}

describe('a process without the API', () => {
  it('answers metrics, health and readiness on a port of its own, on this machine only', async () => {
    const { program, url, ask } = await start();
    expect(program.address()).toBeNull();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { status, type, text } = await ask('/metrics');
    expect([status, type]).toEqual([200, expect.stringContaining('text/plain; version=0.0.4')]);
    for (const name of [
      'agent_events_processed_total',
      'agent_llm_calls_total',
      'agent_llm_duration_seconds',
      'tool_executions_total',
      'tool_execution_duration_seconds',
      'tool_errors_total',
      'webhook_delivery_total',
      'webhook_delivery_duration_seconds',
      'queue_deliveries',
      'log_lag',
      'process_resident_memory_bytes',
    ])
      expect(text).toContain(`# TYPE ${name} `);
    expect(await ask('/health')).toMatchObject({ status: 200, text: '{"status":"healthy"}' });
    expect(await ask('/ready')).toMatchObject({ status: 200, text: '{"status":"ready"}' });
  });

  it('answers nothing else', async () => {
    const { ask } = await start();
    for (const path of ['/', '/breadcrumbs', '/system', '/metrics/x'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect((await ask('/metrics', 'POST')).status).toBe(405);
  });

  it('is not ready on a database of another release', async () => {
    const { db, ask } = await start();
    await db.query({
      text: 'delete from schema_migrations where name = (select max(name) from schema_migrations)',
    });
    expect(await ask('/ready')).toMatchObject({
      status: 503,
      text: '{"status":"the database is not of this release"}',
    });
    expect((await ask('/health')).status).toBe(200);
  });

  it('listens nowhere unless told to', async () => {
    const { program } = await start({ METRICS_PORT: '' });
    expect(program.metricsAddress()).toBeNull();
  });
});
