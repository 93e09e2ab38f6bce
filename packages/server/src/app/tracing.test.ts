import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import { readConfig } from './config.ts';
import { openTracing } from './open-tracing.ts';
import { say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { openTraceReceiver } from './testing/trace-receiver.ts';
import { startTestProgram } from './testing.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;

/** Takes webhooks, and keeps their headers. */
async function takeWebhooks() {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, headers };
}

async function start(environment: Record<string, string> = {}) {
  const collector = await openTraceReceiver();
  const models = scriptedModel(({ step }) =>
    step === 0 ? { text: '', tools: [{ name: 'calculator', input: { expression: '6*7' } }] } : '42',
  );
  const program = await startTestProgram({
    models,
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: 'cairn-test',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=of%20ours',
      OUTBOUND_ALLOW_PRIVATE: 'true',
      ...environment,
    },
  });
  return { collector, program };
}

describe('traces', () => {
  it('tell of requests, what they do in the database, deliveries, models and webhooks', async () => {
    const { collector, program } = await start();
    const hooks = await takeWebhooks();
    const token = await program.token();
    const [owner_id, agent_id] = [newId(), newId()];
    const watcher = await program.token({ owner_id, agent_id });
    const ask = (path: string, json: unknown) =>
      program.request('POST', path, { token: watcher, json, headers: { traceparent } });
    await ask(`/agents/${agent_id}/webhooks`, { url: hooks.url });
    await ask('/subscriptions/selectors', { any_tags: ['watched'] });
    const json = { title: 'very private', tags: ['watched'], context: { text: 'very private' } };
    await ask('/v1/breadcrumbs', json);
    await expect.poll(() => hooks.headers.length).toBe(1);
    const stream = await listen(program, token);
    const message = await say(program, token, 'very private', 'c1');
    await stream.answerTo(message.id);
    await program.stop();

    const { spans, requests } = collector;
    expect(requests[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-key': 'of ours' } });
    const named = (name: string) => spans.filter((span) => span.name === name);
    const [created] = named('POST /v1/breadcrumbs');
    expect(created).toMatchObject({
      service: 'cairn-test',
      trace_id: TRACE_ID,
      parent_span_id: PARENT_ID,
      kind: 2,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/breadcrumbs',
        'http.response.status_code': 201,
      },
    });
    const below = spans.filter(({ parent_span_id }) => parent_span_id === created?.span_id);
    expect(below.length).toBeGreaterThan(0);
    for (const { name, kind, trace_id } of below)
      expect([name, kind, trace_id]).toEqual([expect.stringMatching(/^db /), 3, TRACE_ID]);

    const [agent] = named('process agents');
    expect(agent).toMatchObject({
      kind: 5,
      parent_span_id: '',
      attributes: { 'messaging.destination.name': 'agents', 'cairn.attempt': 1 },
    });
    const chats = named('chat');
    expect(chats).toHaveLength(2);
    expect(chats[0]).toMatchObject({
      trace_id: expect.not.stringMatching(TRACE_ID),
      attributes: { 'gen_ai.response.model': 'scripted-1', 'gen_ai.usage.input_tokens': 10 },
    });
    const processed = new Set(named('process agents').map(({ span_id }) => span_id));
    for (const { parent_span_id } of chats) expect(processed.has(parent_span_id)).toBe(true);
    // Definitions are checked by the same queue.
    expect(named('process tools')).not.toEqual([]);

    const [sent] = named('process webhooks');
    expect(hooks.headers[0]?.traceparent).toBe(`00-${sent?.trace_id}-${sent?.span_id}-01`);
    for (const { bytes } of requests)
      for (const secret of ['very private', token, watcher, hooks.url, 'of ours'])
        expect(bytes.includes(secret)).toBe(false);
  });

  it('call requests by their routes, and only those of the server failed', async () => {
    const { collector, program } = await start();
    const token = await program.token();
    const id = newId();
    await program.request('GET', `/breadcrumbs/${id}?view=llm`, { token });
    await program.request('GET', '/nowhere/at/all', { token });
    await program.request('GET', '/breadcrumbs');
    await program.stop();
    const seen = collector.spans
      .filter(({ kind }) => kind === 2)
      .map(({ name, status, attributes }) => [
        name,
        status,
        attributes['http.response.status_code'],
      ]);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['GET /breadcrumbs/:id', 0, 404],
        [expect.stringMatching(/^GET (unknown|\/\*)$/), 0, 404],
        ['GET /breadcrumbs', 0, 401],
      ]),
    );
    for (const { bytes } of collector.requests) expect(bytes.includes(id)).toBe(false);
  });

  it('leave out what the caller, or the sampler, decided to leave out', async () => {
    const { collector, program } = await start({ OTEL_TRACES_SAMPLER_ARG: '0' });
    const token = await program.token();
    const at = (flags: string) => ({ traceparent: `00-${TRACE_ID}-${PARENT_ID}-${flags}` });
    await program.request('GET', '/breadcrumbs', { token, headers: at('00') });
    await program.request('GET', '/acl', { token, headers: at('01') });
    await program.stop();
    const requests = collector.spans.filter(({ kind }) => kind === 2);
    expect(requests.map(({ name }) => name)).toEqual(['GET /acl']);
  });

  it('are off without an address, and do not keep a program that cannot send them', async () => {
    expect(await openTracing(readConfig({ OTEL_SERVICE_NAME: 'x' }))).toBeNull();
    const program = await startTestProgram({
      environment: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/traces' },
    });
    await program.request('GET', '/breadcrumbs', { token: await program.token() });
    const started = performance.now();
    await program.stop();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
