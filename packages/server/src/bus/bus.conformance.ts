import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLog, silentLog, type Log } from '../base/index.ts';
import { openTestNetwork } from '../base/testing.ts';
import { MAX_MESSAGE_BYTES, type Bus } from './contract.ts';

export interface BusUnderTest {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly skip?: string | undefined;
  /** Where its server is and the port when the address has none; absent for a bus inside the process. */
  readonly server?: { readonly url: string; readonly default_port: number };
  /** Opens a bus. Two with the same `space` hear each other when there is a server; with another, never. */
  open(space: string, url: string, log: Log): Promise<Bus>;
}

/** A subscriber that collects what it hears, and waits until something has come. */
function collect() {
  const seen: (string | null)[] = [];
  const waiting = new Set<() => void>();
  return {
    seen,
    receive(message: string | null) {
      seen.push(message);
      for (const wake of waiting) wake();
      waiting.clear();
    },
    async until(message: string | null, times = 1): Promise<void> {
      while (seen.filter((each) => each === message).length < times)
        await new Promise<void>((resolve) => waiting.add(resolve));
    },
  };
}

type Open = (space?: string, url?: string, log?: Log) => Promise<Bus>;

/** What every bus must do alike. */
export function describeBus(subject: BusUnderTest): void {
  const title = `${subject.name} as a bus${subject.skip ? ` (skipped: ${subject.skip})` : ''}`;
  const open: Open = async (
    space = `t${randomUUID().replaceAll('-', '')}`,
    url = subject.server?.url ?? '',
    log = silentLog,
  ) => {
    const bus = await subject.open(space, url, log);
    onTestFinished(() => bus.close());
    return bus;
  };
  describe.skipIf(subject.skip !== undefined)(title, () => {
    describeDelivery(open);
    describeFaults(open);
    describeClosing(open);
    const { server } = subject;
    if (server) {
      describeSharing(open);
      describeOutage(open, server.url, server.default_port);
    }
  });
}

function describeDelivery(open: Open): void {
  it('delivers to every subscriber of the topic, in the order of the calls', async () => {
    const bus = await open();
    const [one, two, other] = [collect(), collect(), collect()];
    await bus.subscribe('topic', one.receive);
    await bus.subscribe('topic', two.receive);
    await bus.subscribe('topic.below', other.receive);
    const messages = Array.from({ length: 200 }, (_, n) => `message ${n}`);
    // Not one after the other: the order is that of the calls, also when nobody waits.
    await Promise.all(messages.map((message) => bus.publish('topic', message)));
    await bus.publish('topic.below', 'below');
    for (const each of [one, two]) await each.until('message 199');
    await other.until('below');
    expect(one.seen).toEqual(messages);
    expect(two.seen).toEqual(messages);
    expect(other.seen).toEqual(['below']);
  });

  it('delivers to one function as often as it subscribed', async () => {
    const bus = await open();
    const subscriber = collect();
    const ends = [
      await bus.subscribe('topic', subscriber.receive),
      await bus.subscribe('topic', subscriber.receive),
    ];
    await bus.publish('topic', 'twice');
    await subscriber.until('twice', 2);
    await ends[0]?.();
    await bus.publish('topic', 'once');
    await bus.publish('topic', 'end');
    await subscriber.until('end');
    expect(subscriber.seen).toEqual(['twice', 'twice', 'once', 'end']);
  });

  it('carries any text up to the limit', async () => {
    const bus = await open();
    const subscriber = collect();
    await bus.subscribe('topic', subscriber.receive);
    const texts = ['', ' ', '\r\n', '{"a":"é😀"}', "'; --", 'x'.repeat(MAX_MESSAGE_BYTES)];
    for (const text of [...texts, 'end']) await bus.publish('topic', text);
    await subscriber.until('end');
    expect(subscriber.seen).toEqual([...texts, 'end']);
  });

  it('delivers what a subscriber publishes in its turn', async () => {
    const bus = await open();
    const subscriber = collect();
    await bus.subscribe('question', () => void bus.publish('answer', '42'));
    await bus.subscribe('answer', subscriber.receive);
    await bus.publish('question', '?');
    await subscriber.until('42');
  });

  it('delivers nothing more to who has left', async () => {
    const bus = await open();
    const [gone, stays] = [collect(), collect()];
    const leave = await bus.subscribe('topic', gone.receive);
    await bus.subscribe('topic', stays.receive);
    await leave();
    await leave();
    await bus.publish('topic', 'end');
    await stays.until('end');
    expect(gone.seen).toEqual([]);
  });
}

function describeFaults(open: Open): void {
  it('rejects a message that is too long in bytes, with both sizes', async () => {
    const bus = await open();
    const long = 'é'.repeat(MAX_MESSAGE_BYTES / 2 + 1);
    const failing = bus.publish('topic', long);
    await expect(failing).rejects.toThrow(
      new RangeError('a message on topic has 7502 bytes; at most 7500 fit'),
    );
    await expect(failing).rejects.toBeInstanceOf(RangeError);
  });

  it('lets a subscriber that throws hurt nobody else', async () => {
    const lines: string[] = [];
    const log = createLog('error', { write: (line) => void lines.push(line) });
    const bus = await open(undefined, undefined, log);
    const [before, after] = [collect(), collect()];
    await bus.subscribe('topic', before.receive);
    await bus.subscribe('topic', () => {
      throw new Error('of one subscriber');
    });
    await bus.subscribe('topic', after.receive);
    for (const message of ['a', 'b']) await bus.publish('topic', message);
    for (const each of [before, after]) await each.until('b');
    expect([before.seen, after.seen]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('of one subscriber');
  });
}

function describeClosing(open: Open): void {
  it('closes twice, also at the same time, and delivers nothing more', async () => {
    const bus = await open();
    const subscriber = collect();
    const leave = await bus.subscribe('topic', subscriber.receive);
    await Promise.all([bus.close(), bus.close()]);
    await bus.close();
    await bus.publish('topic', 'too late');
    await leave();
    expect(subscriber.seen).toEqual([]);
  });
}

function describeSharing(open: Open): void {
  it('reaches the subscribers of other processes, and none of another installation', async () => {
    const space = `t${randomUUID().replaceAll('-', '')}`;
    const [here, there, foreign] = [await open(space), await open(space), await open()];
    const [at_here, at_there, at_foreign] = [collect(), collect(), collect()];
    await here.subscribe('topic', at_here.receive);
    await there.subscribe('topic', at_there.receive);
    await foreign.subscribe('topic', at_foreign.receive);
    const messages = Array.from({ length: 50 }, (_, n) => `message ${n}`);
    for (const message of messages) await here.publish('topic', message);
    await there.publish('topic', 'back');
    for (const each of [at_here, at_there]) {
      await each.until('message 49');
      await each.until('back');
      expect(each.seen.filter((message) => message !== 'back')).toEqual(messages);
    }
    await foreign.publish('topic', 'end');
    await at_foreign.until('end');
    expect(at_foreign.seen).toEqual(['end']);
  });
}

function describeOutage(open: Open, url: string, default_port: number): void {
  it('publishes without a complaint while the server is away, and tells subscribers after', async () => {
    const network = await openTestNetwork(url, default_port);
    const space = `t${randomUUID().replaceAll('-', '')}`;
    const lines: string[] = [];
    const log = createLog('warn', { write: (line) => void lines.push(line) });
    const [near, far] = [await open(space, network.url, log), await open(space)];
    const [one, two, gone] = [collect(), collect(), collect()];
    await near.subscribe('topic', one.receive);
    await near.subscribe('other', two.receive);
    const leave = await near.subscribe('topic', gone.receive);
    network.cut();
    const published = Array.from({ length: 20 }, () => near.publish('topic', 'into the void'));
    await network.refused(3);
    published.push(near.publish('topic', 'still'));
    await Promise.all(published);
    await leave();
    network.mend();
    for (const each of [one, two]) await each.until(null);
    await far.publish('topic', 'from afar');
    await one.until('from afar');
    await near.publish('other', 'from here');
    await two.until('from here');
    expect(gone.seen).not.toContain(null);
    expect(two.seen).toEqual([null, 'from here']);
    expect(lines.length).toBeGreaterThan(0);
  });

  it('rejects a subscription that the server cannot know of, and keeps nothing of it', async () => {
    const network = await openTestNetwork(url, default_port);
    const bus = await open(undefined, network.url);
    const [early, late] = [collect(), collect()];
    await bus.subscribe('topic', early.receive);
    network.cut();
    await network.refused(1);
    await expect(bus.subscribe('topic', late.receive)).rejects.toBeInstanceOf(Error);
    network.mend();
    await early.until(null);
    await bus.publish('topic', 'end');
    await early.until('end');
    expect(late.seen).toEqual([]);
  });

  it('closes in the middle of an outage', async () => {
    const network = await openTestNetwork(url, default_port);
    const bus = await open(undefined, network.url);
    const subscriber = collect();
    await bus.subscribe('topic', subscriber.receive);
    network.cut();
    await network.refused(1);
    await bus.close();
    await bus.publish('topic', 'too late');
  });

  it('cannot be opened when the server does not answer', async () => {
    const network = await openTestNetwork(url, default_port);
    network.cut();
    await expect(open(undefined, network.url)).rejects.toBeInstanceOf(Error);
  });
}
