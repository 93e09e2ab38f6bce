import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CairnClient } from '@cairn/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { needConsent } from './need-consent.ts';
import { createPostgresDatabase, NO_POSTGRES } from './postgres-database.ts';
import { startServer, temporaryFolder } from './server-process.ts';
import { startScriptedModel, type Asked, type Line } from './session/scripted-model.ts';
import { Transcript } from './session/transcript.ts';

const MCP_SERVER = fileURLToPath(
  new URL('../packages/server/src/tools/mcp/testing/stdio-server.ts', import.meta.url),
);

/** The model of the session: what it does depends on what it is asked, and on what its tools have said. */
function script({ question, results }: Asked): Line {
  if (question.includes('three tools')) {
    const calls = [
      { tool: 'calculator', input: { expression: '17% * 2340' } },
      { tool: 'timer', input: { seconds: 4 } },
      { tool: 'random', input: { min: 5, max: 5 } },
    ];
    const next = calls[results.length];
    return next ?? 'The sum is 397.8, four seconds are over, and the number is 5.';
  }
  if (question.includes('note')) {
    const input = {
      title: 'Milk',
      schema_name: 'note.v1',
      tags: ['note'],
      context: { text: 'Buy milk' },
    };
    return results.length === 0 ? { tool: 'breadcrumb_create', input } : 'The note is kept.';
  }
  if (question.includes('MCP')) {
    const call = { tool: 'office__add', input: { a: 19, b: 23 } };
    return results.length === 0 ? call : 'Its tool says 42.';
  }
  return 'Good morning.';
}

describe.skipIf(NO_POSTGRES)('a session at a terminal', () => {
  it('answers once though its runner was killed, asks for consent, uses an MCP server, serves the OpenAI wire', async () => {
    const folder = await temporaryFolder();
    const servers = `${folder}/mcp.json`;
    await writeFile(
      servers,
      JSON.stringify({ mcpServers: { office: { command: process.execPath, args: [MCP_SERVER] } } }),
    );
    const model = await startScriptedModel(script);
    const shared = {
      CAIRN_DATA_DIR: folder,
      DATABASE_URL: await createPostgresDatabase(),
      LEASE_SECONDS: '2',
      OPENAI_COMPATIBLE_BASE_URL: model.url,
      OPENAI_COMPATIBLE_API_KEY: 'none',
      MODEL: 'openai-compatible/scripted',
      MCP_SERVERS_FILE: servers,
    };
    const api = await startServer({ ...shared, CAIRN_ROLES: 'api' });
    const runner = await startServer({ ...shared, CAIRN_ROLES: 'agents,tools' });
    const client = new CairnClient({ base_url: api.url });
    const session = new Transcript(api.url);
    const bridge = client.events();
    await bridge.start();

    session.say('Three tools, and the runner is killed while the second of them works.');
    const asked = session.start('say', 'use three tools');
    await bridge.waitForEvent({
      schema_name: 'tool.request.v1',
      context_match: [{ path: '$.tool', op: 'eq', value: 'timer' }],
    });
    await runner.kill();
    await startServer({ ...shared, CAIRN_ROLES: 'agents,tools' });
    const first = await session.note(asked);
    expect(first.code).toBe(0);
    expect(first.text).toContain('The sum is 397.8, four seconds are over, and the number is 5.');
    session.add(`kill -9 ${runner.pid}   # meanwhile, in another terminal`, '(another one starts)');
    const { items } = await client.listBreadcrumbs({ limit: 100 });
    const count = (schema: string) =>
      items.filter(({ schema_name }) => schema_name === schema).length;
    expect([count('tool.request.v1'), count('tool.response.v1')]).toEqual([3, 3]);
    expect(count('agent.response.v1')).toBe(1);
    // One call of the model before each tool and one after the last: none was made twice.
    expect(model.calls()).toBe(4);

    session.say('A tool that needs the consent of a person.');
    await needConsent(client, 'breadcrumb_create');
    const note = session.start('say', 'keep a note');
    await bridge.waitForEvent({ schema_name: 'approval.request.v1' });
    const waiting = await session.note(session.start('approvals'));
    const id = /[0-9a-f-]{36}/.exec(waiting.text)?.[0] ?? '';
    const approved = await session.note(session.start('approve', id));
    expect(approved.text).toContain('Approved: breadcrumb_create');
    expect((await session.note(note)).text).toContain('The note is kept.');
    const notes = await client.listBreadcrumbs({ schema_name: 'note.v1' });
    expect(notes.items.map(({ title }) => title)).toEqual(['Milk']);

    session.say('An MCP server that the administrator mounted by its file.');
    await expect
      .poll(async () => (await client.registry.tools()).map(({ name }) => name))
      .toContain('office__add');
    const sum = await session.note(session.start('say', 'ask the MCP server for a sum'));
    expect(sum.text).toContain('office__add {"a":19,"b":23}');
    expect(sum.text).toContain('Its tool says 42.');

    session.say('The official OpenAI client talks to the agent.');
    const { token } = await tokenOf(api.url);
    const openai = new OpenAI({ baseURL: `${api.url}/v1`, apiKey: token, maxRetries: 0 });
    const stream = await openai.chat.completions.create({
      model: 'chat',
      messages: [{ role: 'user', content: 'good morning' }],
      stream: true,
    });
    const pieces: string[] = [];
    for await (const { choices } of stream) pieces.push(choices[0]?.delta.content ?? '');
    expect(pieces.join('')).toBe('Good morning.');
    session.add(
      `node -e 'const client = new OpenAI({ baseURL: "${api.url}/v1", apiKey: token }); …'`,
      pieces.join(''),
    );
    await bridge.stop();
    await session.keep(process.env['CAIRN_RECORD_SESSION']);
  });
});

async function tokenOf(url: string): Promise<{ token: string }> {
  const answer = await fetch(`${url}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  return (await answer.json()) as { token: string };
}
