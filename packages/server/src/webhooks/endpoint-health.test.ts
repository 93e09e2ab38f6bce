import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { WEBHOOKS_QUEUE, type Disabled } from './contract.ts';
import { openReceiver, openTestWebhooks } from './testing.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const news = { tags: ['news'] };

async function scene(options: Parameters<typeof openTestWebhooks>[0] = {}) {
  const told: Disabled[] = [];
  const observed: [string, number][] = [];
  const hooks = await openTestWebhooks({
    notifier: { disabled: async (_tx, each) => void told.push(each), committed: () => {} },
    observe: (outcome, ms) => observed.push([outcome, ms]),
    ...options,
  });
  const receiver = await openReceiver();
  const agent = await hooks.principal({ roles: ['emitter', 'subscriber'] });
  await hooks.subscribe(agent, { any_tags: ['news'] });
  const { webhook } = await hooks.webhooks.create(agent, agent.agent_id, { url: receiver.url });
  const listed = async () =>
    (await hooks.webhooks.list(agent, agent.agent_id, 'all')).map(
      ({ active, disabled_reason }) => [active, disabled_reason] as const,
    );
  return { hooks, receiver, agent, webhook, told, observed, listed };
}

describe('an endpoint that fails', () => {
  it('is disabled after five days without a success, and its owner is told', async () => {
    const { hooks, receiver, agent, webhook, told, observed, listed } = await scene();
    receiver.answer({ status: 500 });
    await hooks.work();
    for (let day = 0; day < 5; day++) {
      await hooks.emit(agent, news);
      await hooks.passUntilIdle();
      hooks.clock.advance(2 * HOUR_MS);
      expect(await listed()).toEqual([[true, null]]);
    }
    expect(told).toEqual([]);
    for (let day = 0; day < 3 && told.length === 0; day++) {
      await hooks.emit(agent, news);
      await hooks.passUntilIdle();
      hooks.clock.advance(2 * HOUR_MS);
    }
    expect(await listed()).toEqual([[false, 'failing']]);
    expect(told).toMatchObject([
      { reason: 'failing', endpoint: { id: webhook.id, agent_id: agent.agent_id } },
    ]);
    const sent = receiver.received.length;
    expect(observed).toHaveLength(sent);
    await hooks.emit(agent, news);
    await hooks.passUntilIdle();
    expect(receiver.received).toHaveLength(sent);
  });

  it('is not disabled while it succeeds now and then', async () => {
    const { hooks, receiver, agent, told, listed } = await scene();
    await hooks.work();
    for (let day = 0; day < 14; day++) {
      receiver.answer({ status: day % 4 === 3 ? 200 : 500 });
      await hooks.emit(agent, news);
      await hooks.passUntilIdle();
      hooks.clock.advance(2 * HOUR_MS);
    }
    expect(told).toEqual([]);
    expect(await listed()).toEqual([[true, null]]);
  });

  it('is not disabled by one failure long after another, with nothing between', async () => {
    const { hooks, receiver, agent, told } = await scene();
    await hooks.work();
    for (let time = 0; time < 3; time++) {
      receiver.answer({ status: 500 });
      await hooks.emit(agent, news);
      await hooks.passUntilIdle();
      hooks.clock.advance(30 * DAY_MS);
    }
    expect(told).toEqual([]);
  });

  it('begins anew when it is registered again', async () => {
    const { hooks, receiver, agent, webhook, told, listed } = await scene();
    receiver.answer({ status: 500 });
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    await hooks.db.query({
      text: "update webhook_endpoints set failing_since = failing_since - interval '6 days'",
    });
    await hooks.emit(agent, news);
    await hooks.passUntilIdle();
    expect(await listed()).toEqual([[false, 'failing']]);
    await hooks.webhooks.create(agent, agent.agent_id, { url: receiver.url });
    await hooks.emit(agent, news);
    await hooks.passUntilIdle();
    expect(await listed()).toEqual([[true, null]]);
    expect(told).toHaveLength(1);
    expect(told[0]?.endpoint.id).toBe(webhook.id);
  });

  it('gets all that waits at its first success after an outage, not hours later', async () => {
    const { hooks, receiver, agent } = await scene();
    receiver.answer({ status: 503 });
    for (let n = 0; n < 5; n++) await hooks.emit(agent, news);
    await hooks.work();
    // After five attempts each would wait for two hours.
    await hooks.passUntil(receiver.nth(25));
    await untilWaiting(hooks, 5);
    receiver.answer({ status: 200 });
    const before = receiver.received.length;
    const at = hooks.clock.now();
    await hooks.emit(agent, news);
    await hooks.passUntil(receiver.nth(before + 6));
    expect(hooks.clock.now() - at).toBeLessThan(60_000);
    await hooks.passUntilIdle();
    expect(await hooks.deliveries.counts(WEBHOOKS_QUEUE)).toEqual({ done: 6 });
  });

  it('does not make the versions of a record wait one schedule after the other', async () => {
    const { hooks, receiver, agent } = await scene();
    receiver.answer({ status: 500 });
    const breadcrumb_id = newId();
    const begun = hooks.clock.now();
    for (let version = 1; version <= 6; version++)
      await hooks.emit(agent, { ...news, breadcrumb_id, version });
    await hooks.work();
    await hooks.passUntilIdle();
    expect(await hooks.deliveries.counts(WEBHOOKS_QUEUE)).toEqual({ dead: 6 });
    // One schedule is 18 hours long; six of them would be four days and more.
    expect(hooks.clock.now() - begun).toBeLessThan(30 * HOUR_MS);
    const versions = receiver.received.map(({ body }) => JSON.parse(body).version as number);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(versions).size).toBe(6);
  });
});

describe('an endpoint that does not answer', () => {
  it('leaves room for the others', async () => {
    const { hooks, receiver, agent } = await scene({ lane_concurrency: 2 });
    const quick = await openReceiver();
    const other = await hooks.principal({ owner_id: agent.owner_id, roles: ['subscriber'] });
    await hooks.webhooks.create(other, other.agent_id, { url: quick.url });
    receiver.hang();
    for (let n = 0; n < 10; n++) await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntil(receiver.nth(2));
    await hooks.subscribe(other, { any_tags: ['news'] });
    const at = Date.now();
    for (let n = 0; n < 10; n++) await hooks.emit(agent, news);
    await hooks.passUntil(quick.nth(10));
    expect(receiver.received).toHaveLength(2);
    // Its first requests are still out: none was given up to make this room.
    expect(Date.now() - at).toBeLessThan(15_000);
  });
});

async function untilWaiting(hooks: Awaited<ReturnType<typeof openTestWebhooks>>, count: number) {
  for (;;) {
    const { pending = 0, running = 0 } = await hooks.deliveries.counts(WEBHOOKS_QUEUE);
    if (pending === count && running === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
