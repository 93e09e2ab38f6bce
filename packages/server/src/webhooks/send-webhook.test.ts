import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import type { Principal } from '../http/index.ts';
import { openTestLog } from '../secrets/testing.ts';
import { WEBHOOKS_QUEUE } from './contract.ts';
import { RETRY_PAUSES_MS } from './retry-schedule.ts';
import {
  openReceiver,
  openTestWebhooks,
  verifyOriginal,
  verifyStandardWebhook,
  type Received,
  type TestWebhooks,
} from './testing.ts';

async function scene(options: Parameters<typeof openTestWebhooks>[0] = {}) {
  const hooks = await openTestWebhooks(options);
  const receiver = await openReceiver();
  const agent = await hooks.principal({ roles: ['emitter', 'subscriber'] });
  await hooks.subscribe(agent, { any_tags: ['news'] });
  const { webhook } = await hooks.webhooks.create(agent, agent.agent_id, { url: receiver.url });
  return { hooks, receiver, agent, webhook, secret: webhook.secret ?? '' };
}

const news = { tags: ['news'] };
const states = ({ deliveries }: TestWebhooks) => deliveries.counts(WEBHOOKS_QUEUE);
/** Milliseconds from one request to the next, by their own timestamps. */
const pausesBetween = (received: readonly Received[]) => {
  const times = received.map(({ headers }) => Number(headers['webhook-timestamp']) * 1_000);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
};
const attemptsOf = async (hooks: TestWebhooks, agent: Principal, id: string) =>
  (await hooks.webhooks.attempts(agent, agent.agent_id, id, { limit: 50 })).toReversed();

describe('a webhook', () => {
  it('is the event of a matching subscription, signed in both ways', async () => {
    const { hooks, receiver, agent, webhook, secret } = await scene();
    await hooks.work();
    const context = { zebra: 1, a: { deep: ['é', null] }, 'b b': 1.5 };
    const breadcrumb_id = newId();
    const seq = await hooks.emit(agent, {
      ...news,
      breadcrumb_id,
      context,
      schema_name: 'note.v1',
    });
    const received = await hooks.passUntil(receiver.nth(1));
    expect(JSON.parse(received.body)).toEqual({
      type: 'breadcrumb.updated',
      seq,
      breadcrumb_id,
      owner_id: agent.owner_id,
      version: 1,
      title: 'a title',
      tags: ['news'],
      schema_name: 'note.v1',
      updated_at: '2026-01-02T03:04:05.678Z',
      updated_by: null,
      context,
    });
    expect(await verifyStandardWebhook(received, secret)).toBe(0);
    expect(await verifyOriginal(received, secret)).toBe(true);
    expect(received.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': `evt_${seq}_${webhook.id}`,
      'webhook-timestamp': String(Math.floor(hooks.clock.now() / 1_000)),
    });
    await hooks.passUntilIdle();
    expect(await states(hooks)).toEqual({ done: 1 });
    expect(await attemptsOf(hooks, agent, webhook.id)).toMatchObject([
      { attempt: 1, outcome: 'delivered', status: 200, error: null, seq, breadcrumb_id },
    ]);
  });

  it('goes to each endpoint once, however many selectors match, and not for what does not match', async () => {
    const { hooks, receiver, agent } = await scene();
    const second = await openReceiver();
    await hooks.webhooks.create(agent, agent.agent_id, { url: second.url });
    await hooks.subscribe(agent, { schema_name: 'note.v1' });
    await hooks.subscribe(agent, {});
    await hooks.emit(agent, { ...news, schema_name: 'note.v1' });
    await hooks.emit(agent, { ...news, kind: 'deleted' });
    expect(await states(hooks)).toEqual({ pending: 2 });
    await hooks.work();
    await hooks.passUntilIdle();
    expect([receiver.received.length, second.received.length]).toEqual([1, 1]);
    expect(receiver.received[0]?.body).toBe(second.received[0]?.body);
    expect(receiver.received[0]?.headers['webhook-id']).not.toBe(
      second.received[0]?.headers['webhook-id'],
    );
  });

  it('of one tenant never goes to another, nor to an agent that did not subscribe', async () => {
    const { hooks, receiver, agent } = await scene();
    const stranger = await hooks.principal();
    const colleague = await hooks.principal({ owner_id: agent.owner_id });
    // The same agent id in another tenant is another agent.
    const namesake = { ...stranger, agent_id: agent.agent_id };
    await hooks.db.query({
      text: 'insert into agents (owner_id, id, roles) values ($1, $2, $3)',
      values: [namesake.owner_id, namesake.agent_id, namesake.roles],
    });
    const others = await openReceiver();
    for (const other of [stranger, colleague, namesake])
      await hooks.webhooks.create(other, other.agent_id, { url: others.url });
    await hooks.subscribe(stranger, {});
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    expect([receiver.received.length, others.received.length]).toEqual([1, 0]);
    await hooks.emit(stranger, news);
    await hooks.passUntilIdle();
    expect([receiver.received.length, others.received.length]).toEqual([1, 1]);
  });

  it('is not sent for a breadcrumb that the agent may not see; to a curator it goes without the secret', async () => {
    const { hooks, receiver, agent, webhook } = await scene();
    const curator = await hooks.principal({ owner_id: agent.owner_id, roles: ['curator'] });
    const second = await openReceiver();
    await hooks.subscribe(curator, {});
    await hooks.webhooks.create(curator, curator.agent_id, { url: second.url });
    await hooks.emit(agent, { ...news, sensitivity: 'secret', context: null });
    await hooks.work();
    await hooks.passUntilIdle();
    expect(receiver.received).toHaveLength(0);
    expect(await attemptsOf(hooks, agent, webhook.id)).toEqual([]);
    expect(JSON.parse(second.received[0]?.body ?? '{}').context ?? null).toBeNull();
    expect(await states(hooks)).toEqual({ done: 2 });
  });

  it('goes without the context of personal data, and of what became that, or is gone, by the time of sending', async () => {
    const { hooks, receiver, agent } = await scene();
    const context = { name: 'Ada' };
    const emit = async (more: object = {}) => {
      const breadcrumb_id = newId();
      await hooks.emit(agent, { ...news, breadcrumb_id, context, ...more });
      return breadcrumb_id;
    };
    await emit({ sensitivity: 'pii' });
    const became = await emit();
    const expired = await emit();
    const deleted = await emit();
    const change = (text: string, id: string) => hooks.db.query({ text, values: [id] });
    await change("update breadcrumbs set sensitivity = 'pii' where id = $1", became);
    await change("update breadcrumbs set ttl = now() - interval '1 minute' where id = $1", expired);
    await change('delete from breadcrumbs where id = $1', deleted);
    await hooks.work();
    await hooks.passUntil(receiver.nth(4));
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as object);
    for (const body of bodies) {
      expect(body).toMatchObject({ title: 'a title', tags: ['news'] });
      expect(body).not.toHaveProperty('context');
    }
  });

  it('is not sent to an agent that has lost its role, or is gone, by the time of sending', async () => {
    const { hooks, agent } = await scene();
    const { owner_id } = agent;
    const target = await openReceiver();
    const [demoted, deleted] = [
      await hooks.principal({ owner_id, roles: ['curator'] }),
      await hooks.principal({ owner_id, roles: ['curator'] }),
    ];
    for (const curator of [demoted, deleted]) {
      await hooks.subscribe(curator, {});
      await hooks.webhooks.create(curator, curator.agent_id, { url: target.url });
    }
    await hooks.emit(agent, { sensitivity: 'secret', context: null });
    expect(await states(hooks)).toEqual({ pending: 2 });
    await hooks.db.query({
      text: "update agents set roles = '{emitter}' where id = $1",
      values: [demoted.agent_id],
    });
    await hooks.db.query({ text: 'delete from agents where id = $1', values: [deleted.agent_id] });
    await hooks.work();
    await hooks.passUntilIdle();
    expect(target.received).toHaveLength(0);
    expect(await states(hooks)).toEqual({ done: 2 });
  });
});

describe('retries', () => {
  it('keep the webhook-id, take a new timestamp, and follow the schedule until the letter is dead', async () => {
    const { hooks, receiver, agent, webhook, secret } = await scene();
    receiver.answer({ status: 500 });
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    expect(receiver.received).toHaveLength(8);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(
      8,
    );
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    for (const each of receiver.received) expect(await verifyStandardWebhook(each, secret)).toBe(0);
    const pauses = pausesBetween(receiver.received);
    for (const [index, pause] of RETRY_PAUSES_MS.entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(pause - 1_000);
      expect(pauses[index]).toBeLessThan(pause + 3_000);
    }
    expect(await states(hooks)).toEqual({ dead: 1 });
    const curator = await hooks.principal({ owner_id: agent.owner_id, roles: ['curator'] });
    expect(await hooks.dead_letters.list(curator, { limit: 10 })).toMatchObject([
      {
        agent_id: agent.agent_id,
        endpoint_id: webhook.id,
        url: receiver.url,
        attempts: 8,
        last_error: 'answered 500',
        payload: JSON.parse(receiver.received[0]?.body ?? ''),
      },
    ]);
    const log = await attemptsOf(hooks, agent, webhook.id);
    expect(log.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(log.every(({ outcome, status }) => outcome === 'failed' && status === 500)).toBe(true);
  });

  it.each([429, 503])('wait as long as an answer %s asks for', async (status) => {
    const { hooks, receiver, agent } = await scene();
    receiver.answer({ status, headers: { 'retry-after': '600' } }, { status: 204 });
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    const [pause] = pausesBetween(receiver.received);
    expect(pause).toBeGreaterThanOrEqual(599_000);
    expect(pause).toBeLessThan(603_000);
  });

  it('follow the schedule also when the secrets cannot be opened: a missing key does not use them up', async () => {
    const { hooks, receiver, agent } = await scene();
    await hooks.db.query({ text: "update secrets set kek_id = 'kek-0000000000000000'" });
    await hooks.emit(agent, news);
    const [delivery] = await hooks.deliveries.claim(WEBHOOKS_QUEUE, 'test', 1, 30_000);
    if (!delivery) throw new Error('nothing was claimed');
    const outcome = await hooks.sender.handle(delivery, new AbortController().signal);
    expect(outcome).toMatchObject({
      type: 'retry',
      after_ms: RETRY_PAUSES_MS[0],
      reason: expect.stringContaining('SECRETS_KEKS_OLD'),
    });
    expect(receiver.received).toHaveLength(0);
  });

  it('do not follow a redirect', async () => {
    const { hooks, receiver, agent, webhook } = await scene();
    const target = await openReceiver();
    receiver.answer({ status: 307, headers: { location: target.url } }, { status: 200 });
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    expect([receiver.received.length, target.received.length]).toEqual([2, 0]);
    expect((await attemptsOf(hooks, agent, webhook.id))[0]).toMatchObject({
      status: 307,
      error: 'answered 307; redirects are not followed',
    });
  });

  it('come after a process that died between sending and recording, with the same webhook-id', async () => {
    const { hooks, receiver, agent } = await scene({ lease_ms: 30_000 });
    await hooks.emit(agent, news);
    const [delivery] = await hooks.deliveries.claim(WEBHOOKS_QUEUE, 'dies', 1, 30_000);
    if (!delivery) throw new Error('nothing was claimed');
    const outcome = await hooks.sender.handle(delivery, new AbortController().signal);
    expect(outcome.type).toBe('done');
    // The process dies here: the outcome is never recorded.
    expect(receiver.received).toHaveLength(1);
    hooks.clock.advance(30_000);
    await hooks.work();
    await hooks.passUntil(receiver.nth(2));
    await hooks.passUntilIdle();
    const [one, two] = receiver.received;
    expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id']);
    expect(two?.body).toBe(one?.body);
    expect(await states(hooks)).toEqual({ done: 1 });
  });

  it('are given up to another worker when this one stops, without an attempt on record', async () => {
    const { hooks, receiver, agent, webhook } = await scene();
    receiver.hang();
    await hooks.emit(agent, news);
    const worker = await hooks.work();
    await hooks.passUntil(receiver.nth(1));
    await hooks.stop(worker);
    expect(await attemptsOf(hooks, agent, webhook.id)).toEqual([]);
    expect(await states(hooks)).toEqual({ pending: 1 });
    receiver.answer({ status: 200 });
    await hooks.work();
    await hooks.passUntilIdle();
    expect(await attemptsOf(hooks, agent, webhook.id)).toMatchObject([
      { attempt: 1, outcome: 'delivered' },
    ]);
  });

  it('of one breadcrumb keep its versions in order; other breadcrumbs do not wait', async () => {
    const { hooks, receiver, agent } = await scene();
    receiver.answer({ status: 500 }, { status: 200 });
    const breadcrumb_id = newId();
    await hooks.emit(agent, { ...news, breadcrumb_id, version: 1 });
    const work = hooks.work();
    await hooks.passUntil(receiver.nth(1));
    await work;
    await hooks.emit(agent, { ...news, breadcrumb_id, version: 2, kind: 'updated' });
    await hooks.emit(agent, { ...news, version: 9 });
    await hooks.passUntilIdle();
    const versions = receiver.received.map(({ body }) => JSON.parse(body).version as number);
    expect(versions.toSorted((a, b) => a - b)).toEqual([1, 1, 2, 9]);
    expect(versions.filter((version) => version < 9)).toEqual([1, 1, 2]);
  });
});

describe('an endpoint', () => {
  it('that answers 410 is disabled: nothing more is sent, what waits becomes a dead letter', async () => {
    const { hooks, receiver, agent, webhook } = await scene();
    receiver.answer({ status: 410 });
    const breadcrumb_id = newId();
    await hooks.emit(agent, { ...news, breadcrumb_id });
    await hooks.emit(agent, { ...news, breadcrumb_id, version: 2, kind: 'updated' });
    await hooks.work();
    await hooks.passUntilIdle();
    expect(receiver.received).toHaveLength(1);
    expect(await states(hooks)).toEqual({ dead: 2 });
    await hooks.emit(agent, news);
    expect(await states(hooks)).toEqual({ dead: 2 });
    expect(await hooks.webhooks.list(agent, agent.agent_id, 'active')).toEqual([]);
    expect(await hooks.webhooks.list(agent, agent.agent_id, 'all')).toMatchObject([
      { id: webhook.id, active: false, disabled_reason: 'gone' },
    ]);
    const curator = await hooks.principal({ owner_id: agent.owner_id, roles: ['curator'] });
    const [letter] = await hooks.dead_letters.list(curator, { limit: 1 });
    await expect(hooks.dead_letters.retry(curator, letter?.id ?? '')).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await hooks.dead_letters.retryMany(curator, {})).toBe(0);
    receiver.answer({ status: 200 });
    const again = await hooks.webhooks.create(agent, agent.agent_id, { url: receiver.url });
    expect(again).toMatchObject({
      is_new: false,
      webhook: { id: webhook.id, active: true, secret: null },
    });
    expect(await hooks.dead_letters.retryMany(curator, { endpoint_id: webhook.id })).toBe(2);
    await hooks.passUntilIdle();
    expect(receiver.received.map(({ body }) => JSON.parse(body).version)).toEqual([1, 1, 2]);
    expect(receiver.received[1]?.headers['webhook-id']).toBe(
      receiver.received[0]?.headers['webhook-id'],
    );
    expect(await hooks.dead_letters.list(curator, { limit: 10 })).toEqual([]);
  });

  it('that answered 410 can be deleted, and then is not listed as disabled any more', async () => {
    const { hooks, receiver, agent, webhook } = await scene();
    receiver.answer({ status: 410 });
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    await hooks.webhooks.remove(agent, agent.agent_id, webhook.id);
    expect(await hooks.webhooks.list(agent, agent.agent_id, 'all')).toMatchObject([
      { active: false, disabled_reason: 'deleted' },
    ]);
    await expect(hooks.webhooks.remove(agent, agent.agent_id, webhook.id)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('that was deleted gets nothing more, also not what waits', async () => {
    const { hooks, receiver, agent, webhook } = await scene();
    await hooks.emit(agent, news);
    await hooks.webhooks.remove(agent, agent.agent_id, webhook.id);
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    expect(receiver.received).toHaveLength(0);
    expect(await states(hooks)).toEqual({ done: 1 });
    const { rows } = await hooks.db.query({ text: 'select from secrets' });
    expect(rows).toHaveLength(0);
  });

  it('in a private network is not reached by default, and one that was made before is not sent to', async () => {
    const closed = await openTestWebhooks({ allow_private: false });
    const target = await openReceiver();
    const owner = await closed.principal({ roles: ['emitter'] });
    await closed.subscribe(owner, {});
    const { webhook } = await closed.webhooks.create(owner, owner.agent_id, {
      url: target.url.replace('127.0.0.1', 'hook.example'),
    });
    await closed.db.query({
      text: 'update webhook_endpoints set url = $2 where id = $1',
      values: [webhook.id, target.url],
    });
    await closed.emit(owner);
    await closed.work();
    await closed.passUntilIdle();
    expect(target.received).toHaveLength(0);
    expect((await attemptsOf(closed, owner, webhook.id))[0]).toMatchObject({
      outcome: 'failed',
      status: null,
      error: expect.stringContaining('private network'),
    });
    expect(await states(closed)).toEqual({ dead: 1 });
  });

  it('keeps its last 200 attempts', async () => {
    const { hooks, agent, webhook } = await scene();
    for (let n = 1; n <= 205; n++) {
      await hooks.store_of_webhooks.noteAttempt({
        endpoint_id: webhook.id,
        owner_id: agent.owner_id,
        webhook_id: 'x',
        seq: n,
        breadcrumb_id: newId(),
        attempt: 1,
        outcome: 'failed',
        status: null,
        error: 'x',
        duration_ms: 1,
      });
    }
    const log = await hooks.webhooks.attempts(agent, agent.agent_id, webhook.id, { limit: 500 });
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, n) => 205 - n));
  });
});

describe('signing secrets', () => {
  it('are two for a day after a rotation, then one; a third one ends the first', async () => {
    const { hooks, receiver, agent, webhook, secret: first } = await scene();
    await hooks.work();
    const { webhooks, clock } = hooks;
    const signedBy = async (...secrets: string[]) => {
      const n = receiver.received.length + 1;
      await hooks.emit(agent, news);
      const received = await hooks.passUntil(receiver.nth(n));
      await hooks.passUntilIdle();
      return Promise.all(secrets.map((each) => verifyStandardWebhook(received, each)));
    };
    const second = await webhooks.rotate(agent, agent.agent_id, webhook.id, {});
    expect(Date.parse(second.previous_expires_at ?? '')).toBe(clock.now() + 86_400_000);
    expect(await signedBy(second.secret, first)).toEqual([0, 1]);
    const given = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const third = await webhooks.rotate(agent, agent.agent_id, webhook.id, {
      secret: given,
      expire_previous_in_s: 60,
    });
    expect(third.secret).toBe(given);
    expect(await signedBy(given, second.secret, first)).toEqual([0, 1, -1]);
    clock.advance(61_000);
    expect(await signedBy(given, second.secret)).toEqual([0, -1]);
    const fourth = await webhooks.rotate(agent, agent.agent_id, webhook.id, {
      expire_previous_in_s: 0,
    });
    expect(fourth.previous_expires_at).toBeNull();
    expect(await signedBy(fourth.secret, given)).toEqual([0, -1]);
  });

  it('are two also when several rotations come at once', async () => {
    const { hooks, receiver, agent, webhook } = await scene();
    const rotated = await Promise.all(
      Array.from({ length: 5 }, () => hooks.webhooks.rotate(agent, agent.agent_id, webhook.id, {})),
    );
    await hooks.emit(agent, news);
    await hooks.work();
    const received = await hooks.passUntil(receiver.nth(1));
    expect(String(received.headers['webhook-signature']).split(' ')).toHaveLength(2);
    const places = await Promise.all(
      rotated.map(({ secret }) => verifyStandardWebhook(received, secret)),
    );
    expect(places.toSorted((a, b) => a - b)).toEqual([-1, -1, -1, 0, 1]);
    const { rows } = await hooks.db.query({ text: 'select from secrets' });
    expect(rows).toHaveLength(2);
  });

  it('of the agent sign for all its endpoints, in the header of the original too', async () => {
    const { hooks, receiver, agent, secret } = await scene();
    const { webhooks } = hooks;
    await webhooks.setAgentSecret(agent, agent.agent_id, { secret: 'the agent secret' });
    await webhooks.setAgentSecret(agent, agent.agent_id, { secret: 'the agent secret' });
    const second = await openReceiver();
    const { webhook } = await webhooks.create(agent, agent.agent_id, { url: second.url });
    expect(webhook.secret).toBeNull();
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    const [one, two] = [receiver.received[0], second.received[0]];
    if (!one || !two) throw new Error('nothing came');
    for (const each of [one, two]) {
      expect(await verifyOriginal(each, 'the agent secret')).toBe(true);
      expect(await verifyStandardWebhook(each, 'the agent secret')).toBe(0);
    }
    expect(await verifyStandardWebhook(one, secret)).toBe(1);
    expect(String(two.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });

  it('stand in no table and in no log in the clear, and their use is on record once', async () => {
    const { log, text } = openTestLog();
    const { hooks, receiver, agent, webhook, secret } = await scene({ log });
    await hooks.webhooks.setAgentSecret(agent, agent.agent_id, { secret: 'the agent secret' });
    receiver.answer({ status: 500 });
    await hooks.emit(agent, news);
    await hooks.work();
    await hooks.passUntilIdle();
    expect(text()).toContain('a delivery is dead');
    for (const table of [
      'secrets',
      'secret_audit',
      'webhook_endpoints',
      'webhook_signing_secrets',
      'webhook_attempts',
      'webhook_dlq',
      'deliveries',
    ]) {
      const { rows } = await hooks.db.query<{ line: string }>({
        text: `select coalesce(jsonb_agg(to_jsonb(t))::text, '') as line from ${table} t`,
      });
      for (const each of [secret, secret.slice(6), 'the agent secret'])
        expect([table, (rows[0]?.line ?? '').includes(each)]).toEqual([table, false]);
    }
    for (const each of [secret, 'the agent secret', receiver.url])
      expect(text()).not.toContain(each);
    const curator = await hooks.principal({ owner_id: agent.owner_id, roles: ['curator'] });
    const uses = (await hooks.access.audit(curator, null, { limit: 50 })).filter(
      ({ action }) => action === 'use',
    );
    expect(uses).toHaveLength(2);
    expect(uses[0]).toMatchObject({ agent_id: null, reason: 'to sign webhooks' });
    expect(webhook.id).not.toBe('');
  });
});
