import { QUEUE_COUNT_MAX } from '@cairn/protocol';
import { newId, type Clock } from '../base/index.ts';
import type { Database, Handle } from '../db/index.ts';
import { CLAIM, CLAIM_BY_LANES, NEXT_DUE, NEXT_DUE_BY_LANES } from './claim-store.ts';
import { LeaseLostError, type Delivery, type NewDelivery } from './contract.ts';

/** The longest reason that is kept, in characters. */
const REASON_CHARS = 2_000;

/** What is in a queue, of one owner. A delivery is counted once. */
export interface QueueBacklog {
  readonly queue: string;
  /** Due, and not begun. */
  readonly waiting: number;
  readonly running: number;
  /** Not due yet, and not because an attempt failed. */
  readonly delayed: number;
  /** Not due yet, because an attempt failed. */
  readonly retrying: number;
  readonly dead: number;
  /** Since when the first of those that wait is due; null when none waits. */
  readonly oldest_due_at: string | null;
}

/**
 * The SQL of the queue. Time is the database's, so that the clocks of several machines need not agree;
 * a clock can be given instead, which tests do.
 */
export class DeliveryStore {
  readonly #db: Database;
  readonly #clock: Clock | undefined;

  constructor(db: Database, clock?: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  #now(): string | null {
    return this.#clock ? new Date(this.#clock.now()).toISOString() : null;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /**
   * Puts deliveries in, in this order; those whose key is known already are left out. Says how many are new.
   * Transactions that put something into the same group wait for each other: a position that was taken first but
   * committed last would let two of the group be worked on at once.
   */
  async enqueue(deliveries: readonly NewDelivery[], tx: Handle = this.#db): Promise<number> {
    if (deliveries.length === 0) return 0;
    const rows = deliveries.map((each, place) => ({
      place,
      id: newId(),
      queue: each.queue,
      owner_id: each.owner_id,
      group_key: each.group_key ?? null,
      lane: each.lane ?? null,
      dedupe_key: each.dedupe_key,
      payload: each.payload ?? null,
      max_attempts: each.max_attempts ?? 5,
      delay_ms: Math.round(each.delay_ms ?? 0),
    }));
    const { count } = await tx.query({
      name: 'queue_enqueue',
      // The count makes every lock be held before the first position is taken. Recordset reads a JSON null as no value.
      text: `with given as materialized (
          select * from jsonb_to_recordset($1::jsonb) as x(place integer, id uuid, queue text, owner_id uuid,
            group_key text, lane text, dedupe_key text, payload jsonb, max_attempts integer, delay_ms bigint)),
        locked as materialized (
          select pg_advisory_xact_lock(g.key) from (
            select distinct hashtextextended(queue || ' ' || group_key, 0) as key
            from given where group_key is not null order by 1) g)
        insert into deliveries (id, queue, owner_id, group_key, lane, dedupe_key, payload, max_attempts, due_at,
          created_at)
        select id, queue, owner_id, group_key, lane, dedupe_key, coalesce(payload, 'null'), max_attempts,
          greatest(coalesce($2::timestamptz, clock_timestamp()) + delay_ms * interval '1 ms', case when lane is not null then (
            select case when e.state = 'pending' then e.due_at end from deliveries e
            where e.queue = given.queue and e.group_key = given.group_key and e.state in ('pending', 'running')
            order by e.position limit 1) end),
          coalesce($2::timestamptz, clock_timestamp())
        from given cross join (select count(*) from locked) as l
        order by place
        on conflict (queue, dedupe_key) do nothing`,
      values: [JSON.stringify(rows), this.#now()],
    });
    return count;
  }

  /**
   * Takes up to `limit` deliveries that are due, each under a lease of `lease_ms`.
   * Of a group only the first unfinished one can be taken; rows that another claimer holds are passed over, not waited for.
   * With `lane_limit`, only what has a lane is taken, at most so many of a lane are owned at once, and lanes that have
   * least go first. Claims of several processes at the same instant do not see each other and may go over that together.
   */
  async claim(
    queue: string,
    worker: string,
    limit: number,
    lease_ms: number,
    lane_limit?: number,
  ): Promise<Delivery[]> {
    const values = [queue, `${worker}/${newId()}`, limit, lease_ms, this.#now()];
    const { rows } = await this.#db.query<Delivery & { position: number }>(
      lane_limit === undefined
        ? { ...CLAIM, values }
        : { ...CLAIM_BY_LANES, values: [...values, lane_limit] },
    );
    return rows.toSorted((a, b) => a.position - b.position);
  }

  /**
   * Milliseconds until the next delivery of the queue can be claimed; zero or less when one fell due since the last
   * claim, null when there is none. One that waits for another of its group, or for room in its lane, does not count.
   */
  async nextDueIn(queue: string, lane_limit?: number): Promise<number | null> {
    const values = [queue, this.#now()];
    const { rows } = await this.#db.query<{ ms: number | null }>(
      lane_limit === undefined
        ? { ...NEXT_DUE, values }
        : { ...NEXT_DUE_BY_LANES, values: [...values, lane_limit] },
    );
    return rows[0]?.ms ?? null;
  }

  /** Prolongs the lease. @throws LeaseLostError */
  async heartbeat(delivery: Delivery, lease_ms: number): Promise<void> {
    await this.#change(this.#db, delivery, {
      name: 'queue_heartbeat',
      set: `due_at = coalesce($3::timestamptz, clock_timestamp()) + $5 * interval '1 ms'`,
      values: [lease_ms],
    });
  }

  /** @throws LeaseLostError */
  async complete(tx: Handle, delivery: Delivery): Promise<void> {
    await this.#change(tx, delivery, {
      name: 'queue_complete',
      set: `state = 'done', finished_at = coalesce($3::timestamptz, clock_timestamp()), leased_by = null, last_error = null`,
      values: [],
    });
  }

  /**
   * Puts it back to be claimed in `after_ms`. Where lanes are used, the rest of its group is not due before it either:
   * a claim would have to look past all of that. @throws LeaseLostError
   */
  async retry(delivery: Delivery, after_ms: number, reason: string): Promise<void> {
    const { rows } = await this.#db.query<{ changed: number }>({
      name: 'queue_retry',
      text: `with changed as (
          update deliveries set state = 'pending', leased_by = null, last_error = $5,
            due_at = coalesce($3::timestamptz, clock_timestamp()) + $4 * interval '1 ms'
          where id = $1 and fence = $2 and leased_by = $6 and state = 'running'
          returning queue, lane, group_key, position, due_at),
        behind as (
          update deliveries d set due_at = c.due_at from changed c
          where c.lane is not null and d.queue = c.queue and d.group_key = c.group_key and d.position > c.position
            and d.state = 'pending' and d.due_at < c.due_at)
        select count(*)::int as changed from changed`,
      values: [
        delivery.id,
        delivery.fence,
        this.#now(),
        Math.round(after_ms),
        storableReason(reason),
        delivery.leased_by,
      ],
    });
    if (rows[0]?.changed !== 1) throw new LeaseLostError(delivery.id);
  }

  /**
   * Puts it to rest until it is woken, at most `for_ms`. When it was woken since the claim it is due at once.
   * Its attempts start again from zero, because it made progress. @throws LeaseLostError
   */
  async suspend(tx: Handle, delivery: Delivery, for_ms: number): Promise<void> {
    await this.#change(tx, delivery, {
      name: 'queue_suspend',
      set: `state = 'pending', leased_by = null, attempts = 0,
        due_at = coalesce($3::timestamptz, clock_timestamp()) + case when wakes > 0 then 0 else $5 end * interval '1 ms'`,
      values: [Math.round(for_ms)],
    });
  }

  /** Gives back what was claimed and not begun, or was cut short by a stop. The attempt does not count. */
  async release(delivery: Delivery): Promise<void> {
    await this.#change(this.#db, delivery, {
      name: 'queue_release',
      set: `state = 'pending', leased_by = null, attempts = attempts - 1, due_at = coalesce($3::timestamptz, clock_timestamp())`,
      values: [],
    });
  }

  /** Ends it without success. @throws LeaseLostError */
  async bury(tx: Handle, delivery: Delivery, reason: string): Promise<void> {
    await this.#change(tx, delivery, {
      name: 'queue_bury',
      set: `state = 'dead', leased_by = null, last_error = $5, finished_at = coalesce($3::timestamptz, clock_timestamp())`,
      values: [storableReason(reason)],
    });
  }

  /** Makes suspended deliveries due now; one that is being worked on will be due again as soon as it suspends. */
  async wake(ids: readonly string[], tx: Handle = this.#db): Promise<void> {
    if (ids.length === 0) return;
    await tx.query({
      name: 'queue_wake',
      text: `update deliveries set wakes = wakes + 1,
          due_at = case when state = 'pending' then least(due_at, coalesce($2::timestamptz, clock_timestamp())) else due_at end
        where id = any($1::uuid[]) and state in ('pending', 'running')`,
      values: [ids, this.#now()],
    });
  }

  /** The deliveries of a group that are not finished, in their order. */
  async unfinishedOf(queue: string, group_key: string, tx: Handle): Promise<string[]> {
    const { rows } = await tx.query<{ id: string }>({
      name: 'queue_unfinished_of',
      text: `select id from deliveries where queue = $1 and group_key = $2 and state in ('pending', 'running')
        order by position`,
      values: [queue, group_key],
    });
    return rows.map(({ id }) => id);
  }

  /** Makes everything that waits in a lane due now, such as retries for a receiver that is back. */
  async hasten(queue: string, lane: string, tx: Handle): Promise<void> {
    await tx.query({
      name: 'queue_hasten',
      text: `with now as materialized (select coalesce($3::timestamptz, clock_timestamp()) as at)
        update deliveries set due_at = now.at from now
        where queue = $1 and lane = $2 and state = 'pending' and due_at > now.at`,
      values: [queue, lane, this.#now()],
    });
  }

  /** How many deliveries of each queue are pending, running, or dead. */
  async unfinished(): Promise<{ queue: string; state: string; n: number }[]> {
    const { rows } = await this.#db.query<{ queue: string; state: string; n: number }>({
      text: "select queue, state, count(*)::int as n from deliveries where state <> 'done' group by queue, state",
    });
    return rows;
  }

  /** What each queue has for an owner: up to `QUEUE_COUNT_MAX` unfinished and as many dead deliveries are looked at. */
  async backlog(owner_id: string): Promise<QueueBacklog[]> {
    const { rows } = await this.#db.query<QueueBacklog>({
      text: `with now as (select coalesce($2::timestamptz, clock_timestamp()) as at),
        mine as (
          (select queue, state, attempts, due_at from deliveries
            where owner_id = $1 and state in ('pending', 'running') limit ${QUEUE_COUNT_MAX})
          union all
          (select queue, state, attempts, due_at from deliveries
            where owner_id = $1 and state = 'dead' limit ${QUEUE_COUNT_MAX}))
        select queue,
          count(*) filter (where state = 'pending' and due_at <= at)::int as waiting,
          count(*) filter (where state = 'running')::int as running,
          count(*) filter (where state = 'pending' and due_at > at and attempts = 0)::int as delayed,
          count(*) filter (where state = 'pending' and due_at > at and attempts > 0)::int as retrying,
          count(*) filter (where state = 'dead')::int as dead,
          min(due_at) filter (where state = 'pending' and due_at <= at) as oldest_due_at
        from mine cross join now group by queue order by queue limit 100`,
      values: [owner_id, this.#now()],
    });
    return rows;
  }

  /** How many deliveries of a queue are in each state. */
  async counts(queue: string): Promise<Record<string, number>> {
    const { rows } = await this.#db.query<{ state: string; n: number }>({
      text: 'select state, count(*)::int as n from deliveries where queue = $1 group by state',
      values: [queue],
    });
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }

  async #change(
    tx: Handle,
    delivery: Delivery,
    change: { name: string; set: string; values: readonly unknown[] },
  ): Promise<void> {
    const { count } = await tx.query({
      name: change.name,
      text: `with now as (select $3::timestamptz as given, $4::text as worker)
        update deliveries set ${change.set}
        where id = $1 and fence = $2 and leased_by = $4 and state = 'running'`,
      values: [delivery.id, delivery.fence, this.#now(), delivery.leased_by, ...change.values],
    });
    if (count === 0) throw new LeaseLostError(delivery.id);
  }
}

/** Reasons come from whatever was thrown: text columns take no NUL, and nobody reads a megabyte. */
function storableReason(reason: string): string {
  return reason.replaceAll('\0', '').slice(0, REASON_CHARS);
}
