import { expect, it } from 'vitest';
import { EventStore } from './store.ts';
import { openStreamBench } from './testing/stream-bench.ts';

const pings = (frames: readonly string[]) =>
  frames
    .filter((frame) => frame.includes('"type":"ping"'))
    .map((frame) => /^id: (\d+)\n/.exec(frame)?.[1] ?? null);

it('a ping says up to where the client has everything, though nothing was for it', async () => {
  const { clock, open, publish } = await openStreamBench();
  const before = await publish({ tags: ['other'] });
  const client = await open('?tag=mine');
  const passed = await publish({ tags: ['other'] });
  clock.advance(5_000);
  await client.until(({ frames }) => frames.length === 2);
  expect(pings(client.frames)).toEqual([String(before), String(passed)]);
  client.close();
  const mine = await publish({ tags: ['mine'] });
  const again = await open('?tag=mine', { headers: { 'last-event-id': String(passed) } });
  await again.until(({ seqs }) => seqs.length === 1);
  expect(again.seqs).toEqual([mine]);
});

it('a ping does not say so while what was missed is still being read', async () => {
  const may_read = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  class SlowStore extends EventStore {
    override async readTenant(...args: Parameters<EventStore['readTenant']>) {
      asked.resolve();
      await may_read.promise;
      return super.readTenant(...args);
    }
  }
  const { clock, open, publish } = await openStreamBench({
    store: (given) => new SlowStore(given),
  });
  const first = await publish();
  const missed = await publish();
  const client = await open('', { headers: { 'last-event-id': String(first) } });
  await asked.promise;
  clock.advance(5_000);
  await client.until(({ frames }) => frames.length === 2);
  expect(pings(client.frames)).toEqual([null, null]);
  may_read.resolve();
  await client.until(({ seqs }) => seqs.length === 1);
  expect(client.seqs).toEqual([missed]);
  clock.advance(5_000);
  await client.until(({ frames }) => frames.length === 4);
  expect(pings(client.frames).at(-1)).toBe(String(missed));
});
