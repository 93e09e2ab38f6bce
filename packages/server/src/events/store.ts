import type { Selector } from '@cairn/protocol';
import { newId } from '../base/index.ts';
import { COMMIT_UNAWAITED, type Database, type Handle } from '../db/index.ts';
import type { EventGuard, LoggedEvent } from './contract.ts';

const EVENT_COLUMNS = `seq, kind, owner_id, breadcrumb_id, version, title, tags, schema_name, visibility, sensitivity,
  created_by, updated_by, updated_at, subscribers, context`;

/** SQL of who is granted the events of the record of event `e` now. Nobody, once the record is gone. */
const GRANTEES = `select array_agg(g.grantee_agent_id) from acls g
  where g.breadcrumb_id = e.breadcrumb_id and 'subscribe' = any(g.actions)`;

/**
 * An event is guarded as strictly as its record was then or is now, and shown to those who were granted it then and are
 * still; this is SQL of that, of event `e` and its record `b`. What became guarded later has no grantees of its own, so
 * those of now count. A deletion takes the grants with it and revokes none: who had them then hears of it.
 */
const GUARD_NOW = `case when b.visibility = 'private' then b.visibility else e.visibility end as visibility,
  case when 'secret' in (b.sensitivity, e.sensitivity) then 'secret'
    when 'pii' in (b.sensitivity, e.sensitivity) then 'pii' else e.sensitivity end as sensitivity,
  case when e.kind = 'deleted' then e.subscribers
    when e.visibility = 'private' or e.sensitivity = 'secret' then
      case when e.subscribers is not null then (${GRANTEES} and g.grantee_agent_id = any(e.subscribers)) end
    when b.visibility = 'private' or b.sensitivity = 'secret' then (${GRANTEES}) end as subscribers`;
const RECORD_NOW = 'left join breadcrumbs b on b.id = e.breadcrumb_id and b.owner_id = e.owner_id';
/** SQL of whether the record of an event has expired or was deleted since. */
const IS_GONE = '(b.id is null or coalesce(b.ttl <= now(), false))';

/**
 * SQL of the events that `chosen` selects, for whoever shows them to others some time after they happened: guarded as
 * they are now, and without the context of what has become secret or is gone. In order, and one look at the record for
 * each.
 */
export function guardedNow(chosen: string): string {
  return `select e.seq, e.kind, e.owner_id, e.breadcrumb_id, e.version, e.title, e.tags, e.schema_name, e.created_by,
      e.updated_by, e.updated_at, ${IS_GONE} as is_gone,
      case when b.sensitivity = 'secret' or ${IS_GONE} then null else e.context end as context, ${GUARD_NOW}
    from (select ${EVENT_COLUMNS} from events where ${chosen}) e ${RECORD_NOW} order by e.seq`;
}

/**
 * SQL that appends one event for each row of `source`, a relation with the columns of a breadcrumb plus `kind` and
 * `subscribers`, the agents that may hear of what is private or secret.
 * Whoever changes breadcrumbs makes it part of the same statement, so that neither can be without the other.
 * The context of a secret breadcrumb does not enter the log.
 */
export function appendEventsFrom(source: string): string {
  return `insert into events (kind, owner_id, breadcrumb_id, version, title, tags, schema_name, visibility, sensitivity,
      created_by, updated_by, updated_at, subscribers, context)
    select kind, owner_id, id, version, title, tags, schema_name, visibility, sensitivity,
      created_by, updated_by, updated_at, subscribers,
      case when sensitivity = 'secret' or kind = 'deleted' then null else context end
    from ${source}`;
}

/**
 * Says that the set of subscriptions is another from this transaction on: every dispatcher reads it again before it looks
 * at a later event.
 */
export async function raiseGeneration(tx: Handle): Promise<void> {
  await tx.query({
    text: "update event_cursors set generation = generation + 1 where name = 'dispatcher'",
  });
}

/** A standing interest of an agent. */
export interface Subscription {
  readonly id: string;
  readonly owner_id: string;
  readonly agent_id: string;
  readonly selector: Selector;
  readonly queue: string | null;
}

/** Where a dispatcher finds subscriptions. Whoever changes them raises the generation in the same transaction. */
export interface SubscriptionSource {
  subscriptions(tx: Handle): Promise<readonly Subscription[]>;
}

/** A page of the log together with what the database knew at that moment. */
export interface LogPage {
  readonly events: LoggedEvent[];
  /** Every transaction with a lower id has ended, and what it wrote is in this page if it belongs there. */
  readonly horizon: number;
}

/** The SQL of the event log, its cursors and its subscriptions. */
export class EventStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /**
   * Events after `seq`, in order, with the horizon of the same snapshot. They are guarded as they were when they happened,
   * a moment ago, but name no grantee who is none any more: a hole can hold them up for long. That costs what names nobody
   * nothing.
   */
  async readAfter(seq: number, limit: number): Promise<LogPage> {
    const { rows } = await this.#db.query<LoggedEvent & { horizon: number }>({
      name: 'events_read_after',
      // The outer join gives the horizon also when no event is there.
      text: `select h.horizon, e.* from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon) h
        left join lateral (
          select seq, kind, owner_id, breadcrumb_id, version, title, tags, schema_name, visibility, sensitivity, created_by,
            updated_by, updated_at, context, case when e.subscribers is null or e.kind = 'deleted' then e.subscribers
              else (${GRANTEES} and g.grantee_agent_id = any(e.subscribers)) end as subscribers
          from events e where seq > $1 order by seq limit $2) e on true
        order by e.seq`,
      values: [seq, limit],
    });
    const horizon = rows[0]?.horizon ?? 0;
    return { events: rows.filter((row) => row.seq !== null), horizon };
  }

  /** Events of one tenant in (after, upto], in order, guarded as they are now. */
  async readTenant(
    owner_id: string,
    after: number,
    upto: number,
    limit: number,
  ): Promise<LoggedEvent[]> {
    const { rows } = await this.#db.query<LoggedEvent>({
      name: 'events_read_tenant',
      text: guardedNow('owner_id = $1 and seq > $2 and seq <= $3 order by seq limit $4'),
      values: [owner_id, after, upto, limit],
    });
    return rows;
  }

  /** What guards an event now, for one that was read some time ago; and whether its record is gone. */
  async guardNow(
    event: Pick<LoggedEvent, 'kind' | 'owner_id' | 'breadcrumb_id'> & EventGuard,
  ): Promise<EventGuard & { readonly is_gone: boolean }> {
    const { kind, owner_id, breadcrumb_id, visibility, sensitivity, subscribers } = event;
    const { rows } = await this.#db.query<EventGuard & { is_gone: boolean }>({
      name: 'events_guard_now',
      text: `select ${IS_GONE} as is_gone, ${GUARD_NOW} from (select $1::text as kind, $2::uuid as owner_id, $3::uuid as breadcrumb_id,
          $4::text as visibility, $5::text as sensitivity, $6::uuid[] as subscribers) e ${RECORD_NOW}`,
      values: [kind, owner_id, breadcrumb_id, visibility, sensitivity, subscribers],
    });
    return rows[0] ?? { ...event, is_gone: true };
  }

  /** Events of all tenants in (after, upto], in order, guarded as they were when they happened. */
  async readRange(after: number, upto: number, limit: number, tx: Handle): Promise<LoggedEvent[]> {
    const { rows } = await tx.query<LoggedEvent>({
      name: 'events_read_range',
      text: `select ${EVENT_COLUMNS} from events where seq > $1 and seq <= $2 order by seq limit $3`,
      values: [after, upto, limit],
    });
    return rows;
  }

  /** The lowest and highest sequence that the log holds now; zeros when it is empty. */
  async bounds(): Promise<{ first: number; last: number }> {
    const { rows } = await this.#db.query<{ first: number; last: number }>({
      text: 'select coalesce(min(seq), 0) as first, coalesce(max(seq), 0) as last from events',
    });
    return rows[0] ?? { first: 0, last: 0 };
  }

  /** How many sequences each reader with a cursor is behind the end of the log. */
  async lags(): Promise<{ name: string; lag: number }[]> {
    const { rows } = await this.#db.query<{ name: string; lag: number }>({
      text: `select name, greatest(0, (select coalesce(max(seq), 0) from events) - seq) as lag
        from event_cursors where parked_at is null order by name`,
    });
    return rows;
  }

  /** A transaction id above those of all transactions that have begun to write by now. */
  async fenceTransactions(): Promise<number> {
    const { rows } = await this.#db.query<{ xid: number }>({
      text: 'select pg_current_xact_id()::text::bigint as xid',
    });
    return rows[0]?.xid ?? 0;
  }

  async ensureCursor(name: string): Promise<void> {
    await this.#db.query({
      text: 'insert into event_cursors (name, seq) values ($1, 0) on conflict (name) do nothing',
      values: [name],
    });
  }

  /** The cursor, locked until the transaction ends; null when another process has it. */
  async lockCursor(name: string, tx: Handle): Promise<{ seq: number; generation: number } | null> {
    const { rows } = await tx.query<{ seq: number; generation: number }>({
      name: 'events_lock_cursor',
      text: 'select seq, generation from event_cursors where name = $1 for update skip locked',
      values: [name],
    });
    return rows[0] ?? null;
  }

  /** When nothing was done but what moves with the cursor, and is done again when it stands where it was, `is_awaited` is false. */
  async moveCursor(name: string, seq: number, is_awaited: boolean, tx: Handle): Promise<void> {
    await tx.query({
      name: 'events_move_cursor',
      text: `update event_cursors set seq = $2 where name = $1
        returning case when not $3::boolean then ${COMMIT_UNAWAITED} end`,
      values: [name, seq, is_awaited],
    });
  }

  async subscriptions(tx: Handle = this.#db): Promise<Subscription[]> {
    const { rows } = await tx.query<Subscription>({
      text: 'select id, owner_id, agent_id, selector, queue from selector_subscriptions order by id',
    });
    return rows;
  }

  /** Makes these the selectors of the agent on this queue, instead of those it had there. */
  async replaceSubscriptions(
    agent: { owner_id: string; agent_id: string },
    queue: string,
    selectors: readonly Selector[],
    tx: Handle,
  ): Promise<void> {
    await tx.query({
      text: 'delete from selector_subscriptions where owner_id = $1 and agent_id = $2 and queue = $3',
      values: [agent.owner_id, agent.agent_id, queue],
    });
    for (const selector of selectors) {
      await tx.query({
        text: 'insert into selector_subscriptions (id, owner_id, agent_id, selector, queue) values ($1, $2, $3, $4, $5)',
        values: [newId(), agent.owner_id, agent.agent_id, JSON.stringify(selector), queue],
      });
    }
    await raiseGeneration(tx);
  }
}
