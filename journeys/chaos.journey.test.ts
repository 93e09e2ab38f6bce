import type { BreadcrumbFull } from '@cairn/protocol';
import { CairnClient } from '@cairn/sdk';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPostgres } from '../scripts/service-processes.ts';
import { killAtRandom, seededRandom, SupervisedServer } from './chaos/chaos-monkey.ts';
import { receiveWebhooks } from './chaos/webhook-receiver.ts';
import { NO_POSTGRES } from './postgres-database.ts';
import { temporaryFolder } from './server-process.ts';

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 120);
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_121);
const WRITERS = 4;
const TALKERS = 2;
/** After the last kill everything must have come to rest within this time. */
const REST_MS = 180_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function tokenOf(url: string): Promise<string> {
  const response = await fetch(`${url}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(5_000),
  });
  return ((await response.json()) as { token: string }).token;
}

/** Creates a record, and says its id when, and only when, the server said that it is stored. */
async function create(url: string, token: string, record: object): Promise<string | null> {
  const response = await fetch(`${url}/breadcrumbs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(record),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => null);
  if (response?.status !== 201) return null;
  return response.json().then(
    (body) => (body as BreadcrumbFull).id,
    () => null,
  );
}

/** Writes without a pause for as long as it may. */
async function keepCreating(
  url: string,
  token: string,
  record: () => object,
  pause_ms: number,
  signal: AbortSignal,
): Promise<string[]> {
  const acknowledged: string[] = [];
  while (!signal.aborted) {
    const id = await create(url, token, record());
    if (id !== null) acknowledged.push(id);
    await pause(id === null ? 100 : pause_ms);
  }
  return acknowledged;
}

/** Reads a stream as a client does that must miss nothing, from the beginning of the log. */
function readStream(url: string) {
  const seen: { id: string; seq: number }[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const { signal } = stop;
  const selector = { all_tags: ['chaos'] };
  const reading = (async () => {
    const client = new CairnClient({ base_url: url });
    for await (const event of client.streamEvents({ selector, last_event_id: 0, signal })) {
      if (event.type === 'resync') throw new Error('the log did not keep what was asked for');
      if (event.type === 'breadcrumb.updated')
        seen.push({ id: event.breadcrumb_id, seq: event.seq });
    }
  })();
  const end = async () => {
    stop.abort();
    await reading;
  };
  return { seen, end };
}

async function rows<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new Client(url);
  await client.connect();
  const result = await client.query<Row>(text).finally(() => client.end());
  return result.rows;
}

/** Waits until no delivery is left to be made. Webhooks are tried again after minutes: those pass at once here. */
async function waitForRest(url: string): Promise<void> {
  const unfinished = async () => {
    await rows(
      url,
      `update deliveries set due_at = now() where queue = 'webhooks' and state = 'pending'`,
    );
    const counts = await rows<{ queue: string; state: string; n: number }>(
      url,
      `select queue, state, count(*)::int as n from deliveries where state in ('pending', 'running') group by 1, 2`,
    );
    const [behind] = await rows<{ n: number }>(
      url,
      `select (select coalesce(max(seq), 0) from events)::int - seq::int as n from event_cursors where name = 'dispatcher'`,
    );
    return { counts, behind: behind?.n };
  };
  await expect
    .poll(unfinished, { timeout: REST_MS, interval: 500 })
    .toEqual({ counts: [], behind: 0 });
}

describe(`server, two runners and PostgreSQL killed at random for ${SECONDS} s under load`, () => {
  it.skipIf(NO_POSTGRES)(
    'lose nothing that was acknowledged, skip no event, and do everything once',
    async () => {
      const random = seededRandom(SEED);
      const postgres = await startPostgres();
      onTestFinished(() => postgres.stop());
      const receiver = await receiveWebhooks(random);
      const port = await freePort();
      const url = `http://localhost:${port}`;
      const shared = {
        CAIRN_DATA_DIR: await temporaryFolder(),
        DATABASE_URL: postgres.url,
        LEASE_SECONDS: '3',
        OUTBOUND_ALLOW_PRIVATE: 'true',
        LOG_LEVEL: 'error',
      };
      const runners = ['first runner', 'second runner'].map(
        (name) => new SupervisedServer(name, { ...shared, CAIRN_ROLES: 'agents,tools,webhooks' }),
      );
      const api = new SupervisedServer('server', {
        ...shared,
        CAIRN_ROLES: 'api',
        PORT: `${port}`,
      });
      const servers = [api, ...runners];
      // The first migrates.
      for (const each of servers) await each.revive();

      const token = await tokenOf(url);
      const client = new CairnClient({ base_url: url });
      const me = await client.system();
      const call = async (path: string, body: object) => {
        const { status } = await fetch(url + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
        });
        expect([path, status]).toEqual([path, 201]);
      };
      await call(`/agents/${me.agent_id}/webhooks`, { url: receiver.url });
      await call('/subscriptions/selectors', { all_tags: ['chaos'] });

      const reader = readStream(url);
      const writing = new AbortController();
      let number = 0;
      const note = () => ({ title: `note ${number++}`, tags: ['chaos'], context: { number } });
      const question = () => {
        const name = `chaos-${number++}`;
        return {
          title: name,
          schema_name: 'user.message.v1',
          tags: ['user:message', `session:${name}`],
          context: { content: 'what is 17% of 2340?', conversation_id: name },
        };
      };
      const notes = Array.from({ length: WRITERS }, () =>
        keepCreating(url, token, note, 40, writing.signal),
      );
      const questions = Array.from({ length: TALKERS }, () =>
        keepCreating(url, token, question, 200, writing.signal),
      );
      const database = {
        name: 'PostgreSQL',
        kill: () => postgres.kill(),
        revive: () => postgres.restart(),
      };
      const kills = await killAtRandom([...servers, database], SECONDS * 1_000, random);
      writing.abort();
      const noted = (await Promise.all(notes)).flat();
      const asked = (await Promise.all(questions)).flat();
      console.log(
        `${noted.length} notes and ${asked.length} questions acknowledged; killed ${[...kills].map(([name, n]) => `${name} ${n} times`).join(', ')}`,
      );
      expect(kills.size).toBe(SECONDS < 60 ? kills.size : 4);
      expect(Math.min(noted.length, asked.length)).toBeGreaterThan(0);
      await waitForRest(postgres.url);

      const stored = await rows<{ id: string }>(
        postgres.url,
        `select id from breadcrumbs where 'chaos' = any(tags) or schema_name = 'user.message.v1'`,
      );
      const known = new Set(stored.map(({ id }) => id));
      expect(
        [...noted, ...asked].filter((id) => !known.has(id)),
        'acknowledged and lost',
      ).toEqual([]);

      // The log has an order, so who has seen this one has seen all that there were to see before it.
      const last = await create(url, token, note());
      await expect
        .poll(() => reader.seen.some(({ id }) => id === last), { timeout: REST_MS })
        .toBe(true);
      await reader.end();
      const read = reader.seen.map(({ seq }) => seq);
      expect(read, 'in order, each once').toEqual([...new Set(read)].toSorted((a, b) => a - b));
      const logged = await rows<{ seq: number }>(
        postgres.url,
        `select seq::int from events where 'chaos' = any(tags)`,
      );
      const was_read = new Set(read);
      expect(
        logged.filter(({ seq }) => !was_read.has(seq)),
        'skipped by the reader',
      ).toEqual([]);

      const answers = await rows<{ id: string; n: number }>(
        postgres.url,
        `select context -> 'caused_by' ->> 'trigger_id' as id, count(*)::int as n from breadcrumbs
          where schema_name = 'agent.response.v1' group by 1`,
      );
      const answered = new Map(answers.map(({ id, n }) => [id, n]));
      expect(
        asked.filter((id) => answered.get(id) !== 1),
        'not answered once',
      ).toEqual([]);
      const twice = await rows(
        postgres.url,
        `select context ->> 'request_id' as id from breadcrumbs where schema_name = 'tool.response.v1'
          group by 1 having count(*) > 1`,
      );
      expect(twice, 'tools that answered twice').toEqual([]);

      const dead = await rows(postgres.url, `select last_error from webhook_dlq`);
      expect(dead).toEqual([]);
      expect(
        noted.filter((id) => !receiver.taken.has(id)),
        'webhooks that never came',
      ).toEqual([]);
      const renamed = [...receiver.taken].filter(([, ids]) => ids.size !== 1);
      expect(renamed, 'webhooks that came under two ids').toEqual([]);
    },
    SECONDS * 1_000 + 3 * REST_MS,
  );
});
