import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { openTestDatabase, POSTGRES_URL } from '../db/testing.ts';
import { ApprovalStore } from './approval-store.ts';
import { RunStore } from './store.ts';

/** A run that asks for consent to as many calls of `send`. */
async function start(count: number) {
  const db = await openTestDatabase();
  const [runs, approvals] = [new RunStore(db), new ApprovalStore(db)];
  const origin = { author: null, at: '-infinity', run_id: null, tool_request_id: null };
  const who = { owner_id: newId(), agent_id: newId(), delivery_id: newId() };
  const message = { trigger_id: newId(), trigger_version: 1, conversation_id: 'c1' };
  await db.query({
    text: `insert into tenants (id, name) values ($1, 'T')`,
    values: [who.owner_id],
  });
  const { run } = await runs.ensure({ ...who, ...message, origin });
  const rows = Array.from({ length: count }, () => ({
    ...who,
    id: newId(),
    run_id: run.id,
    request_id: newId(),
    agent_name: 'a',
    conversation_id: 'c1',
    tool: 'send',
    input: { to: 'Ann' },
    message: 'May it?',
    on_expiry: 'deny' as const,
    visibility: 'team' as const,
    sensitivity: 'low' as const,
    asked_by: null,
    expires_at: '2100-01-01T00:00:00.000Z',
  }));
  await db.transaction((tx) => approvals.add(rows, tx));
  const decide = (id: string, decision: 'approve' | 'deny') => {
    const by = { decided_by: newId(), comment: null };
    return db.transaction((tx) =>
      approvals.decide({ owner_id: who.owner_id, id, decision, ...by }, tx),
    );
  };
  const settle = (id: string, sent: string | null) =>
    db.transaction((tx) => approvals.settle(id, tx, sent));
  const isWaiting = async () => {
    const { rows: found } = await db.query<{ is_waiting: boolean }>({
      text: 'select waiting_since is not null as is_waiting from agent_runs where id = $1',
      values: [run.id],
    });
    return found[0]?.is_waiting;
  };
  return { db, runs, approvals, run, rows, decide, settle, isWaiting, owner_id: who.owner_id };
}

describe('a consent', () => {
  it('is for the record that was sent for it, and for no other', async () => {
    const { approvals, rows, decide, settle, owner_id } = await start(1);
    const [{ id } = { id: '' }] = rows;
    const sent = newId();
    await decide(id, 'approve');
    expect(await approvals.ofRequest(owner_id, sent)).toBeNull();
    await settle(id, sent);
    expect(await approvals.ofRequest(owner_id, sent)).toMatchObject({ id, state: 'approved' });
    expect(await approvals.ofRequest(owner_id, newId())).toBeNull();
    expect(await approvals.ofRequest(newId(), sent)).toBeNull();
  });

  it('for which nothing was sent is for nothing', async () => {
    const { approvals, rows, decide, settle, owner_id } = await start(2);
    const [given, denied] = rows.map(({ id }) => id);
    await decide(String(given), 'approve');
    await settle(String(given), null);
    await decide(String(denied), 'deny');
    await settle(String(denied), newId());
    for (const { request_id } of rows)
      expect(await approvals.ofRequest(owner_id, request_id)).toBeNull();
  });

  it('that an earlier release sent is known by its call', async () => {
    const { db, runs, approvals, run, rows, decide, settle, owner_id } = await start(1);
    const [{ id, request_id } = { id: '', request_id: '' }] = rows;
    const head = { request_id, step_seq: 0, place: 0, call_id: '0', tool: 'send' };
    const rest = { output: null, is_error: null, timeout_ms: 60_000, responder: null };
    const call = { ...head, ...rest, kind: 'tool' as const, approval_id: id };
    const sent = newId();
    await db.transaction((tx) =>
      runs.addToolCalls(run, [{ ...call, request_breadcrumb_id: sent }], tx),
    );
    await decide(id, 'approve');
    await settle(id, null);
    expect(await approvals.ofRequest(owner_id, sent)).toMatchObject({ id });
  });
});

/** PGlite does one transaction at a time. */
describe.skipIf(POSTGRES_URL === undefined)('consents of one run that two settle at once', () => {
  it('let its time go on', async () => {
    const { db, runs, approvals, run, rows, isWaiting } = await start(2);
    const call = { run_id: run.id, request_breadcrumb_id: newId(), expires_at: '2100-01-01' };
    await db.transaction((tx) => runs.pauseFor(call, tx));
    expect(await isWaiting()).toBe(true);
    const settled = rows.map(() => Promise.withResolvers<void>());
    await Promise.all(
      rows.map(({ id }, n) =>
        db.transaction(async (tx) => {
          await approvals.settle(id, tx, null);
          settled[n]?.resolve();
          await Promise.all(settled.map(({ promise }) => promise));
          await runs.resume(run.id, tx);
        }),
      ),
    );
    expect(await isWaiting()).toBe(false);
  });
});
