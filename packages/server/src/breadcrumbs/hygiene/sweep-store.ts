import type { Database } from '../../db/index.ts';
import { appendEventsFrom, raiseGeneration } from '../../events/index.ts';
import { subscribersOf } from '../store.ts';

/** What sweeping has done since the installation began. */
export interface HygieneTotals {
  readonly runs_completed: number;
  readonly total_breadcrumbs_purged: number;
  readonly total_agents_cleaned: number;
  readonly last_run_duration_ms: number;
  readonly last_run_errors: number;
  readonly last_updated: string | null;
}

/** How long things are kept that nobody asked to keep. */
export interface Retention {
  readonly events_days: number;
  readonly absent_consumer_days: number;
  readonly history_days: number;
  readonly idempotency_days: number;
  readonly done_deliveries_days: number;
  readonly dead_deliveries_days: number;
  readonly dead_letters_days: number;
  /** 0 keeps all agents. */
  readonly agent_idle_hours: number;
  readonly orphan_subscription_hours: number;
}

/** How many things of a tenant went. */
export interface TenantCount {
  readonly owner_id: string;
  readonly n: number;
}

/** Of the records that went, how many were health checks. */
export interface ExpiredCount extends TenantCount {
  readonly health_checks: number;
}

/** A reader of the log that is gone. */
export interface AbsentConsumer {
  readonly name: string;
  readonly seen_at: string;
  readonly events_unread: number;
}

/** A token lives no longer than this many hours, so whoever has had none for as long cannot be at work. */
const TOKEN_HOURS = 24;

/** Everything by which an agent would be missed. What is cheap to look up comes first. */
const HOLDS = `exists (select from api_keys k where k.owner_id = a.owner_id and k.agent_id = a.id)
  or exists (select from selector_subscriptions s where s.owner_id = a.owner_id and s.agent_id = a.id)
  or exists (select from webhook_endpoints w where w.owner_id = a.owner_id and w.agent_id = a.id)
  or exists (select from webhook_signing_secrets w where w.owner_id = a.owner_id and w.agent_id = a.id)
  or exists (select from secret_grants g where g.owner_id = a.owner_id and g.agent_id = a.id)
  or exists (select from secrets s where s.owner_id = a.owner_id and s.scope_id = a.id)
  or exists (select from acls g where g.owner_id = a.owner_id and g.grantee_agent_id = a.id)
  or exists (select from agent_runs r where r.owner_id = a.owner_id and r.agent_id = a.id)
  or exists (select from breadcrumbs b where b.id = a.id)
  or exists (select from breadcrumbs b where b.owner_id = a.owner_id and a.id in (b.created_by, b.updated_by))`;

/**
 * The SQL of sweeping. Every statement takes a bounded batch and passes over rows that somebody holds, so that sweeping
 * never makes anybody wait, and any number of processes may sweep at once.
 */
export class SweepStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Deletes expired breadcrumbs, with their events; of one tenant, or of all. */
  async expired(limit: number, owner_id: string | null): Promise<ExpiredCount[]> {
    const { rows } = await this.#db.query<ExpiredCount>({
      text: `with due as (
          select id from breadcrumbs where ttl <= now() and ($2::uuid is null or owner_id = $2)
          order by ttl limit $1 for update skip locked
        ), gone as (
          delete from breadcrumbs using due where breadcrumbs.id = due.id
          returning breadcrumbs.id, owner_id, version, title, tags, schema_name, visibility, sensitivity, created_by,
            updated_by, now() as updated_at, context, 'deleted' as kind
        ), logged as (
          ${appendEventsFrom(`(select *, ${subscribersOf('gone')} as subscribers from gone) changed`)}
        )
        select owner_id, count(*)::int as n, (count(*) filter (where schema_name = 'tool.request.v1'
          and exists (select from unnest(tags) tag where tag like '%health:check%')))::int as health_checks
        from gone group by owner_id`,
      values: [limit, owner_id],
    });
    return rows;
  }

  /**
   * Deletes agents that a token made, that hold nothing, and for which no token was asked in so many hours. One that
   * holds something is left alone from then on, until it asks for a token again.
   */
  async idleAgents(limit: number, hours: number, owner_id: string | null): Promise<TenantCount[]> {
    const { rows } = await this.#db.query<TenantCount>({
      text: `with due as (
          select owner_id, id, (${HOLDS}) as holds from agents a
          where minted_at < now() - $2 * interval '1 hour' and ($3::uuid is null or owner_id = $3)
          order by minted_at limit $1 for update skip locked
        ), kept as (
          update agents set minted_at = null from due
          where agents.owner_id = due.owner_id and agents.id = due.id and due.holds
        ), gone as (
          delete from agents using due
          where agents.owner_id = due.owner_id and agents.id = due.id and not due.holds
          returning agents.owner_id
        )
        select owner_id, count(*)::int as n from gone group by owner_id`,
      values: [limit, Math.max(hours, TOKEN_HOURS), owner_id],
    });
    return rows;
  }

  /** Deletes subscriptions of agents that no longer exist, and tells the dispatchers. */
  async orphanSubscriptions(
    limit: number,
    hours: number,
    owner_id: string | null,
  ): Promise<TenantCount[]> {
    return this.#db.transaction(async (tx) => {
      const { rows } = await tx.query<TenantCount>({
        text: `with due as (
            select id from selector_subscriptions s
            where created_at < now() - $2 * interval '1 hour' and ($3::uuid is null or owner_id = $3)
              and not exists (select from agents a where a.owner_id = s.owner_id and a.id = s.agent_id)
            limit $1 for update skip locked
          ), gone as (
            delete from selector_subscriptions s using due where s.id = due.id returning s.owner_id
          )
          select owner_id, count(*)::int as n from gone group by owner_id`,
        values: [limit, hours, owner_id],
      });
      if (rows.length > 0) await raiseGeneration(tx);
      return rows;
    });
  }

  /** Deletes webhook deliveries that failed for good and that nobody has sent again. */
  async deadLetters(limit: number, days: number, owner_id: string | null): Promise<TenantCount[]> {
    const { rows } = await this.#db.query<TenantCount>({
      text: `with gone as (
          delete from webhook_dlq where id in (
            select id from webhook_dlq
            where created_at < now() - $2 * interval '1 day' and ($3::uuid is null or owner_id = $3)
            order by created_at limit $1 for update skip locked)
          returning owner_id
        )
        select owner_id, count(*)::int as n from gone group by owner_id`,
      values: [limit, days, owner_id],
    });
    return rows;
  }

  /**
   * Readers of the log that were not seen for so long, and that events are no longer kept for from now on. The dispatcher
   * is none of them: what it has not dispatched is kept whatever happens.
   */
  async parkConsumers(days: number): Promise<AbsentConsumer[]> {
    const { rows } = await this.#db.query<AbsentConsumer>({
      text: `update event_cursors c set parked_at = now() from (select max(seq) as seq from events) log
        where name <> 'dispatcher' and parked_at is null and seen_at < now() - $1 * interval '1 day' and c.seq < log.seq
        returning name, seen_at, log.seq - c.seq as events_unread`,
      values: [days],
    });
    return rows;
  }

  /** Forgets readers of the log that are gone and that missed events meanwhile. Says which. */
  async dropConsumers(days: number): Promise<string[]> {
    const { rows } = await this.#db.query<{ name: string }>({
      text: `delete from event_cursors where parked_at < now() - $1 * interval '1 day'
          and seq < (select min(seq) from events) - 1 returning name`,
      values: [days],
    });
    return rows.map(({ name }) => name);
  }

  /** Old events that every reader of the log has passed. The last one stays, as the end from which readers start. */
  events(limit: number, days: number): Promise<number> {
    return this.#delete(
      `delete from events where seq in (
        select seq from events where updated_at < now() - $2 * interval '1 day'
          and seq <= (select coalesce(min(seq), 0) from event_cursors where parked_at is null)
          and seq < (select max(seq) from events)
        order by updated_at limit $1)`,
      [limit, days],
    );
  }

  /** Old versions; the current one is not among them. */
  history(limit: number, days: number): Promise<number> {
    return this.#delete(
      `delete from breadcrumb_history where (breadcrumb_id, version) in (
        select breadcrumb_id, version from breadcrumb_history
        where updated_at < now() - $2 * interval '1 day' limit $1)`,
      [limit, days],
    );
  }

  idempotencyKeys(limit: number, days: number): Promise<number> {
    return this.#delete(
      `delete from idempotency_keys where (owner_id, agent_id, key) in (
        select owner_id, agent_id, key from idempotency_keys
        where created_at < now() - $2 * interval '1 day' order by created_at limit $1)`,
      [limit, days],
    );
  }

  deliveries(limit: number, state: 'done' | 'dead', days: number): Promise<number> {
    return this.#delete(
      `delete from deliveries where id in (
        select id from deliveries where state = $3 and finished_at < now() - $2 * interval '1 day'
        order by finished_at limit $1)`,
      [limit, days, state],
    );
  }

  async note(run: {
    breadcrumbs: number;
    agents: number;
    took_ms: number;
    errors: number;
  }): Promise<void> {
    await this.#db.query({
      text: `update hygiene_totals set runs_completed = runs_completed + 1,
        total_breadcrumbs_purged = total_breadcrumbs_purged + $1, total_agents_cleaned = total_agents_cleaned + $2,
        last_run_duration_ms = $3, last_run_errors = $4, last_updated = now()`,
      values: [run.breadcrumbs, run.agents, Math.round(run.took_ms), run.errors],
    });
  }

  async totals(): Promise<HygieneTotals> {
    const { rows } = await this.#db.query<HygieneTotals>({
      text: `select runs_completed, total_breadcrumbs_purged, total_agents_cleaned, last_run_duration_ms, last_run_errors,
          last_updated
        from hygiene_totals`,
    });
    return rows[0] as HygieneTotals;
  }

  async #delete(text: string, values: readonly unknown[]): Promise<number> {
    const { rows } = await this.#db.query<{ purged: number }>({
      text: `with gone as (${text} returning 1) select count(*)::int as purged from gone`,
      values,
    });
    return rows[0]?.purged ?? 0;
  }
}
