import { newId, ManualClock, silentLog } from '../base/index.ts';
import { BreadcrumbStore, Breadcrumbs } from '../breadcrumbs/index.ts';
import { createMemoryBus } from '../bus/index.ts';
import { DatabaseError } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { Announcer, EventStore, LogTail } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import { IdentityStore } from '../identity/index.ts';
import type { Delivery } from '../queue/index.ts';
import { SCHEMAS, TAGS } from '@cairn/protocol';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import type { BuiltinTool } from './builtin/index.ts';
import { ToolDefinitions } from './find-definition.ts';
import { ToolRunner, toToolDelivery } from './tool-runner.ts';

const OWNER = newId();
const CALLER: Principal = { owner_id: OWNER, agent_id: newId(), roles: ['emitter', 'subscriber'] };
const TIMEOUT_MS = 5_000;

const builtin = (name: string, execute: BuiltinTool['execute']): BuiltinTool => ({
  name,
  description: `The tool ${name}.`,
  input_schema: Type.Object({}),
  output_schema: Type.Unknown(),
  execute,
});

const definitionBody = (name: string, implementation: unknown = { type: 'builtin' }) => ({
  title: name,
  schema_name: SCHEMAS.tool_definition,
  tags: ['tool', `tool:${name}`],
  context: {
    name,
    description: `The tool ${name}.`,
    definition: { inputSchema: { type: 'object' } },
    implementation,
  },
});

async function start(execute: BuiltinTool['execute'] = async (input) => input) {
  const db = await openTestDatabase();
  const clock = new ManualClock(Date.now());
  const bus = createMemoryBus(silentLog);
  const tail = new LogTail(new EventStore(db), bus, clock, silentLog);
  const identity = new IdentityStore(db);
  const store = new BreadcrumbStore(db);
  const breadcrumbs = new Breadcrumbs({ store, announcer: new Announcer(tail, bus), parallel: 1 });
  const definitions = new ToolDefinitions(breadcrumbs, [
    builtin('probe', execute),
    builtin('other', async () => 'other'),
  ]);
  const ports = { breadcrumbs, definitions, identity, clock, random: () => 0, log: silentLog };
  const runner = new ToolRunner({ ...ports, timeout_ms: TIMEOUT_MS });
  await identity.ensureAgent(CALLER);
  await breadcrumbs.create(CALLER, definitionBody('probe'));
  const request = async (context: unknown = { tool: 'probe', input: {}, requestId: 'r1' }) => {
    const body = {
      title: 'x',
      schema_name: SCHEMAS.tool_request,
      tags: [TAGS.tool_request],
      context,
    };
    return deliveryOf((await breadcrumbs.create(CALLER, body)).full.id);
  };
  const responses = () =>
    breadcrumbs.listWithContext(CALLER, { schema_name: SCHEMAS.tool_response, limit: 10 });
  const record = async (delivery: Delivery, signal = new AbortController().signal) => {
    const outcome = await runner.handle(delivery, signal);
    if (outcome.type === 'done' && outcome.commit) await db.transaction(outcome.commit);
    return outcome;
  };
  return { db, clock, breadcrumbs, definitions, runner, request, responses, record };
}

function deliveryOf(breadcrumb_id: string): Delivery {
  return {
    id: newId(),
    queue: 'tools',
    owner_id: OWNER,
    group_key: null,
    dedupe_key: breadcrumb_id,
    payload: { breadcrumb_id },
    attempts: 1,
    max_attempts: 3,
    fence: 1,
    created_at: new Date().toISOString(),
  };
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
    const { breadcrumbs, request, record, responses } = await start(async (_input, context) => {
      const { id } = await context.breadcrumbs.create({ title: 'note', tags: ['n'], context: {} });
      if (++attempts === 1) throw new DatabaseError('cut', null, null, null);
      return id;
    });
    const delivery = await request();
    await expect(record(delivery)).rejects.toThrow('cut');
    expect(await responses()).toEqual([]);
    await record(delivery);
    const notes = await breadcrumbs.list(CALLER, { any_tags: ['n'], limit: 10 });
    expect(notes).toHaveLength(1);
    expect(await responses()).toMatchObject([{ context: { output: notes[0]?.id } }]);
  });

  it('is done with nothing when the request was deleted', async () => {
    const { record } = await start();
    expect(await record(deliveryOf(newId()))).toEqual({ type: 'done' });
  });

  it('acts for whoever asked', async () => {
    const { request, record, responses } = await start(async (_input, context) => [
      context.owner_id,
      context.agent_id,
    ]);
    await record(await request());
    expect(await responses()).toMatchObject([{ context: { output: [OWNER, CALLER.agent_id] } }]);
  });

  it('answers also what could never be run, in words that show nothing of the inside', async () => {
    const { db, runner, request, responses } = await start();
    const delivery = await request({ tool: 'probe' });
    await db.transaction((tx) => runner.bury(tx, delivery));
    const [response] = await responses();
    expect(response?.tags).toContain(`request:${delivery.dedupe_key}`);
    expect(response?.context).toMatchObject({
      status: 'error',
      error: 'the server failed at it several times; its log says why',
    });
  });
});

describe('a request as a delivery', () => {
  const event = {
    seq: 1,
    kind: 'created' as const,
    owner_id: OWNER,
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
  });
});

describe('tool definitions', () => {
  const names = async (definitions: ToolDefinitions) =>
    (await definitions.list(CALLER)).map(({ definition, builtin: { name } }) => [
      definition.name,
      name,
    ]);

  it('are listed by name and found by it, with or without the tag', async () => {
    const { breadcrumbs, definitions } = await start();
    await breadcrumbs.create(CALLER, { ...definitionBody('other'), tags: [] });
    expect(await names(definitions)).toEqual([
      ['other', 'other'],
      ['probe', 'probe'],
    ]);
    expect(await definitions.find(CALLER, 'other')).toMatchObject({
      definition: { name: 'other' },
    });
  });

  it('count as they were changed last, where two have one name', async () => {
    const { breadcrumbs, definitions } = await start();
    const implementation = { type: 'builtin', name: 'other' };
    const { full } = await breadcrumbs.create(CALLER, definitionBody('probe', implementation));
    expect(await names(definitions)).toEqual([['probe', 'other']]);
    expect(await definitions.find(CALLER, 'probe')).toMatchObject({ builtin: { name: 'other' } });
    await breadcrumbs.remove(CALLER, full.id);
    expect(await names(definitions)).toEqual([['probe', 'probe']]);
  });

  it('that cannot be run are not listed, and asking for them says why', async () => {
    const { breadcrumbs, definitions } = await start();
    const code = { ...definitionBody('coded'), schema_name: SCHEMAS.tool_code };
    await breadcrumbs.create(CALLER, code);
    await breadcrumbs.create(CALLER, { ...definitionBody('broken'), context: { name: 'broken' } });
    await breadcrumbs.create(CALLER, definitionBody('foreign', { type: 'http' }));
    await breadcrumbs.create(CALLER, definitionBody('unknown', { type: 'builtin', name: 'zzz' }));
    expect(await names(definitions)).toEqual([['probe', 'probe']]);
    expect(await definitions.find(CALLER, 'coded')).toMatch(/defined by code/);
    expect(await definitions.find(CALLER, 'broken')).toMatch(/not valid/);
    expect(await definitions.find(CALLER, 'foreign')).toMatch(/not valid/);
    expect(await definitions.find(CALLER, 'nothing')).toMatch(/no tool named nothing/);
  });
});
