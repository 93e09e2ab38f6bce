import type { DeadLetter, Selector, WebhookAttempt } from '@cairn/protocol';
import { newId } from '../base/index.ts';
import { joinSql, sql, type Database, type Handle } from '../db/index.ts';
import type { PageById } from '../http/index.ts';
import type { Attempt, DisabledReason, Endpoint, WebhookPayload } from './contract.ts';

const ENDPOINT = sql`id, owner_id, agent_id, url, active, disabled_reason, failing_since, created_at,
  updated_at`;
/** Attempts that are kept of an endpoint. */
const ATTEMPTS_KEPT = 200;

/** A standing interest of an agent for one of its endpoints. */
export interface EndpointSelector {
  readonly id: string;
  readonly owner_id: string;
  readonly endpoint_id: string;
  readonly selector: Selector;
}

/** A secret that signs. */
export interface SigningSecretRow {
  readonly secret_id: string;
  /** Null when it signs for all endpoints of the agent. */
  readonly endpoint_id: string | null;
  readonly expires_at: string | null;
}

/** Whose secrets are meant: those of an endpoint, or those of the agent itself. */
export interface Holder {
  readonly owner_id: string;
  readonly agent_id: string;
  readonly endpoint_id: string | null;
}

/** A dead letter with what is needed to send it again. */
export interface DeadLetterRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly payload: WebhookPayload;
}

export interface DeadLetterQuery {
  readonly owner_id: string;
  readonly endpoint_id?: string | undefined;
  readonly agent_id?: string | undefined;
}

/** The SQL of webhooks: endpoints, their secrets, attempts and dead letters. */
export class WebhookStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /** The selectors that agents registered by the API, once for each active endpoint of their agent. */
  async selectors(tx: Handle): Promise<EndpointSelector[]> {
    const { rows } = await tx.query<EndpointSelector>(
      sql`select s.id, s.owner_id, e.id as endpoint_id, s.selector
        from selector_subscriptions s
        join webhook_endpoints e on e.owner_id = s.owner_id and e.agent_id = s.agent_id and e.active
        where s.queue is null order by s.id, e.id`,
    );
    return rows;
  }

  /**
   * Makes an endpoint, or activates the one that has this address already.
   * @throws DatabaseError a foreign key violation when the tenant has no such agent
   */
  async upsertEndpoint(
    endpoint: { owner_id: string; agent_id: string; url: string },
    tx: Handle,
  ): Promise<Endpoint & { is_new: boolean }> {
    const { rows } = await tx.query<Endpoint & { is_new: boolean }>(
      sql`insert into webhook_endpoints (id, owner_id, agent_id, url)
        values (${newId()}, ${endpoint.owner_id}, ${endpoint.agent_id}, ${endpoint.url})
        on conflict (owner_id, agent_id, url) do update
          set active = true, disabled_reason = null, failing_since = null, last_failed_at = null,
            updated_at = clock_timestamp()
        returning ${ENDPOINT}, xmax = 0 as is_new`,
    );
    return rows[0] as Endpoint & { is_new: boolean };
  }

  async endpoint(owner_id: string, id: string, tx: Handle = this.#db): Promise<Endpoint | null> {
    const { rows } = await tx.query<Endpoint>(
      sql`select ${ENDPOINT} from webhook_endpoints where owner_id = ${owner_id} and id = ${id}`,
    );
    return rows[0] ?? null;
  }

  /** Oldest first; without `all` only the active ones. */
  async endpoints(
    agent: { owner_id: string; agent_id: string },
    which: 'active' | 'all',
    tx: Handle = this.#db,
  ): Promise<Endpoint[]> {
    const { rows } = await tx.query<Endpoint>(
      sql`select ${ENDPOINT} from webhook_endpoints
        where owner_id = ${agent.owner_id} and agent_id = ${agent.agent_id} and (active or ${which === 'all'})
        order by id limit 500`,
    );
    return rows;
  }

  /** Says whether that changed anything: what is deleted stays so, what is gone can still be deleted. */
  async disable(endpoint_id: string, reason: DisabledReason, tx: Handle): Promise<boolean> {
    const { count } = await tx.query(
      sql`update webhook_endpoints set active = false, disabled_reason = ${reason}, updated_at = clock_timestamp()
        where id = ${endpoint_id} and (active or ${reason} = 'deleted')`,
    );
    return count > 0;
  }

  /**
   * Notes that an attempt failed. Says since when nothing else happened. An endpoint that was left alone for `pause_ms`
   * begins anew: what was long ago says nothing of the time between.
   */
  async noteFailure(endpoint_id: string, at: string, pause_ms: number): Promise<string | null> {
    const { rows } = await this.#db.query<{ failing_since: string }>(
      sql`update webhook_endpoints set last_failed_at = ${at},
          failing_since = case when last_failed_at > ${at}::timestamptz - ${pause_ms} * interval '1 ms'
            then coalesce(failing_since, ${at}) else ${at}::timestamptz end
        where id = ${endpoint_id} and active returning failing_since`,
    );
    return rows[0]?.failing_since ?? null;
  }

  /** Notes that it works again. Says whether it did not before. */
  async noteRecovery(endpoint_id: string, tx: Handle): Promise<boolean> {
    const { count } = await tx.query(
      sql`update webhook_endpoints set failing_since = null, last_failed_at = null
        where id = ${endpoint_id} and failing_since is not null`,
    );
    return count > 0;
  }

  /** Lets one transaction at a time change the secrets of a holder. */
  async lockSecrets({ owner_id, agent_id, endpoint_id }: Holder, tx: Handle): Promise<void> {
    const key = ['webhook secrets', owner_id, agent_id, endpoint_id ?? ''].join(' ');
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`);
  }

  /** The secrets of a holder, newest first, past ones too. */
  async secretsOf(holder: Holder, tx: Handle): Promise<SigningSecretRow[]> {
    const { rows } = await tx.query<SigningSecretRow>(
      sql`select secret_id, endpoint_id, expires_at from webhook_signing_secrets
        where owner_id = ${holder.owner_id} and agent_id = ${holder.agent_id}
          and endpoint_id is not distinct from ${holder.endpoint_id}
        order by secret_id desc`,
    );
    return rows;
  }

  /** The secrets that sign for an endpoint at a time: those of its agent, then its own, each newest first. */
  async liveSecrets(endpoint: Endpoint, at: string, tx: Handle = this.#db): Promise<string[]> {
    const { rows } = await tx.query<{ secret_id: string }>(
      sql`select secret_id from webhook_signing_secrets
        where owner_id = ${endpoint.owner_id} and agent_id = ${endpoint.agent_id}
          and (endpoint_id is null or endpoint_id = ${endpoint.id}) and (expires_at is null or expires_at > ${at})
        order by (endpoint_id is not null), secret_id desc`,
    );
    return rows.map(({ secret_id }) => secret_id);
  }

  async addSecret(holder: Holder, secret_id: string, tx: Handle): Promise<void> {
    await tx.query(
      sql`insert into webhook_signing_secrets (secret_id, owner_id, agent_id, endpoint_id)
        values (${secret_id}, ${holder.owner_id}, ${holder.agent_id}, ${holder.endpoint_id})`,
    );
  }

  async expireSecret(secret_id: string, at: string, tx: Handle): Promise<void> {
    await tx.query(
      sql`update webhook_signing_secrets set expires_at = ${at} where secret_id = ${secret_id}`,
    );
  }

  /** Notes an attempt, and forgets the oldest beyond what is kept. */
  async noteAttempt(attempt: Attempt, tx: Handle = this.#db): Promise<void> {
    await tx.query(
      sql`with noted as (
          insert into webhook_attempts (id, endpoint_id, owner_id, webhook_id, seq, breadcrumb_id, attempt, outcome,
            status, error, duration_ms)
          select ${newId()}, e.id, e.owner_id, ${attempt.webhook_id}, ${attempt.seq}, ${attempt.breadcrumb_id},
            ${attempt.attempt}, ${attempt.outcome}, ${attempt.status}, ${attempt.error}, ${attempt.duration_ms}
          from webhook_endpoints e where e.id = ${attempt.endpoint_id} and e.owner_id = ${attempt.owner_id})
        delete from webhook_attempts where endpoint_id = ${attempt.endpoint_id} and id <= (
          select id from webhook_attempts where endpoint_id = ${attempt.endpoint_id}
          order by id desc offset ${ATTEMPTS_KEPT - 1} limit 1)`,
    );
  }

  /** All attempts at one webhook that are kept, oldest first. */
  async attemptsAt(
    webhook: { endpoint_id: string; webhook_id: string },
    limit: number,
  ): Promise<WebhookAttempt[]> {
    const { rows } = await this.#db.query<WebhookAttempt>(
      sql`select id, webhook_id, breadcrumb_id, seq, attempt, outcome, status, error, duration_ms, created_at
        from webhook_attempts
        where endpoint_id = ${webhook.endpoint_id} and webhook_id = ${webhook.webhook_id} order by id limit ${limit}`,
    );
    return rows;
  }

  /** Newest first. */
  async attempts(
    endpoint_id: string,
    limit: number,
    before: string | undefined,
  ): Promise<WebhookAttempt[]> {
    const { rows } = await this.#db.query<WebhookAttempt>(
      sql`select id, webhook_id, breadcrumb_id, seq, attempt, outcome, status, error, duration_ms, created_at
        from webhook_attempts
        where endpoint_id = ${endpoint_id} and (${before ?? null}::uuid is null or id < ${before ?? null}::uuid)
        order by id desc limit ${limit}`,
    );
    return rows;
  }

  /** Keeps what could not be delivered; nothing when its endpoint is no more. */
  async addDeadLetter(
    letter: {
      id: string;
      owner_id: string;
      payload: WebhookPayload;
      attempts: number;
      last_error: string;
    },
    tx: Handle,
  ): Promise<void> {
    const { endpoint_id, webhook_id } = letter.payload;
    await tx.query(
      sql`insert into webhook_dlq (id, owner_id, agent_id, endpoint_id, url, webhook_id, payload, attempts, last_error)
        select ${letter.id}, e.owner_id, e.agent_id, e.id, e.url, ${webhook_id}, ${JSON.stringify(letter.payload)},
          ${letter.attempts}, ${letter.last_error}
        from webhook_endpoints e where e.id = ${endpoint_id} and e.owner_id = ${letter.owner_id}
        on conflict (id) do nothing`,
    );
  }

  /** Newest first, with the event as it was sent. */
  async deadLetters(query: DeadLetterQuery & PageById): Promise<DeadLetter[]> {
    const conditions = deadLetterConditions(query);
    if (query.before !== undefined) conditions.push(sql`id < ${query.before}`);
    const { rows } = await this.#db.query<DeadLetter & { body: string }>(
      sql`select id, agent_id, endpoint_id, url, webhook_id, payload ->> 'body' as body, attempts, last_error, created_at
        from webhook_dlq where ${joinSql(conditions, ' and ', sql`true`)} order by id desc limit ${query.limit}`,
    );
    return rows.map(({ body, ...row }) => ({ ...row, payload: JSON.parse(body) as unknown }));
  }

  /** Says whether there was one. */
  async removeDeadLetter(owner_id: string, id: string): Promise<boolean> {
    const { count } = await this.#db.query(
      sql`delete from webhook_dlq where owner_id = ${owner_id} and id = ${id}`,
    );
    return count > 0;
  }

  /** Which endpoint a dead letter is for, and whether that is active. */
  async deadLetterTarget(
    owner_id: string,
    id: string,
    tx: Handle,
  ): Promise<{ active: boolean } | null> {
    const { rows } = await tx.query<{ active: boolean }>(
      sql`select e.active from webhook_dlq d join webhook_endpoints e on e.id = d.endpoint_id
        where d.owner_id = ${owner_id} and d.id = ${id} for update of d`,
    );
    return rows[0] ?? null;
  }

  /** Takes dead letters out whose endpoints are active, oldest first; those that another takes are passed over. */
  async takeDeadLetters(
    query: DeadLetterQuery & { id?: string },
    limit: number,
    tx: Handle,
  ): Promise<DeadLetterRow[]> {
    const conditions = deadLetterConditions(query);
    if (query.id !== undefined) conditions.push(sql`id = ${query.id}`);
    const { rows } = await tx.query<DeadLetterRow>(
      sql`with taken as (
          select id from webhook_dlq d where ${joinSql(conditions, ' and ', sql`true`)}
            and exists (select from webhook_endpoints e where e.id = d.endpoint_id and e.active)
          order by id limit ${limit} for update skip locked)
        delete from webhook_dlq d using taken where d.id = taken.id
        returning d.id, d.endpoint_id, d.payload`,
    );
    return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function deadLetterConditions({ owner_id, endpoint_id, agent_id }: DeadLetterQuery) {
  return [
    sql`owner_id = ${owner_id}`,
    ...(endpoint_id === undefined ? [] : [sql`endpoint_id = ${endpoint_id}`]),
    ...(agent_id === undefined ? [] : [sql`agent_id = ${agent_id}`]),
  ];
}
