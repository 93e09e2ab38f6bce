import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { ConsumerStore } from './consumer-store.ts';
import type { EventGuard, LoggedEvent } from './contract.ts';
import { EventStore } from './store.ts';
import { appendEvent, TEST_OWNER } from './testing.ts';

const GUARDS = [
  { visibility: 'public', sensitivity: 'low' },
  { visibility: 'private', sensitivity: 'low' },
  { visibility: 'team', sensitivity: 'secret' },
  { visibility: 'team', sensitivity: 'pii' },
] as const;
type Guard = (typeof GUARDS)[number];

/** One agent that was granted the event then, one that is granted the record now, and one that was and is. */
const [THEN, NOW, BOTH] = [newId(), newId(), newId()];

const isGuarded = ({ visibility, sensitivity }: Guard): boolean =>
  visibility === 'private' || sensitivity === 'secret';

/** A record as it is now, with its grants. */
async function put(db: Database, id: string, { visibility, sensitivity }: Guard): Promise<void> {
  await db.query({
    text: `insert into breadcrumbs (id, owner_id, title, context, tags, checksum, size_bytes, visibility, sensitivity)
      values ($1, $2, 'a', '{}', '{}', '', 2, $3, $4)`,
    values: [id, TEST_OWNER, visibility, sensitivity],
  });
  for (const [agent_id, action] of [
    [NOW, 'subscribe'],
    [BOTH, 'subscribe'],
    // Another grant is none on events.
    [THEN, 'read_context'],
  ]) {
    await db.query({
      text: `insert into acls (id, owner_id, breadcrumb_id, grantee_agent_id, actions)
        values ($1, $2, $3, $4, array[$5::text])`,
      values: [newId(), TEST_OWNER, id, agent_id, action],
    });
  }
}

async function open(): Promise<{ db: Database; store: EventStore }> {
  const db = await openTestDatabase();
  await db.query({
    text: `insert into tenants (id, name) values ($1, 'a') on conflict do nothing`,
    values: [TEST_OWNER],
  });
  await db.query({
    text: `insert into agents (owner_id, id, roles) select $1, id, '{}' from unnest($2::uuid[]) id`,
    values: [TEST_OWNER, [THEN, NOW, BOTH]],
  });
  return { db, store: new EventStore(db) };
}

/** Grantees by their names, in one order. */
function namesOf({ subscribers }: EventGuard): string[] {
  const names = { [THEN]: 'then', [NOW]: 'now', [BOTH]: 'both' };
  return (subscribers ?? []).map((id) => names[id] ?? id).toSorted();
}

const cases = GUARDS.flatMap((then) => [...GUARDS, null].map((now) => ({ then, now })));

describe('an event that is read later', () => {
  it.each(cases)(
    'was of $then and its record is $now: it is as strict as both, for who is granted still',
    async ({ then, now }) => {
      const { db, store } = await open();
      const breadcrumb_id = newId();
      const subscribers = isGuarded(then) ? [THEN, BOTH] : null;
      const seq = await appendEvent(db, { ...then, breadcrumb_id, subscribers, context: { n: 1 } });
      if (now) await put(db, breadcrumb_id, now);

      const [event] = await store.readTenant(TEST_OWNER, seq - 1, seq, 10);
      const [consumed] = await new ConsumerStore(db).readRange(seq - 1, seq, 10);
      expect(consumed).toEqual(event);
      const read = event as LoggedEvent;
      const is_private = [then, now].some((each) => each?.visibility === 'private');
      const is_secret = [then, now].some((each) => each?.sensitivity === 'secret');
      expect(read.visibility === 'private').toBe(is_private);
      expect(read.sensitivity === 'secret').toBe(is_secret);
      const is_personal = [then, now].some((each) => each?.sensitivity === 'pii');
      expect(read.sensitivity === 'pii').toBe(is_personal && !is_secret);
      // What was secret then has no context in the log; here it was written to tell the two apart.
      const is_kept = now !== null && now.sensitivity !== 'secret';
      expect(read.context).toEqual(is_kept ? { n: 1 } : null);
      expect(read.is_gone).toBe(now === null);
      const still = now === null ? [] : ['both'];
      const granted = isGuarded(then) ? still : now && isGuarded(now) ? ['both', 'now'] : [];
      expect(namesOf(read)).toEqual(granted);

      const { visibility, sensitivity } = read;
      const asked = await store.guardNow({ ...read, ...then, subscribers });
      expect({ ...asked, subscribers: namesOf(asked) }).toEqual({
        visibility,
        sensitivity,
        subscribers: granted,
        is_gone: now === null,
      });
    },
  );

  it('has no context once its record has expired', async () => {
    const { db, store } = await open();
    const breadcrumb_id = newId();
    const seq = await appendEvent(db, { breadcrumb_id, title: 'a', context: { n: 1 } });
    await put(db, breadcrumb_id, GUARDS[0]);
    const read = async () => (await store.readTenant(TEST_OWNER, seq - 1, seq, 10))[0];
    expect(await read()).toMatchObject({ title: 'a', context: { n: 1 }, is_gone: false });
    await db.query({
      // Clearly over, also where the clock is set back a little.
      text: "update breadcrumbs set ttl = now() - interval '1 minute' where id = $1",
      values: [breadcrumb_id],
    });
    const late = await read();
    expect(late).toMatchObject({ title: 'a', context: null, is_gone: true });
    expect(await store.guardNow(late as LoggedEvent)).toMatchObject({ is_gone: true });
  });

  it('is, when it tells of the end of its record, for those who were granted it then', async () => {
    const { db, store } = await open();
    const subscribers = [THEN, BOTH];
    const seq = await appendEvent(db, { kind: 'deleted', visibility: 'private', subscribers });
    const [late] = await store.readTenant(TEST_OWNER, seq - 1, seq, 10);
    const { events } = await store.readAfter(seq - 1, 10);
    expect([late, ...events].map((event) => event?.subscribers)).toEqual([
      subscribers,
      subscribers,
    ]);
  });
});

describe('an event that was held up', () => {
  it('does not name who was revoked meanwhile', async () => {
    const { db, store } = await open();
    const breadcrumb_id = newId();
    const [guard] = GUARDS.filter(isGuarded);
    await put(db, breadcrumb_id, guard as Guard);
    const subscribers = [THEN, BOTH];
    const seq = await appendEvent(db, { ...guard, breadcrumb_id, subscribers });
    const { events } = await store.readAfter(seq - 1, 10);
    expect(events.map(namesOf)).toEqual([['both']]);
  });
});
