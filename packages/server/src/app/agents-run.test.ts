import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createModelGateway, type ModelConfig } from '../agents/index.ts';
import { startTestProgram } from './testing.ts';

const body = { model: 'demo', messages: [{ role: 'user', content: 'What is 17% of 2340?' }] };

/** The demo stand-in for a model, and nothing else. */
function demoModels() {
  const config: ModelConfig = {
    default_model: null,
    openrouter_api_key: null,
    anthropic_api_key: null,
    openai_api_key: null,
    google_api_key: null,
    openai_compatible_base_url: null,
    openai_compatible_api_key: null,
    request_timeout_ms: 10_000,
    max_retries: 0,
  };
  return createModelGateway(config);
}

describe('POST /agents/run', () => {
  it('answers a conversation, at the root and under /v1, and stores nothing', async () => {
    const program = await startTestProgram({ models: demoModels() });
    const token = await program.token();
    // But for what the platform itself keeps up to date in the background.
    const stored = async () => {
      const { body: rows } = await program.request('GET', '/breadcrumbs', { token });
      return (rows as { schema_name: string }[]).filter(
        ({ schema_name }) => !/^(agent|tool)\.(catalog|status)\.v1$/.test(schema_name),
      );
    };
    const before = await stored();
    for (const path of ['/agents/run', '/v1/agents/run']) {
      const json = { ...body, referer: 'https://example.org', site_title: null };
      const answer = await program.request('POST', path, { token, json });
      expect([answer.status, Object.keys(answer.body)]).toEqual([
        200,
        ['agent1_plan', 'agent2_execution', 'agent3_summary', 'final_answer'],
      ]);
      expect(answer.body.final_answer).not.toBe('');
    }
    expect(await stored()).toEqual(before);
  });

  it('takes messages in parts, and refuses what is no conversation', async () => {
    const program = await startTestProgram({ models: demoModels() });
    const token = await program.token();
    const run = (json: object) => program.request('POST', '/agents/run', { token, json });
    const parts = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }];
    expect((await run({ ...body, messages: parts })).status).toBe(200);
    const bad = [
      { messages: [] },
      { messages: 'hello' },
      { messages: [{ role: 'robot', content: 'x' }] },
      { messages: [{ role: 'user', content: 5 }] },
      { model: '' },
      { model: 'nobody/nothing' },
      { model: 'x'.repeat(201) },
    ];
    for (const each of bad) {
      const { status, body: problem } = await run({ ...body, ...each });
      expect([each, status, problem.code]).toEqual([each, 400, 'validation_failed']);
    }
  });

  it('is for curators and emitters', async () => {
    const program = await startTestProgram({ models: demoModels() });
    const ask = async (roles: string[]) => {
      const token = await program.token({ roles });
      return (await program.request('POST', '/agents/run', { token, json: body })).status;
    };
    expect(await ask(['subscriber'])).toBe(403);
    expect(await ask(['emitter'])).toBe(200);
    expect(await ask(['curator'])).toBe(200);
    expect((await program.request('POST', '/agents/run', { json: body })).status).toBe(401);
  });

  it('stops asking the model when its client goes away', async () => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const provider = createServer((request, response) => {
      request.resume();
      response.once('close', () => left.resolve());
      asked.resolve();
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      provider.closeAllConnections();
      provider.close();
    });
    const { port } = provider.address() as AddressInfo;
    const environment = { OPENAI_COMPATIBLE_BASE_URL: `http://127.0.0.1:${port}/v1` };
    const program = await startTestProgram({ environment });
    const token = await program.token();
    const gone = new AbortController();
    const request = fetch(`${program.url}/agents/run`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, model: 'openai-compatible/llama' }),
      signal: gone.signal,
    });
    await asked.promise;
    gone.abort();
    await expect(request).rejects.toThrow('abort');
    await left.promise;
  });
});
