import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock, newId, silentLog } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { Keyring } from './keyring.ts';
import { RewrapService } from './rewrap-service.ts';
import type { SecretToSeal } from './secrets.ts';
import { openTestLog, openTestSecrets } from './testing.ts';

const VALUE = 'sk-very-secret-value-1234567890';

function toSeal(owner_id: string, given: Partial<SecretToSeal> = {}): SecretToSeal {
  return {
    owner_id,
    name: 'api key',
    scope_type: 'global',
    scope_id: null,
    value: VALUE,
    managed_by: null,
    agent_id: null,
    ...given,
  };
}

async function auditOf(db: Database, secret_id: string) {
  const { rows } = await db.query<{ action: string; agent_id: string | null; reason: string }>({
    text: 'select action, agent_id, reason from secret_audit where secret_id = $1 order by id',
    values: [secret_id],
  });
  return rows;
}

describe('secrets for other modules', () => {
  it('come back as they were kept, with a line of each in the audit log', async () => {
    const { db, secrets, principal } = await openTestSecrets();
    const { owner_id, agent_id } = await principal();
    const { id } = await secrets.seal(toSeal(owner_id, { agent_id }));
    const opening = { owner_id, agent_id: null, reason: 'to call the provider' };
    expect(await secrets.open(id, opening)).toBe(VALUE);
    expect(await auditOf(db, id)).toEqual([
      { action: 'create', agent_id, reason: null },
      { action: 'use', agent_id: null, reason: 'to call the provider' },
    ]);
  });

  it('stand nowhere in the database in the clear', async () => {
    const { db, secrets, principal } = await openTestSecrets();
    const { owner_id } = await principal();
    await secrets.seal(toSeal(owner_id));
    for (const table of ['secrets', 'secret_audit']) {
      const { rows } = await db.query<{ line: string }>({
        text: `select coalesce(jsonb_agg(to_jsonb(t))::text, '') as line from ${table} t`,
      });
      expect(rows[0]?.line).not.toBe('');
      expect(rows[0]?.line).not.toContain(VALUE);
      expect(rows[0]?.line).not.toContain(Buffer.from(VALUE).toString('hex'));
    }
  });

  it('of another tenant are not found', async () => {
    const { secrets, principal } = await openTestSecrets();
    const [ours, theirs] = [await principal(), await principal()];
    const { id } = await secrets.seal(toSeal(theirs.owner_id));
    const opening = { owner_id: ours.owner_id, agent_id: null, reason: 'x' };
    await expect(secrets.open(id, opening)).rejects.toMatchObject({ code: 'not_found' });
    expect(await secrets.openByName('api key', { workspace_id: null }, opening)).toBeNull();
  });

  it('are found by name, the nearest first', async () => {
    const { secrets, principal } = await openTestSecrets();
    const { owner_id, agent_id } = await principal();
    const workspace_id = newId();
    const kept = async (scope_type: SecretToSeal['scope_type'], scope_id: string | null) =>
      secrets.seal(toSeal(owner_id, { scope_type, scope_id, value: `for the ${scope_type}` }));
    const find = (place: { workspace_id: string | null }, agent: string | null = agent_id) =>
      secrets.openByName('api key', place, { owner_id, agent_id: agent, reason: 'x' });
    await kept('agent', newId());
    expect(await find({ workspace_id })).toBeNull();
    await kept('global', null);
    expect(await find({ workspace_id })).toBe('for the global');
    await kept('workspace', workspace_id);
    expect(await find({ workspace_id })).toBe('for the workspace');
    expect(await find({ workspace_id: newId() })).toBe('for the global');
    await kept('agent', agent_id);
    expect(await find({ workspace_id })).toBe('for the agent');
    expect(await find({ workspace_id: null }, null)).toBe('for the global');
  });

  it('take part in a transaction of the caller', async () => {
    const { db, store, secrets, principal } = await openTestSecrets();
    const { owner_id } = await principal();
    const failed = store.transaction(async (tx) => {
      await secrets.seal(toSeal(owner_id), tx);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    const { rows } = await db.query({
      text: 'select from secrets union all select from secret_audit',
    });
    expect(rows).toHaveLength(0);
  });

  it('have from 1 byte to 64 KiB', async () => {
    const { secrets, principal } = await openTestSecrets();
    const { owner_id } = await principal();
    const largest = 'é'.repeat(32_768);
    const { id } = await secrets.seal(toSeal(owner_id, { value: largest }));
    expect(await secrets.open(id, { owner_id, agent_id: null, reason: 'x' })).toBe(largest);
    for (const value of ['', `${largest}x`]) {
      await expect(secrets.seal(toSeal(owner_id, { name: 'b', value }))).rejects.toMatchObject({
        code: 'validation_failed',
      });
    }
  });

  it('leave their audit log behind when they are deleted, and with their tenant', async () => {
    const { db, store, secrets, principal } = await openTestSecrets();
    const { owner_id } = await principal();
    const { id } = await secrets.seal(toSeal(owner_id));
    const deleter = { owner_id, agent_id: null, reason: 'rotated' };
    await store.transaction((tx) => secrets.discard([id, newId()], deleter, tx));
    const opening = { owner_id, agent_id: null, reason: 'x' };
    await expect(secrets.open(id, opening)).rejects.toMatchObject({ code: 'not_found' });
    await db.query({ text: 'delete from tenants where id = $1', values: [owner_id] });
    expect((await auditOf(db, id)).map(({ action }) => action)).toEqual(['create', 'delete']);
  });
});

describe('a secret that does not open', () => {
  it('because its key is missing says which, and its value is nowhere', async () => {
    const { db, secrets, principal, with: withKeys } = await openTestSecrets();
    const { owner_id } = await principal();
    const { id, kek_id } = await secrets.seal(toSeal(owner_id));
    const other = withKeys(new Keyring(randomBytes(32)));
    const opening = { owner_id, agent_id: null, reason: 'x' };
    const error = await other.open(id, opening).then(
      () => new Error('it was opened'),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(kek_id);
    expect((await auditOf(db, id)).at(-1)?.action).toBe('decrypt_failed');
    expect(await other.countOrphans()).toBe(1);
  });

  it.each([
    ['moved to another tenant', 'update secrets set owner_id = $2 where id = $1'],
    [
      'moved to another scope',
      "update secrets set scope_type = 'agent', scope_id = $2 where id = $1",
    ],
    [
      'damaged',
      'update secrets set encrypted_value = set_byte(encrypted_value, 14, 255 - get_byte(encrypted_value, 14)) where id = $1 and $2::uuid is not null',
    ],
    [
      'relabelled with another key',
      "update secrets set kek_id = 'kek-0000000000000000' where id = $1 and $2::uuid is not null",
    ],
  ])('because its row was %s', async (_, text) => {
    const { db, secrets, principal } = await openTestSecrets();
    const [ours, other] = [await principal(), await principal()];
    const { id } = await secrets.seal(toSeal(ours.owner_id));
    await db.query({ text, values: [id, other.owner_id] });
    for (const owner_id of [ours.owner_id, other.owner_id]) {
      await expect(
        secrets.open(id, { owner_id, agent_id: null, reason: 'x' }),
      ).rejects.toMatchObject({ name: 'AppError' });
    }
  });
});

describe('key rotation', () => {
  it('moves all secrets to the active key, also those that are kept meanwhile', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const { secrets, principal, with: withKeys } = await openTestSecrets(new Keyring(first));
    const { owner_id } = await principal();
    const ids: string[] = [];
    for (let n = 0; n < 7; n++)
      ids.push((await secrets.seal(toSeal(owner_id, { name: `n${n}`, value: `v${n}` }))).id);
    const rotated = withKeys(new Keyring(second, [first]));
    let at: string | null = null;
    let moved = 0;
    do {
      const batch: Awaited<ReturnType<typeof rotated.rewrapBatch>> = await rotated.rewrapBatch(
        at,
        3,
      );
      moved += batch.moved;
      at = batch.next;
    } while (at !== null);
    expect(moved).toBe(7);
    const only_new = withKeys(new Keyring(second));
    for (const [n, id] of ids.entries())
      expect(await only_new.open(id, { owner_id, agent_id: null, reason: 'x' })).toBe(`v${n}`);
    expect(await secrets.countOrphans()).toBe(7);
    expect(await rotated.rewrapBatch(null, 3)).toEqual({ moved: 0, unreadable: [], next: null });
  });

  it('passes over a damaged row and tells its id, and tells of secrets under unknown keys', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const { db, secrets, principal, with: withKeys } = await openTestSecrets(new Keyring(first));
    const { owner_id } = await principal();
    const good = await secrets.seal(toSeal(owner_id, { name: 'good' }));
    const bad = await secrets.seal(toSeal(owner_id, { name: 'bad' }));
    const lost = withKeys(new Keyring(randomBytes(32)));
    await lost.seal(toSeal(owner_id, { name: 'lost' }));
    await db.query({
      text: `update secrets set dek_wrapped = '\\x00' where id = $1`,
      values: [bad.id],
    });
    const { log, text } = openTestLog();
    const rotated = withKeys(new Keyring(second, [first]));
    const service = new RewrapService({ secrets: rotated, clock: new ManualClock(), log });
    expect(await service.rewrapAll()).toBe(1);
    expect(text()).toContain(bad.id);
    expect(text()).not.toContain(good.id);
    expect(text()).toContain('"orphans":1');
    expect(text()).not.toContain(VALUE);
  });

  it('runs in the background, and again later', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const { db, secrets, principal, with: withKeys } = await openTestSecrets(new Keyring(first));
    const { owner_id } = await principal();
    await secrets.seal(toSeal(owner_id, { name: 'one' }));
    const rotated = withKeys(new Keyring(second, [first]));
    const clock = new ManualClock();
    const service = new RewrapService({ secrets: rotated, clock, log: silentLog });
    onTestFinished(() => service.stop());
    const left = async () => {
      const { rows } = await db.query<{ n: number }>({
        text: 'select count(*)::int as n from secrets where kek_id = $1',
        values: [new Keyring(first).active.id],
      });
      return rows[0]?.n ?? -1;
    };
    await service.start();
    await expect.poll(left).toBe(0);
    await secrets.seal(toSeal(owner_id, { name: 'two' }));
    await expect
      .poll(async () => {
        clock.advance(3_600_000);
        return left();
      })
      .toBe(0);
    await service.stop();
    await service.stop();
  });
});
