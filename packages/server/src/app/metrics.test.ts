import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestProgram, type TestProgram } from './testing.ts';
import { startStrictProgram } from './testing/start-strict-program.ts';

async function collect(program: TestProgram): Promise<string[]> {
  const { status, body } = await program.request('GET', '/metrics');
  expect(status).toBe(200);
  return (body as string).split('\n');
}

describe('metrics', () => {
  it('count requests by the template of their route, never by what was asked', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const json = { title: 'a', tags: [], context: {} };
    const { body } = await program.request('POST', '/breadcrumbs', { token, json });
    for (const path of ['/breadcrumbs', '/v1/breadcrumbs'])
      await program.request('GET', `${path}/${body.id}?view=llm`, { token });
    await program.request('GET', `/nowhere/${body.id}`, { token });
    await program.request('GET', `/breadcrumbs/${body.id}`);
    await expect
      .poll(async () => (await collect(program)).join('\n'))
      .toContain('http_requests_total{method="GET",path="/breadcrumbs/:id",status="401"} 1');
    const lines = await collect(program);
    expect(lines).toContain(
      'http_requests_total{method="GET",path="/breadcrumbs/:id",status="200"} 1',
    );
    expect(lines).toContain(
      'http_requests_total{method="GET",path="/v1/breadcrumbs/:id",status="200"} 1',
    );
    const counted = lines.filter((line) => line.startsWith('http_requests_total{'));
    expect(counted.join('\n')).not.toContain('nowhere');
    expect(lines.join('\n')).not.toContain(body.id);
    expect(lines.join('\n')).not.toContain('view=');
    const took = 'http_request_duration_seconds_count{method="POST",path="/breadcrumbs"';
    expect(lines.some((line) => line.startsWith(took))).toBe(true);
  });

  it('tell of streams, queues and readers of the log', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    await fetch(`${program.url}/events/stream`, {
      headers: { authorization: `Bearer ${token}` },
      signal: abort.signal,
    });
    const json = { title: 'a', tags: [], context: {} };
    await program.request('POST', '/breadcrumbs', { token, json });
    await expect
      .poll(async () => (await collect(program)).filter((line) => /^(log|event)_/.test(line)))
      .toEqual(['event_streams 1', 'log_lag{reader="dispatcher"} 0', 'log_lag{reader="search"} 0']);
    await program.db.query({
      text: `insert into deliveries (id, queue, owner_id, dedupe_key, payload, due_at, max_attempts)
        values (gen_random_uuid(), 'nobody', gen_random_uuid(), 'k', '{}', '2999-01-01', 1)`,
    });
    const lines = await collect(program);
    expect(lines).toContain('queue_deliveries{queue="nobody",state="pending"} 1');
    expect(lines.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true);
  });

  it('are text for Prometheus, open in dev mode and for keys only in strict mode', async () => {
    const dev = await startTestProgram();
    const { headers } = await dev.request('GET', '/v1/metrics');
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const { program, admin_key } = await startStrictProgram();
    expect((await program.request('GET', '/metrics')).status).toBe(401);
    expect((await program.request('GET', '/v1/metrics')).status).toBe(401);
    expect((await program.request('GET', '/metrics', { token: admin_key })).status).toBe(200);
  });
});
