import type { BreadcrumbFull, StreamEvent } from '@cairn/protocol';
import { CairnClient } from '@cairn/sdk';
import { describe, expect, it } from 'vitest';
import { createPostgresDatabase, NO_POSTGRES } from './postgres-database.ts';
import { startServer, temporaryFolder } from './server-process.ts';

/** Fewer where time is short, as in CI. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 20);
const CREATES = 2_000;
const AT_ONCE = 200;
const PAGE = 500;

/**
 * Creates breadcrumbs from many connections and kills the server in the middle. The answers that came are all that a
 * client may rely on.
 */
async function createUntilKilled(
  environment: Record<string, string>,
  round: number,
): Promise<string[]> {
  const server = await startServer(environment);
  const token = await tokenOf(server.url);
  const acknowledged: string[] = [];
  // Early, late and in between, so that each round dies in another place.
  const kill_after = Math.floor((CREATES * (round + 1)) / (ROUNDS + 4));
  let next = 0;
  let killed: Promise<void> | null = null;
  const createOnes = async () => {
    while (next < CREATES && !killed) {
      const number = next++;
      const id = await create(server.url, token, round, `${number}`).catch(() => null);
      if (id === null) return;
      acknowledged.push(id);
      if (acknowledged.length >= kill_after) killed ??= server.kill();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, createOnes));
  await (killed ?? server.kill());
  return acknowledged;
}

async function tokenOf(url: string): Promise<string> {
  const response = await fetch(`${url}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  return ((await response.json()) as { token: string }).token;
}

async function create(url: string, token: string, round: number, name: string): Promise<string> {
  const response = await fetch(`${url}/breadcrumbs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ title: name, tags: [tagOf(round)], context: { name } }),
  });
  if (response.status !== 201) throw new Error(`answered ${response.status}`);
  return ((await response.json()) as BreadcrumbFull).id;
}

const tagOf = (round: number) => `round:${round}`;

/** Every id of a round that a list shows, page by page. */
async function listIds(client: CairnClient, round: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await client.listBreadcrumbs({
      all_tags: [tagOf(round)],
      limit: PAGE,
      ...(cursor ? { cursor } : {}),
    });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor);
  return ids;
}

/** The events of a round, as a stream replays them after a sequence, up to the breadcrumb given. */
async function replay(url: string, token: string, round: number, after: number, last: string) {
  const abort = new AbortController();
  const response = await fetch(`${url}/events/stream?tag=${tagOf(round)}&access_token=${token}`, {
    headers: { 'last-event-id': String(after) },
    signal: abort.signal,
  });
  const ids: string[] = [];
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const frames = (rest + chunk).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const event = JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? '{}') as StreamEvent;
      if (event.type === 'resync') throw new Error('the log did not keep what was asked for');
      if (event.type !== 'breadcrumb.updated') continue;
      ids.push(event.breadcrumb_id);
      if (event.breadcrumb_id === last) {
        abort.abort();
        return { ids, seq: event.seq };
      }
    }
  }
  throw new Error('the stream ended before the last event');
}

async function surviveRounds(environment: Record<string, string>): Promise<void> {
  let seq = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await createUntilKilled(environment, round);
    expect(acknowledged.length).toBeGreaterThan(0);
    const server = await startServer(environment);
    const token = await tokenOf(server.url);
    const last = await create(server.url, token, round, 'last');
    const stored = await listIds(new CairnClient({ base_url: server.url }), round);
    const replayed = await replay(server.url, token, round, seq, last);
    const known = new Set(stored);
    const lost = acknowledged.filter((id) => !known.has(id));
    expect(lost, 'acknowledged and lost').toEqual([]);
    // One event for each record that is there, acknowledged or not, and none for one that is not.
    expect(replayed.ids.toSorted()).toEqual(stored.toSorted());
    seq = replayed.seq;
    await server.kill();
  }
}

describe(`kill -9 during ${CREATES} concurrent creates, ${ROUNDS} times`, () => {
  it('loses nothing that was acknowledged, on the embedded database', async () => {
    await surviveRounds({ CAIRN_DATA_DIR: await temporaryFolder() });
  }, 600_000);

  it.skipIf(NO_POSTGRES)(
    'loses nothing that was acknowledged, on PostgreSQL',
    async () => {
      await surviveRounds({
        CAIRN_DATA_DIR: await temporaryFolder(),
        DATABASE_URL: await createPostgresDatabase(),
      });
    },
    600_000,
  );
});
