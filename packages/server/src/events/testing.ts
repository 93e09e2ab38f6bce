import { newId } from '../base/index.ts';
import type { Handle } from '../db/index.ts';
import type { LoggedEvent } from './contract.ts';
import type { LogTail } from './log-tail.ts';

/** The tenant that events of tests belong to unless they say otherwise. */
export const TEST_OWNER = '00000000-0000-7000-8000-0000000000aa';

/** Writes one event as the statement that changes a breadcrumb would. Says its sequence. */
export async function appendEvent(
  handle: Handle,
  fields: Partial<Omit<LoggedEvent, 'seq'>> = {},
): Promise<number> {
  const { kind = 'updated', owner_id = TEST_OWNER, context = {} } = fields;
  const { rows } = await handle.query<{ seq: number }>({
    text: `insert into events (kind, owner_id, breadcrumb_id, version, title, tags, schema_name, sensitivity,
        created_by, updated_by, updated_at, context, visibility, subscribers)
      values ($1, $2, $3, $4, $5, $6, $7, $8, null, $9, $10, $11, $12, $13) returning seq`,
    values: [
      kind,
      owner_id,
      fields.breadcrumb_id ?? newId(),
      fields.version ?? 1,
      fields.title ?? 'a title',
      fields.tags ?? [],
      fields.schema_name ?? null,
      fields.sensitivity ?? 'low',
      fields.updated_by ?? null,
      fields.updated_at ?? '2026-01-02T03:04:05.678Z',
      JSON.stringify(context),
      fields.visibility ?? 'team',
      fields.subscribers ?? null,
    ],
  });
  return rows[0]?.seq ?? 0;
}

/** As `appendEvent`, of a record that is there; without one, an event that is read later has no context. */
export async function appendOfRecord(
  handle: Handle,
  fields: Partial<Omit<LoggedEvent, 'seq'>> = {},
): Promise<number> {
  const { breadcrumb_id = newId(), owner_id = TEST_OWNER, visibility, sensitivity } = fields;
  await putTenant(handle, owner_id);
  await handle.query({
    text: `insert into breadcrumbs (id, owner_id, title, context, tags, checksum, size_bytes, visibility, sensitivity)
      values ($1, $2, 'a', '{}', '{}', '', 2, $3, $4) on conflict do nothing`,
    values: [breadcrumb_id, owner_id, visibility ?? 'team', sensitivity ?? 'low'],
  });
  return appendEvent(handle, { ...fields, breadcrumb_id });
}

async function putTenant(handle: Handle, id: string): Promise<void> {
  await handle.query({
    text: `insert into tenants (id, name) values ($1, 'a') on conflict do nothing`,
    values: [id],
  });
}

/** Writes many events of records that are there at once, each with a context of about so many characters. Says their sequences. */
export async function appendMany(handle: Handle, count: number, chars = 0): Promise<number[]> {
  await putTenant(handle, TEST_OWNER);
  const { rows } = await handle.query<{ seq: number }>({
    text: `with made as (
        insert into breadcrumbs (id, owner_id, title, context, tags, checksum, size_bytes)
        select gen_random_uuid(), $1, 'a', '{}', '{}', '', 2 from generate_series(1, $2::integer) returning id)
      insert into events (kind, owner_id, breadcrumb_id, version, title, tags, visibility, sensitivity, updated_at, context)
      select 'updated', $1, id, 1, 'one of many', '{}', 'team', 'low', now(), jsonb_build_object('text', repeat('x', $3))
      from made returning seq`,
    values: [TEST_OWNER, count, chars],
  });
  return rows.map(({ seq }) => seq);
}

/** Takes a number of the log and gives it back to nobody, as a rolled back transaction does. */
export async function loseSequence(db: {
  transaction(work: (tx: Handle) => Promise<void>): Promise<void>;
}): Promise<void> {
  const lost = new Error('rolled back on purpose');
  await db
    .transaction(async (tx) => {
      await appendEvent(tx);
      throw lost;
    })
    .catch((error: unknown) => {
      if (error !== lost) throw error;
    });
}

/** Everything that a tail tells from now on. */
export class Heard {
  readonly seqs: number[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(tail: LogTail) {
    tail.onEvents((events) => this.add(events.map(({ seq }) => seq)));
  }

  add(seqs: readonly number[]): void {
    this.seqs.push(...seqs);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.seqs.length < count) return true;
      resolve();
      return false;
    });
  }

  /** Resolves when it has heard of so many events. */
  until(count: number): Promise<void> {
    if (this.seqs.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}
