import type { Role } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { openReceiver } from '../webhooks/testing.ts';
import { create } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { startTestProgram, type Json } from './testing.ts';

const TYPES = 'breadcrumb.updated,breadcrumb.deleted';

/** A curator with a record, and an agent that is to hear of it only as long as it is granted. */
async function house(guard: object = { visibility: 'private' }) {
  const program = await startTestProgram({ environment: { OUTBOUND_ALLOW_PRIVATE: 'true' } });
  const owner_id = newId();
  const person = async (roles: Role[]) => {
    const agent_id = newId();
    const token = await program.token({ owner_id, agent_id, roles });
    const ask = async (method: string, path: string, json?: unknown) => {
      const answer = await program.request(method, path, { token, json });
      expect([path, answer.status]).toEqual([path, expect.toBeOneOf([200, 201])]);
      return answer.body;
    };
    return { agent_id, token, ask };
  };
  const curator = await person(['curator', 'subscriber']);
  const agent = await person(['emitter', 'subscriber']);
  const body = { title: 'plans', tags: ['plan'], context: { n: 1 }, ...guard };
  const { id } = await create(program, curator.token, body);
  const change = (action: 'grant' | 'revoke') =>
    curator.ask('POST', `/acl/${action}`, {
      breadcrumb_id: id,
      grantee_agent_id: agent.agent_id,
      action: 'subscribe',
    });
  const patch = (json: object) => curator.ask('PATCH', `/breadcrumbs/${id}`, json);
  /** Something that everybody sees: whoever was told of it was told of all before it. */
  const mark = async () =>
    (await create(program, curator.token, { title: 'mark', tags: [], context: {} })).id as string;
  /** The end of the log, once everybody with a stream has heard of it. */
  const settle = async (): Promise<Json> => {
    const stream = await listen(program, curator.token);
    const end = await mark();
    return stream.until('the mark', ({ breadcrumb_id }) => breadcrumb_id === end);
  };
  const position = async () => (await settle()).seq;
  /** What a stream that has seen `after` is told of the record, all of it from the log. */
  const replay = async (token: string, after: number): Promise<Json[]> => {
    const end = await settle();
    const stream = await listen(program, token, { types: TYPES, last_event_id: after });
    await stream.until('the mark', ({ seq }) => seq === end.seq);
    return stream.events.filter(({ breadcrumb_id }) => breadcrumb_id === id);
  };
  return { program, curator, agent, id, change, patch, mark, replay, position };
}

const versions = (events: readonly Json[]): number[] => events.map(({ version }) => version);

describe('an agent whose grant was taken back', () => {
  it.each([{ visibility: 'private' }, { sensitivity: 'secret' }])(
    'hears no more of a record with %j, live or in a replay, until it is granted again',
    async (guard) => {
      const { program, agent, id, change, patch, mark, replay, position } = await house(guard);
      const live = await listen(program, agent.token);
      const heard = () => versions(live.events.filter((each) => each.breadcrumb_id === id));
      const start = await position();
      await change('grant');
      await patch({ context: { n: 2 } });
      await live.until('version 2', ({ version }) => version === 2);
      expect(versions(await replay(agent.token, start))).toEqual([2]);

      await change('revoke');
      await patch({ context: { n: 3 } });
      const end = await mark();
      await live.until('the mark', ({ breadcrumb_id }) => breadcrumb_id === end);
      expect(heard()).toEqual([2]);
      expect(await replay(agent.token, start)).toEqual([]);

      await change('grant');
      await patch({ context: { n: 4 } });
      await live.until('version 4', ({ version }) => version === 4);
      // The third happened when it was nobody's to hear.
      expect(versions(await replay(agent.token, start))).toEqual([2, 4]);
    },
  );

  it('is not told of the end of a record either, while a grantee is', async () => {
    const { curator, agent, id, change, patch, replay, position } = await house();
    const start = await position();
    await change('grant');
    await patch({ context: { n: 2 } });
    await curator.ask('DELETE', `/breadcrumbs/${id}`);
    const told = await replay(agent.token, start);
    expect(told.map(({ type }) => type)).toEqual(['breadcrumb.deleted']);

    const other = await house();
    const begin = await other.position();
    await other.change('grant');
    await other.patch({ context: { n: 2 } });
    await other.change('revoke');
    await other.curator.ask('DELETE', `/breadcrumbs/${other.id}`);
    expect(await other.replay(other.agent.token, begin)).toEqual([]);
    expect(versions(await other.replay(other.curator.token, begin))).toEqual([2, 2]);
  });
});

describe('a record that is guarded only later', () => {
  it('is not replayed as it was to those who may not read it now', async () => {
    const { curator, agent, patch, replay, position } = await house({ visibility: 'team' });
    const start = await position();
    await patch({ context: { n: 2 } });
    expect(versions(await replay(agent.token, start))).toEqual([2]);
    await patch({ visibility: 'private' });
    expect(await replay(agent.token, start)).toEqual([]);
    expect(versions(await replay(curator.token, start))).toEqual([2, 3]);
  });

  it('is replayed without its context to those who may, once it is secret', async () => {
    const { curator, agent, change, patch, replay, position } = await house({ visibility: 'team' });
    const start = await position();
    await patch({ context: { n: 2 } });
    await patch({ sensitivity: 'secret' });
    expect(await replay(agent.token, start)).toEqual([]);
    await change('grant');
    for (const { token } of [curator, agent]) {
      const [event] = await replay(token, start);
      expect(event).toMatchObject({ version: 2, breadcrumb: { version: 2 } });
      expect(JSON.stringify(event)).not.toContain('context');
    }
  });
});

describe('a webhook that waits to be sent again', () => {
  async function waiting(guard: object, who: 'agent' | 'curator' = 'agent') {
    const parts = await house(guard);
    const receiver = await openReceiver();
    const { agent_id, ask } = parts[who];
    const { db } = parts.program;
    const text = `select seq >= (select max(seq) from events) as is_past from event_cursors where name = 'dispatcher'`;
    const isPast = async () => (await db.query<{ is_past: boolean }>({ text })).rows[0]?.is_past;
    /** Resolves when all that has happened has become the deliveries that it means. */
    const dispatched = () => expect.poll(isPast).toBe(true);
    // The record's own event is not to be matched by the selector that follows.
    await dispatched();
    await ask('POST', `/agents/${agent_id}/webhooks`, { url: receiver.url });
    await ask('POST', '/subscriptions/selectors', { any_tags: ['plan'] });
    await parts.change('grant');
    // Later than the test lasts, so that it is sent again when the test says so.
    receiver.answer({ status: 503, headers: { 'retry-after': '3600' } });
    const count = async (condition: string) => {
      const counted = `select count(*)::int as n from deliveries where queue = 'webhooks' and ${condition}`;
      return (await db.query<{ n: number }>({ text: counted })).rows[0]?.n;
    };
    /** Resolves when the only webhook has failed once and waits for its next time. */
    const failed = async () => {
      await receiver.nth(1);
      await expect.poll(() => count("state = 'pending' and due_at > now()")).toBe(1);
    };
    /** Lets it be sent now, and resolves when it is done with. */
    const again = async () => {
      receiver.answer({ status: 200 });
      // A later version is due when the one before it is, as of when it is put behind it.
      await dispatched();
      await db.query({ text: `update deliveries set due_at = now() where queue = 'webhooks'` });
      await expect.poll(() => count("state in ('pending', 'running')")).toBe(0);
    };
    const bodies = (): Json[] => receiver.received.map(({ body }) => JSON.parse(body));
    return { ...parts, receiver, failed, again, count, bodies };
  }

  it('is sent as long as its agent is granted', async () => {
    const { patch, failed, again, bodies } = await waiting({ visibility: 'private' });
    await patch({ context: { n: 2 } });
    await failed();
    await again();
    expect(versions(bodies())).toEqual([2, 2]);
  });

  it('is closed without being sent when the grant was taken back, and others follow a new one', async () => {
    const { patch, failed, again, bodies, change, count, receiver } = await waiting({
      visibility: 'private',
    });
    await patch({ context: { n: 2 } });
    await failed();
    await change('revoke');
    await again();
    expect(versions(bodies())).toEqual([2]);
    expect(await count("state = 'dead'")).toBe(0);
    await change('grant');
    await patch({ context: { n: 3 } });
    expect(JSON.parse((await receiver.nth(2)).body)).toMatchObject({ version: 3 });
  });

  it('is not sent when the record has become private, and has no context when it has become secret', async () => {
    const closed = await waiting({ visibility: 'team' });
    await closed.patch({ context: { n: 2 } });
    await closed.failed();
    await closed.change('revoke');
    await closed.patch({ visibility: 'private' });
    await closed.again();
    expect(versions(closed.bodies())).toEqual([2]);

    const bare = await waiting({ visibility: 'team' }, 'curator');
    await bare.patch({ context: { n: 2 } });
    await bare.failed();
    await bare.patch({ sensitivity: 'secret' });
    await bare.again();
    await bare.receiver.nth(3);
    const told = bare.bodies().map(({ version, context }) => [version, context?.n]);
    expect(told).toEqual([
      [2, 2],
      [2, undefined],
      [3, undefined],
    ]);
  });
});
