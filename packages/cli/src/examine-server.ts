import { randomUUID } from 'node:crypto';
import { CairnError, type CairnClient, type EventBridge, type SystemInfo } from '@cairn/sdk';
import { adviceFor } from './advise.ts';
import { createClient } from './connect.ts';

/** What one check found. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it. */
  readonly advice: string | null;
  /** What a failed check threw. */
  readonly error: unknown;
}

/** The Node that everything is tested with. */
const NODE_MAJOR = 24;
/** The test record goes by itself, should its deletion fail. */
const RECORD_LIFE_MS = 600_000;

/**
 * Tries what a client needs of the server at `url`, one thing after the other, and tells each result as soon as it is known.
 * It ends at the first thing that the rest cannot do without. `connected` gives the client with the caller's key;
 * an event must come within `event_ms`.
 */
export async function* examine(
  url: string,
  connected: () => Promise<CairnClient>,
  event_ms: number,
): AsyncGenerator<Finding, void, undefined> {
  yield examineNode();
  const health = await attempt('Server', () => examineHealth(url));
  yield health;
  if (health.status === 'fail') return;
  let client: CairnClient | null = null;
  let system: SystemInfo | null = null;
  const token = await attempt('Token', async () => {
    client = await connected();
    system = await client.system();
    const { agent_id, owner_id, roles } = system;
    return `valid; you are agent ${agent_id} of tenant ${owner_id} (${roles.join(', ') || 'no roles'})`;
  });
  yield token;
  if (client === null || system === null) return;
  yield* describeSystem(system);
  yield* examineRecords(client, event_ms);
}

const passed = (name: string, detail: string): Finding => ({
  name,
  status: 'ok',
  detail,
  advice: null,
  error: null,
});

async function attempt(name: string, check: () => Promise<string>): Promise<Finding> {
  try {
    return passed(name, await check());
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name, status: 'fail', detail, advice: adviceFor(error), error };
  }
}

function examineNode(): Finding {
  const { version, versions } = process;
  if (Number(versions.node.split('.')[0]) >= NODE_MAJOR) return passed('Node', version);
  const advice = `Use Node ${NODE_MAJOR}; \`npm ci\` installs it for the scripts of the repository.`;
  return { ...passed('Node', version), status: 'warn', advice };
}

async function examineHealth(url: string): Promise<string> {
  const began = performance.now();
  const { status, service, version } = await createClient(url, undefined).health();
  if (status !== 'healthy') {
    const detail = `${url} answers, but not that it is healthy: ${JSON.stringify(status ?? null)}`;
    throw new CairnError({ code: 'unexpected_answer', status: 200, detail });
  }
  const ms = Math.round(performance.now() - began);
  return `${url} is healthy (${service} ${version}, ${ms} ms)`;
}

function* describeSystem(system: SystemInfo): Generator<Finding, void, undefined> {
  const { auth_mode, storage, bus, model, is_demo_model } = system;
  yield passed('Setup', `auth ${auth_mode}, storage ${storage}, bus ${bus}`);
  if (!is_demo_model) return yield passed('Model', model);
  yield {
    name: 'Model',
    status: 'warn',
    detail: `${model}: a rule-based stand-in, not an AI`,
    advice:
      'Give the server the key of a provider to talk to a real one; `cairn config` lists the settings.',
    error: null,
  };
}

async function* examineRecords(
  client: CairnClient,
  event_ms: number,
): AsyncGenerator<Finding, void, undefined> {
  const tag = `doctor:${randomUUID()}`;
  const bridge = client.events({ selector: { all_tags: [tag] }, max_failures: 1 });
  try {
    const stream = await attempt('Stream', () => examineOpening(bridge, event_ms));
    yield stream;
    const began = performance.now();
    let id: string | null = null;
    const record = await attempt('Breadcrumbs', async () => {
      id = await createRecord(client, tag);
      await client.getBreadcrumb(id);
      return 'one created and read';
    });
    yield record;
    if (id === null) return;
    if (stream.status === 'ok') {
      yield await attempt('Events', async () => {
        await bridge.waitForEvent({ tags: [tag] }, event_ms);
        return `its event came after ${Math.round(performance.now() - began)} ms`;
      });
    }
    yield await deleteRecord(client, id);
  } finally {
    await bridge.stop();
  }
}

async function examineOpening(bridge: EventBridge, event_ms: number): Promise<string> {
  let is_late = false;
  const timer = setTimeout(() => {
    is_late = true;
    void bridge.stop();
  }, event_ms);
  try {
    await bridge.start();
    return 'open';
  } catch (error) {
    if (!is_late) throw error;
    const detail = `opened, but nothing came within ${event_ms / 1_000} s; a proxy in between may hold the frames back`;
    throw new CairnError({ code: 'unexpected_answer', status: 200, detail });
  } finally {
    clearTimeout(timer);
  }
}

async function createRecord(client: CairnClient, tag: string): Promise<string> {
  const { id } = await client.createBreadcrumb({
    title: 'Made by cairn doctor',
    schema_name: 'cairn.doctor.v1',
    tags: [tag],
    visibility: 'private',
    ttl: new Date(Date.now() + RECORD_LIFE_MS).toISOString(),
    context: { purpose: 'A check of this server; deleted right after' },
  });
  return id;
}

async function deleteRecord(client: CairnClient, id: string): Promise<Finding> {
  return attempt('Clean-up', async () => {
    await client.deleteBreadcrumb(id);
    return 'deleted again';
  });
}
