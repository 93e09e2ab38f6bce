import { LIMITS } from '@cairn/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sql } from '../db/index.ts';
import { create, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Opens a stream as a browser's EventSource does, and resolves with its first event that is no ping. */
async function firstEvent(
  program: TestProgram,
  query: URLSearchParams,
): Promise<{ event: Promise<Json> }> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(`${program.url}/events/stream?${query}`, { signal: abort.signal });
  const lines = readLines(response.body as ReadableStream<Uint8Array>);
  await lines.next();
  const wait = async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('the stream ended');
      if (value.type !== 'ping') return value;
    }
  };
  return { event: wait() };
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<Json, void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    const lines = (text + decoder.decode(bytes, { stream: true })).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length));
    }
  }
}

describe('a client of the original', () => {
  it.each([
    ['POST', '/hygiene/run', 200],
    ['POST', '/admin/purge', 200],
    ['POST', `/dlq/${NOBODY}/retry`, 404],
    ['DELETE', `/dlq/${NOBODY}`, 404],
    ['GET', '/agents', 200],
  ])('may name the type of a body that %s %s does not have', async (method, path, status) => {
    const program = await startTestProgram();
    const headers = { 'content-type': 'application/json' };
    const token = await program.token();
    expect((await program.request(method, path, { token, headers })).status).toBe(status);
  });

  it('may ask for more than fits on a page, and gets a full page with the way to the next', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const { id } = await create(program, token, { title: 'Otters', tags: ['note'], context: {} });
    await program.db.query(sql`insert into breadcrumbs
      select (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid()))).*
      from breadcrumbs b, generate_series(1, ${LIMITS.page_rows}) where b.id = ${id}`);
    const list = '/breadcrumbs?tag=note&limit=1000';
    const { status, body, headers } = await program.request('GET', list, { token });
    expect({ status, rows: body.length }).toEqual({ status: 200, rows: LIMITS.page_rows });
    expect(headers.get('link')).toContain('rel="next"');
    const search = await program.request('GET', '/breadcrumbs/search?q=x&nn=10000', { token });
    expect(search.status).toBe(200);
  });

  it('keeps the state of a page for two hours, said in words, and for itself', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const state = await create(program, token, {
      title: 'UI State: state:wizard',
      schema_name: 'ui.state.v1',
      tags: ['state', 'state:wizard', 'ephemeral'],
      context: { step: 1 },
      ttl_type: 'duration',
      ttl_config: { duration: '2h' },
      visibility: 'private',
    });
    expect(Date.parse(state.ttl) - Date.parse(state.created_at)).toBeCloseTo(7_200_000, -6);
    expect(state).toMatchObject({ ttl_type: 'duration', ttl_config: { hours: 2 } });
  });

  it('finds the chat agent where its setup looks before it adds one of its own', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    for (const tag of ['system:bootstrap', 'workspace:agents']) {
      const path = `/breadcrumbs?schema_name=agent.def.v1&tag=${tag}`;
      const { body } = await program.request('GET', path, { token });
      expect(body).toMatchObject([{ title: 'Default Chat Assistant' }]);
    }
  });

  it('finds the answer by the names that it gave its conversation', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'Hello.') });
    const token = await program.token();
    const stream = await listen(program, token);
    const message = await say(program, token, 'hi', 's-1', {
      tags: ['user:message', 'extension:chat', 'conversation:c-1', 'session:s-1'],
      context: { content: 'hi', session_id: 's-1' },
    });
    const { tags, context } = await stream.answerTo(message.id);
    expect(tags).toEqual(
      expect.arrayContaining([
        'agent:response',
        'extension:chat',
        'conversation:c-1',
        'session:s-1',
      ]),
    );
    expect(context).toMatchObject({ message: 'Hello.', session_id: 's-1' });
    const other = await say(program, token, 'hi', 's-2');
    expect((await stream.answerTo(other.id)).context).not.toHaveProperty('session_id');
  });

  it('hears the answer, whole, on a stream of that conversation only', async () => {
    const program = await startTestProgram({ models: scriptedModel(() => 'Hello.') });
    const token = await program.token();
    const query = new URLSearchParams({ schema_name: 'agent.response.v1', token });
    query.append('any_tags', 'conversation:c-1');
    const { event } = await firstEvent(program, query);
    const stream = await listen(program, token);
    const aside = await say(program, token, 'aside', 's-2');
    await stream.answerTo(aside.id);
    await say(program, token, 'hi', 's-1', { tags: ['user:message', 'conversation:c-1'] });
    expect(await event).toMatchObject({
      type: 'breadcrumb.updated',
      breadcrumb: {
        context: { content: 'Hello.' },
        tags: expect.arrayContaining(['conversation:c-1']),
      },
    });
  });
});
