import type { Role } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram } from './testing.ts';

const PATH = '/subscriptions/selectors';

async function setUp() {
  const program = await startTestProgram();
  const owner_id = newId();
  const person = async (roles: Role[], owner = owner_id) => {
    const agent_id = newId();
    const token = await program.token({ owner_id: owner, agent_id, roles });
    const ask = (method: string, path: string, json?: unknown) =>
      program.request(method, path, { token, json });
    return { agent_id, ask };
  };
  return { program, owner_id, person };
}

describe('selectors of an agent', () => {
  it('are registered, listed, replaced and removed, with every field present', async () => {
    const { owner_id, person } = await setUp();
    const { agent_id, ask } = await person(['subscriber']);
    const empty = { any_tags: null, all_tags: null, schema_name: null, context_match: null };
    const rule = { path: '$.a.b[0]', op: 'gte', value: 3 };
    const made = await ask('POST', PATH, { any_tags: ['a'], context_match: [rule] });
    const selector = { ...empty, any_tags: ['a'], context_match: [rule] };
    expect([made.status, made.body]).toEqual([
      201,
      { id: made.body.id, owner_id, agent_id, selector },
    ]);
    const { body: second } = await ask('POST', PATH, {});
    expect(second.selector).toEqual(empty);
    expect((await ask('GET', PATH)).body).toEqual([made.body, second]);
    const path = `${PATH}/${made.body.id.toUpperCase()}`;
    expect((await ask('PUT', path, { schema_name: 'note.v1' })).body).toEqual({ ok: true });
    expect((await ask('GET', PATH)).body[0].selector).toEqual({ ...empty, schema_name: 'note.v1' });
    expect((await ask('DELETE', path)).body).toEqual({ ok: true });
    expect((await ask('DELETE', path)).status).toBe(404);
    expect((await ask('GET', PATH)).body).toEqual([second]);
  });

  it('are refused, new or changed, with an operator or a path that is not known', async () => {
    const { person } = await setUp();
    const { ask } = await person(['subscriber']);
    const { body } = await ask('POST', PATH, { any_tags: ['a'] });
    for (const rule of [
      { path: '$.a', op: 'like', value: 1 },
      { path: '$.a', op: '', value: 1 },
      { path: '$.a', op: 'toString', value: 1 },
      { path: '$[', op: 'eq', value: 1 },
      { path: '$.a[?(@.b)', op: 'eq', value: 1 },
    ]) {
      for (const [method, path] of [
        ['POST', PATH],
        ['PUT', `${PATH}/${body.id}`],
      ] as const) {
        const answer = await ask(method, path, { context_match: [rule] });
        expect([rule, answer.status, answer.body.code]).toEqual([rule, 400, 'invalid_selector']);
      }
    }
    expect((await ask('GET', PATH)).body).toEqual([body]);
  });

  it('are refused with a field that would be passed over', async () => {
    const { owner_id, person } = await setUp();
    const { ask } = await person(['subscriber']);
    const { body } = await ask('POST', PATH, { any_tags: ['a'] });
    for (const given of [
      { unknown_field: 1 },
      { any_tags: ['a'], anytags: null },
      { selector: { any_tags: ['a'] } },
      { sensitivity_in: ['low'] },
      { visibility_in: ['public'] },
      { owner_id: newId() },
    ]) {
      for (const [method, path] of [
        ['POST', PATH],
        ['PUT', `${PATH}/${body.id}`],
      ] as const) {
        const answer = await ask(method, path, given);
        expect([given, answer.status, answer.body.code]).toEqual([given, 400, 'invalid_selector']);
      }
    }
    expect((await ask('GET', PATH)).body).toEqual([body]);
    const own = { owner_id: owner_id.toUpperCase(), sensitivity_in: null, schema_name: 'note.v1' };
    const made = await ask('POST', PATH, own);
    expect([made.status, made.body.selector]).toEqual([
      201,
      { any_tags: null, all_tags: null, schema_name: 'note.v1', context_match: null },
    ]);
  });

  it('are of that agent alone, and need the role subscriber or curator', async () => {
    const { program, person } = await setUp();
    const [own, other, emitter] = [
      await person(['subscriber']),
      await person(['curator']),
      await person(['emitter']),
    ];
    const foreign = await person(['curator', 'subscriber'], newId());
    const { body } = await own.ask('POST', PATH, { any_tags: ['a'] });
    for (const { ask } of [other, foreign]) {
      expect((await ask('GET', PATH)).body).toEqual([]);
      expect((await ask('PUT', `${PATH}/${body.id}`, {})).status).toBe(404);
      expect((await ask('DELETE', `${PATH}/${body.id}`)).status).toBe(404);
    }
    expect((await emitter.ask('GET', PATH)).status).toBe(403);
    expect((await emitter.ask('POST', PATH, {})).status).toBe(403);
    expect((await emitter.ask('DELETE', `${PATH}/${body.id}`)).status).toBe(403);
    expect((await program.request('GET', PATH)).status).toBe(401);
    expect((await own.ask('GET', PATH)).body).toEqual([body]);
  });

  it('are not those that the program keeps for its own agents', async () => {
    const { program } = await setUp();
    const token = await program.token();
    const read = async () => {
      const { rows } = await program.db.query<{ id: string; owner_id: string; agent_id: string }>({
        text: 'select id, owner_id, agent_id from selector_subscriptions where queue is not null limit 1',
      });
      return rows;
    };
    // They come from the definition, by way of the log.
    await expect.poll(read).toHaveLength(1);
    const [kept] = await read();
    const { owner_id, agent_id, id } = kept ?? { owner_id: '', agent_id: '', id: '' };
    const agent = await program.token({ owner_id, agent_id });
    expect((await program.request('GET', PATH, { token: agent })).body).toEqual([]);
    for (const each of [agent, token])
      expect((await program.request('DELETE', `${PATH}/${id}`, { token: each })).status).toBe(404);
  });
});
