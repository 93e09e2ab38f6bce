import { expect, it } from 'vitest';
import type { LoggedEvent } from './contract.ts';
import { openStreamBench } from './testing/stream-bench.ts';
import { appendEvent } from './testing.ts';
import { streamText, wireText } from './wire-event.ts';

it('an event has its record nested, with the context only where the event has one', async () => {
  const { open, publish } = await openStreamBench();
  const client = await open('?types=breadcrumb.created,breadcrumb.updated,breadcrumb.deleted');
  await publish({ kind: 'created', title: 'a', context: { n: 1 } });
  await publish({ kind: 'updated', title: 'b', sensitivity: 'secret', context: null });
  await publish({ kind: 'deleted', title: 'c', context: null });
  await publish({ kind: 'updated', title: 'd', context: { text: 'x'.repeat(16_384) } });
  await client.until(({ logged }) => logged.length === 5);
  const [created, updated, secret, deleted, large] = client.logged;
  for (const each of [created, updated])
    expect(each?.breadcrumb).toEqual({
      id: each?.breadcrumb_id,
      title: 'a',
      tags: each?.tags,
      schema_name: each?.schema_name,
      version: each?.version,
      updated_at: each?.updated_at,
      context: { n: 1 },
    });
  expect(secret?.breadcrumb).toMatchObject({ id: secret?.breadcrumb_id, title: 'b' });
  expect(secret?.breadcrumb).not.toHaveProperty('context');
  expect(deleted).not.toHaveProperty('breadcrumb');
  expect(large).not.toHaveProperty('breadcrumb');
  expect(large).toHaveProperty('context');
});

it('an event of personal data has no context, though selectors look at it', async () => {
  const { open, publish } = await openStreamBench();
  const match = encodeURIComponent(
    JSON.stringify({ context_match: [{ path: '$.name', op: 'eq', value: 'Ada' }] }),
  );
  const client = await open(`?filters=${match}`);
  const seq = await publish({ title: 'a person', sensitivity: 'pii', context: { name: 'Ada' } });
  const replayed = await open(`?filters=${match}`, { headers: { 'last-event-id': `${seq - 1}` } });
  for (const each of [client, replayed]) {
    await each.until(({ logged }) => logged.length === 1);
    expect(each.logged[0]).toMatchObject({ seq, breadcrumb: { title: 'a person' } });
    expect(each.frames.join()).not.toContain('Ada');
  }
});

it('an event that is replayed after its record has gone tells neither its context nor the record', async () => {
  const { db, open, publish, tail } = await openStreamBench();
  const first = await publish();
  const gone = await appendEvent(db, { title: 'gone', context: { text: 'forgotten' } });
  tail.ring();
  const last = await publish();
  const client = await open('', { headers: { 'last-event-id': `${first}` } });
  await client.until(({ seqs }) => seqs.at(-1) === last);
  expect(client.seqs).toEqual([gone, last]);
  expect(client.logged[0]).toMatchObject({ title: 'gone' });
  expect(client.logged[0]).not.toHaveProperty('breadcrumb');
  expect(client.frames.join()).not.toContain('forgotten');
});

it('an event is written once for all streams, and without the nested record for webhooks and brokers', () => {
  let reads = 0;
  const event: LoggedEvent = {
    seq: 1,
    kind: 'created',
    owner_id: 'o',
    breadcrumb_id: 'b',
    version: 1,
    title: 't',
    tags: [],
    schema_name: null,
    visibility: 'team',
    sensitivity: 'low',
    created_by: null,
    updated_by: null,
    updated_at: '2026-01-02T03:04:05.678Z',
    subscribers: null,
    get context() {
      reads += 1;
      return { n: 1 };
    },
  };
  const text = streamText('breadcrumb.updated', event);
  const after_first = reads;
  expect(streamText('breadcrumb.updated', event)).toBe(text);
  expect(reads).toBe(after_first);
  expect(JSON.parse(text).breadcrumb.context).toEqual({ n: 1 });
  expect(JSON.parse(wireText('breadcrumb.updated', event))).not.toHaveProperty('breadcrumb');
});
