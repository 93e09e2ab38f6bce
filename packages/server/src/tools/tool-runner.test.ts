import { SCHEMAS } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { DatabaseError } from '../db/index.ts';
import type { BuiltinTool } from './builtin/index.ts';
import { builtinThat, definitionBody, deliveryOf, openTestTools } from './testing.ts';
import { toToolDelivery } from './tool-runner.ts';

const TIMEOUT_MS = 5_000;
const FIRST = { tool: 'probe', input: {}, requestId: 'r1' };

async function start(execute: BuiltinTool['execute'] = async (input) => input) {
  const test = await openTestTools({
    builtins: [builtinThat('probe', execute)],
    timeout_ms: TIMEOUT_MS,
  });
  await test.breadcrumbs.create(test.curator, definitionBody('probe'));
  const request = (context: unknown = FIRST) => test.request(context);
  return { ...test, runner: test.tools.runner, request };
}

describe('running a tool', () => {
  it('answers in the transaction that ends the delivery, not before', async () => {
    const { db, runner, request, responses } = await start(async () => 42);
    const outcome = await runner.handle(await request(), new AbortController().signal);
    expect(await responses()).toEqual([]);
    if (outcome.type !== 'done' || !outcome.commit) throw new Error('nothing to record');
    await db.transaction(outcome.commit);
    expect(await responses()).toMatchObject([
      { context: { request_id: 'r1', status: 'success', output: 42, error: null } },
    ]);
  });

  it('gives up a tool when its time is over, by the clock it was given', async () => {
    const began = Promise.withResolvers<void>();
    const { clock, request, record, responses } = await start(() => {
      began.resolve();
      return new Promise(() => {});
    });
    const recorded = record(await request());
    await began.promise;
    clock.advance(TIMEOUT_MS);
    await recorded;
    expect(await responses()).toMatchObject([
      {
        context: {
          status: 'error',
          error: 'probe did not answer: it took too long.',
          execution_time_ms: TIMEOUT_MS,
        },
      },
    ]);
  });

  it('records nothing when its worker is stopped, so that another one runs it', async () => {
    const began = Promise.withResolvers<void>();
    const { runner, request, responses } = await start(() => {
      began.resolve();
      return new Promise(() => {});
    });
    const stop = new AbortController();
    const handled = runner.handle(await request(), stop.signal);
    await began.promise;
    stop.abort();
    await expect(handled).rejects.toThrow('stopped');
    expect(await responses()).toEqual([]);
  });

  it('is tried again after a lost connection, and then finds what it had created', async () => {
    let attempts = 0;
    const { breadcrumbs, caller, request, record, responses } = await start(
      async (_input, context) => {
        const { id } = await context.breadcrumbs.create({
          title: 'note',
          tags: ['n'],
          context: {},
        });
        if (++attempts === 1) throw new DatabaseError('cut', null, null, null);
        return id;
      },
    );
    const delivery = await request();
    await expect(record(delivery)).rejects.toThrow('cut');
    expect(await responses()).toEqual([]);
    await record(delivery);
    const notes = await breadcrumbs.list(caller, { any_tags: ['n'], limit: 10 });
    expect(notes).toHaveLength(1);
    expect(await responses()).toMatchObject([{ context: { output: notes[0]?.id } }]);
  });

  it('is done with nothing when the request was deleted', async () => {
    const { record, owner_id } = await start();
    expect(await record(deliveryOf(owner_id, newId()))).toMatchObject({ type: 'done' });
  });

  it('acts for whoever asked', async () => {
    const { caller, request, record, responses } = await start(async (_input, context) => [
      context.owner_id,
      context.agent_id,
    ]);
    await record(await request());
    expect(await responses()).toMatchObject([
      { context: { output: [caller.owner_id, caller.agent_id] } },
    ]);
  });

  it('answers also what could never be run, in words that show nothing of the inside', async () => {
    const { db, runner, request, responses } = await start();
    const delivery = await request({ tool: 'probe' });
    await db.transaction((tx) => runner.bury(tx, delivery, 'died'));
    const [response] = await responses();
    expect(response?.tags).toContain(`request:${delivery.dedupe_key}`);
    expect(response?.context).toMatchObject({
      status: 'error',
      error: 'the server failed at it several times; its log says why',
    });
  });

  it('asks nobody any more about what it has given up, was refused, or is not wanted', async () => {
    const { db, runner, owner_id, request, record, withdrawn } = await start();
    const buried = await request();
    await db.transaction((tx) => runner.bury(tx, buried, 'died'));
    const refused = await request({ tool: 'nope', input: {}, requestId: 'r2' });
    await record(refused);
    const deleted = deliveryOf(owner_id, newId());
    await record(deleted);
    await record(await request());
    expect(withdrawn).toEqual([buried.id, refused.id, deleted.id]);
  });
});

describe('a tool for an agent', () => {
  /** An agent, and what comes of its use of a tool. */
  async function define() {
    const test = await start(async () => 42);
    const body = {
      title: 'a',
      schema_name: SCHEMAS.agent_definition,
      tags: [],
      context: { agent_id: 'a', system_prompt: '', subscriptions: { selectors: [] } },
    };
    const { id } = (await test.breadcrumbs.create(test.curator, body)).full;
    const agent = { ...test.caller, agent_id: id };
    await test.identity.ensureAgent(agent);
    return { ...test, id, agent, use: () => test.ask('probe', {}, agent) };
  }
  const refusal = { status: 'error', error_class: 'forbidden' };

  it('is run as long as somebody stands for its definition', async () => {
    const { id, use, standings } = await define();
    expect(await use()).toMatchObject({ output: 42 });
    standings.set(id, 'none');
    expect(await use()).toMatchObject(refusal);
    // Of a definition that the log has not told of nobody knows.
    standings.set(id, null);
    expect(await use()).toMatchObject(refusal);
  });

  it('is not run when the record is a definition no more, whatever was told of it', async () => {
    const { id, use, standings, breadcrumbs, curator } = await define();
    standings.set(id, 1);
    await breadcrumbs.update(curator, id, { schema_name: 'note.v1' });
    expect(await use()).toMatchObject(refusal);
    await breadcrumbs.remove(curator, id);
    expect(await use()).toMatchObject(refusal);
  });

  it('waits for the log to tell of a change', async () => {
    const { id, agent, use, runner, standings, breadcrumbs, curator } = await define();
    standings.set(id, 1);
    await breadcrumbs.update(curator, id, { title: 'b' });
    const context = { tool: 'probe', input: {}, requestId: 'r' };
    const body = { title: 'x', schema_name: SCHEMAS.tool_request, tags: ['tool:request'], context };
    const early = deliveryOf(agent.owner_id, (await breadcrumbs.create(agent, body)).full.id);
    const handled = runner.handle(early, new AbortController().signal);
    await expect(handled).rejects.toThrow('changed a moment ago');
    standings.set(id, 2);
    expect(await use()).toMatchObject({ output: 42 });
  });
});

describe('a request as a delivery', () => {
  const event = {
    seq: 1,
    kind: 'created' as const,
    owner_id: newId(),
    breadcrumb_id: newId(),
    version: 1,
    title: 'x',
    tags: ['tool:request'],
    schema_name: SCHEMAS.tool_request,
    visibility: 'team',
    sensitivity: 'low',
    created_by: null,
    updated_by: null,
    subscribers: null,
    updated_at: '2026-01-01T00:00:00.000Z',
    context: {},
  };

  it('is one, whatever becomes of the request later, and none for a health check', () => {
    expect(toToolDelivery(event)).toMatchObject({ dedupe_key: event.breadcrumb_id });
    expect(toToolDelivery({ ...event, kind: 'updated', version: 2 })).toBeNull();
    expect(toToolDelivery({ ...event, tags: ['tool:request', 'health:check'] })).toBeNull();
    const definition = { ...event, schema_name: SCHEMAS.tool_code };
    expect(toToolDelivery({ ...definition, kind: 'updated', version: 2 })).toMatchObject({
      dedupe_key: `definition:${event.breadcrumb_id}:2`,
      payload: { definition_id: event.breadcrumb_id },
    });
  });
});
