import { describe, expect, it, onTestFinished } from 'vitest';
import { say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
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
    // Held, since a response that nobody has any more is ended when memory is tidied.
    const open_stream = await fetch(`${program.url}/events/stream`, {
      headers: { authorization: `Bearer ${token}` },
      signal: abort.signal,
    });
    const json = { title: 'a', tags: [], context: {} };
    await program.request('POST', '/breadcrumbs', { token, json });
    await expect
      .poll(async () => (await collect(program)).filter((line) => /^(log|event)_/.test(line)))
      .toEqual(['log_lag{reader="dispatcher"} 0', 'log_lag{reader="search"} 0', 'event_streams 1']);
    expect(open_stream.bodyUsed).toBe(false);
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

  it('tell of agents, models, tools and webhooks', async () => {
    const models = scriptedModel(({ step }) =>
      step === 0
        ? { text: '', tools: [{ name: 'calculator', input: { expression: '6*7' } }] }
        : step === 1
          ? { text: '', tools: [{ name: 'calculator', input: { expression: '1/' } }] }
          : '42',
    );
    const program = await startTestProgram({
      models,
      environment: { OUTBOUND_ALLOW_PRIVATE: 'true' },
    });
    const token = await program.token();
    const stream = await listen(program, token);
    await stream.answerTo((await say(program, token, 'what is 6*7?', 'c1')).id);
    const { agent_id } = (await program.request('GET', '/system', { token })).body;
    // Nobody listens there.
    const json = { url: 'http://127.0.0.1:9/hook' };
    await program.request('POST', `/agents/${agent_id}/webhooks`, { token, json });
    await program.request('POST', '/subscriptions/selectors', { token, json: { any_tags: ['x'] } });
    const record = { title: 'a', tags: ['x'], context: {} };
    await program.request('POST', '/breadcrumbs', { token, json: record });
    await expect
      .poll(async () => (await collect(program)).join('\n'))
      .toContain('webhook_delivery_total{result="failed"} 1');
    const lines = await collect(program);
    for (const line of [
      'agent_events_processed_total 1',
      'agent_llm_calls_total{status="success"} 3',
      'agent_llm_duration_seconds_count 3',
      'tool_executions_total{tool="calculator",status="success"} 1',
      'tool_executions_total{tool="calculator",status="error"} 1',
      'tool_errors_total{tool="calculator"} 1',
      'tool_execution_duration_seconds_count{tool="calculator"} 2',
      'webhook_delivery_duration_seconds_count{result="failed"} 1',
    ])
      expect(lines).toContain(line);
  });
});
