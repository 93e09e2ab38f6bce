import { SCHEMAS, TAGS } from '@cairn/protocol';
import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { onTestFinished } from 'vitest';
import { ManualClock, newId, silentLog, systemClock } from '../base/index.ts';
import { Breadcrumbs, BreadcrumbStore } from '../breadcrumbs/index.ts';
import { createMemoryBus } from '../bus/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { Announcer, EventStore, LogTail } from '../events/index.ts';
import { createGuardedFetch, type Principal } from '../http/index.ts';
import { IdentityStore } from '../identity/index.ts';
import { DeliveryStore, type Delivery } from '../queue/index.ts';
import { Keyring, SecretAccess, Secrets, SecretStore } from '../secrets/index.ts';
import type { AnyBuiltin, BuiltinTool } from './builtin/index.ts';
import { createTools, type ToolsPorts } from './create-tools.ts';
import type { WorkflowConsents } from './workflow/contract.ts';

/** The body of a `tool.v1` record. */
export const definitionBody = (name: string, implementation: unknown = { type: 'builtin' }) => ({
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

/** The body of a `tool.code.v1` record whose `execute` has this body. */
export const codeBody = (name: string, body: string, more: Record<string, unknown> = {}) => ({
  title: name,
  schema_name: SCHEMAS.tool_code,
  tags: ['tool', `tool:${name}`],
  context: {
    name,
    description: `The tool ${name}.`,
    code: {
      language: 'javascript',
      source: `export async function execute(input, context) { ${body} }`,
    },
    input_schema: { type: 'object' },
    ...more,
  },
});

/** A built-in tool for a test. */
export const builtinThat = (name: string, execute: BuiltinTool['execute']): BuiltinTool => ({
  name,
  description: `The tool ${name}.`,
  input_schema: Type.Object({}),
  output_schema: Type.Unknown(),
  execute,
});

/**
 * Consents of a test in which nobody can be asked. Every definition of an agent counts as it is, if `standings` says no
 * other; `withdrawn` are the deliveries that need theirs no more.
 */
export function testConsents(breadcrumbs: Breadcrumbs) {
  const standings = new Map<string, Awaited<ReturnType<WorkflowConsents['standing']>>>();
  const withdrawn: string[] = [];
  const consents: WorkflowConsents = {
    patienceFor: async () => null,
    ask: async () => {},
    of: async () => new Map(),
    settle: async () => {},
    isConsented: async () => false,
    withdraw: async (_tx, { delivery_id }) => void withdrawn.push(delivery_id),
    async standing(owner_id, agent_id) {
      const known = standings.get(agent_id);
      if (known !== undefined) return known;
      const reader: Principal = { owner_id, agent_id, roles: ['curator'] };
      const record = await breadcrumbs.getFull(reader, agent_id).catch(() => null);
      return record?.schema_name === SCHEMAS.agent_definition ? record.version : null;
    },
  };
  return { consents, standings, withdrawn };
}

/** The tools module on a database of the test's own, with one who asks and one who is a curator. */
export async function openTestTools(
  given: Partial<ToolsPorts> & { builtins?: readonly AnyBuiltin[] } = {},
) {
  const owner_id = newId();
  const caller: Principal = { owner_id, agent_id: newId(), roles: ['emitter', 'subscriber'] };
  const curator: Principal = { owner_id, agent_id: newId(), roles: ['curator', 'emitter'] };
  const db = await openTestDatabase();
  const clock = new ManualClock(Date.now());
  const bus = createMemoryBus(silentLog);
  const tail = new LogTail(new EventStore(db), bus, clock, silentLog);
  const identity = new IdentityStore(db);
  const store = new BreadcrumbStore(db);
  const breadcrumbs = new Breadcrumbs({ store, announcer: new Announcer(tail, bus), parallel: 1 });
  const secret_store = new SecretStore(db);
  const secrets = new Secrets(secret_store, new Keyring(randomBytes(32)));
  const secret_access = new SecretAccess(secret_store, secrets);
  const deliveries = new DeliveryStore(db, clock);
  const { consents, ...told } = testConsents(breadcrumbs);
  const tools = createTools({
    db,
    consents,
    bus,
    clock,
    breadcrumbs,
    identity,
    deliveries,
    secret_access,
    log: silentLog,
    random: () => 0,
    search: null,
    fetch: createGuardedFetch({
      allow_private: true,
      clock: systemClock,
    }),
    timeout_ms: 5e3,
    fetch_hosts: [],
    sandbox_threads: 1,
    ...given,
  });
  onTestFinished(() => tools.sandbox.stop());
  await identity.ensureAgent(caller);
  await identity.ensureAgent(curator);
  const request = async (context: unknown, by = caller, more: object = {}) => {
    const body = {
      title: 'x',
      schema_name: SCHEMAS.tool_request,
      tags: [TAGS.tool_request],
      context,
      ...more,
    };
    return deliveryOf(owner_id, (await breadcrumbs.create(by, body)).full.id);
  };
  const responses = () =>
    breadcrumbs.listWithContext(curator, { schema_name: SCHEMAS.tool_response, limit: 100 });
  /** Works on a delivery once and records what came of it, as a worker would. */
  const record = async (delivery: Delivery, signal = new AbortController().signal) => {
    const outcome = await tools.runner.handle(delivery, signal);
    if ((outcome.type === 'done' || outcome.type === 'suspend') && outcome.commit)
      await db.transaction(outcome.commit);
    return outcome;
  };
  /** The context of the response to one request, run to its end. */
  const ask = async (tool: string, input: unknown = {}, by = caller) => {
    await record(await request({ tool, input, requestId: newId() }, by));
    const [response] = await responses();
    return response?.context as {
      status: string;
      output: unknown;
      error: string | null;
      error_class: string | null;
    };
  };
  return {
    ...told,
    db,
    bus,
    clock,
    breadcrumbs,
    identity,
    deliveries,
    secrets,
    secret_access,
    tools,
    owner_id,
    caller,
    curator,
    request,
    responses,
    record,
    ask,
  };
}

export type TestTools = Awaited<ReturnType<typeof openTestTools>>;

/** A delivery of the tools' queue as a worker holds it. */
export function deliveryOf(
  owner_id: string,
  breadcrumb_id: string,
  payload: unknown = { breadcrumb_id },
): Delivery {
  return {
    id: newId(),
    queue: 'tools',
    owner_id,
    group_key: null,
    dedupe_key: breadcrumb_id,
    payload,
    attempts: 1,
    max_attempts: 3,
    fence: 1,
    leased_by: 'w',
    created_at: new Date().toISOString(),
  };
}
