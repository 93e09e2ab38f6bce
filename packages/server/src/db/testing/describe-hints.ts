import { describe, expect, it } from 'vitest';
import { HINT_BYTES, type Database } from '../contract.ts';
import type { Open } from '../database.conformance.ts';
import { collectHints, type HintCollector } from './collect-hints.ts';

/** Sends a last hint and waits for it: everything that was sent before has come by then, too. */
async function settle(db: Database, channel: string, ...all: HintCollector[]) {
  await db.notify(channel, 'end');
  for (const each of all) await each.until('end');
}

/** Hints: to everybody who listens, in order, and to nobody else. */
export function describeHints(open: Open): void {
  describe('hints', () => {
    it('reach a listener in the order in which they were sent', async () => {
      const db = await open();
      const listener = collectHints();
      await db.listen('topic', listener.receive);
      const payloads = Array.from({ length: 100 }, (_, n) => `hint ${n}`);
      for (const payload of payloads) await db.notify('topic', payload);
      await settle(db, 'topic', listener);
      expect(listener.seen).toEqual([...payloads, 'end']);
    });

    it('carry any payload up to the limit', async () => {
      const db = await open();
      const listener = collectHints();
      await db.listen('topic', listener.receive);
      const payloads = [
        '',
        "it's; --",
        '😀é',
        '{"a":1}',
        'x'.repeat(HINT_BYTES),
        'é'.repeat(HINT_BYTES / 2),
      ];
      for (const payload of payloads) await db.notify('topic', payload);
      await settle(db, 'topic', listener);
      expect(listener.seen).toEqual([...payloads, 'end']);
    });

    it('reach every listener, also one function that listens twice', async () => {
      const db = await open();
      const [one, two] = [collectHints(), collectHints()];
      const ends = [
        await db.listen('topic', one.receive),
        await db.listen('topic', two.receive),
        await db.listen('topic', two.receive),
      ];
      await settle(db, 'topic', one, two);
      await ends[2]?.();
      await db.notify('topic', 'once');
      await two.until('once');
      expect([one.seen, two.seen]).toEqual([
        ['end', 'once'],
        ['end', 'end', 'once'],
      ]);
    });

    it('stay on their channel, however alike the names are', async () => {
      const db = await open();
      const long = 'a-name-that-is-longer-than-a-name-may-be-in-the-database-'.repeat(2);
      const channels = ['topic', 'Topic', 'topic.a', 'a "quoted" one', `${long}1`, `${long}2`];
      const listeners = new Map(channels.map((channel) => [channel, collectHints()]));
      for (const [channel, { receive }] of listeners) await db.listen(channel, receive);
      for (const channel of channels) await db.notify(channel, `for ${channel}`);
      for (const [channel, listener] of listeners) {
        await settle(db, channel, listener);
        expect(listener.seen).toEqual([`for ${channel}`, 'end']);
      }
    });

    it('come no more once the listener has left, and do for those who stay', async () => {
      const db = await open();
      const [gone, stays] = [collectHints(), collectHints()];
      const leave = await db.listen('topic', gone.receive);
      await db.listen('topic', stays.receive);
      await leave();
      await leave();
      await settle(db, 'topic', stays);
      expect(gone.seen).toEqual([]);
    });

    it('come to who listens again while the last listener is leaving', async () => {
      const db = await open();
      const [first, second] = [collectHints(), collectHints()];
      const leave = await db.listen('topic', first.receive);
      const left = leave();
      await db.listen('topic', second.receive);
      await left;
      await settle(db, 'topic', second);
      expect(second.seen).toEqual(['end']);
    });

    it('come to everybody who began to listen at the same time', async () => {
      const db = await open();
      const listeners = Array.from({ length: 5 }, collectHints);
      const hints = listeners.map(async (listener, index) => {
        await db.listen('topic', listener.receive);
        // From here on nothing may be missed, whoever's LISTEN it was.
        await db.notify('topic', `for ${index}`);
        await listener.until(`for ${index}`);
      });
      await Promise.all(hints);
    });

    it('are sent although nobody listens', async () => {
      const db = await open();
      await db.notify('topic', 'into the wood');
      expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    });
  });
}
