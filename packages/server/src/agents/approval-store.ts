import type { ApprovalItem, BreadcrumbFull, Decision } from '@cairn/protocol';
import type { Database, Handle } from '../db/index.ts';

/** A request for consent as it is stored. */
export interface ApprovalRow extends ApprovalItem {
  readonly owner_id: string;
  readonly delivery_id: string;
  readonly visibility: BreadcrumbFull['visibility'];
  readonly sensitivity: BreadcrumbFull['sensitivity'];
  /** Who wrote the message that it is about. */
  readonly asked_by: string | null;
}

export interface NewApproval extends Pick<
  ApprovalRow,
  | 'id'
  | 'owner_id'
  | 'run_id'
  | 'delivery_id'
  | 'request_id'
  | 'agent_id'
  | 'agent_name'
  | 'conversation_id'
  | 'tool'
  | 'input'
  | 'message'
  | 'on_expiry'
  | 'visibility'
  | 'sensitivity'
  | 'asked_by'
  | 'expires_at'
> {}

const COLUMNS = `id, owner_id, run_id, delivery_id, request_id, agent_id, agent_name, conversation_id, tool, input, message,
  on_expiry, visibility, sensitivity, asked_by, state, requested_at, expires_at, decided_at, decided_by, comment`;
const GIVEN = `id uuid, owner_id uuid, run_id uuid, delivery_id uuid, request_id uuid, agent_id uuid, agent_name text,
  conversation_id text, tool text, input jsonb, message text, on_expiry text, visibility text, sensitivity text,
  asked_by uuid, expires_at timestamptz`;

/** The SQL of requests for consent. */
export class ApprovalStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  async add(rows: readonly NewApproval[], tx: Handle): Promise<void> {
    const columns = GIVEN.replaceAll(/ (uuid|text|jsonb|timestamptz)(?=,|$)/g, '');
    await tx.query({
      text: `insert into agent_approvals (${columns}) select id, owner_id, run_id, delivery_id, request_id, agent_id,
          agent_name, conversation_id, tool, coalesce(input, 'null'), message, on_expiry, visibility, sensitivity, asked_by,
          expires_at
        from jsonb_to_recordset($1::jsonb) as x(${GIVEN})`,
      values: [JSON.stringify(rows)],
    });
  }

  async get(owner_id: string, id: string, tx: Handle = this.#db): Promise<ApprovalRow | null> {
    const { rows } = await tx.query<ApprovalRow>({
      text: `select ${COLUMNS} from agent_approvals where owner_id = $1 and id = $2`,
      values: [owner_id, id],
    });
    return rows[0] ?? null;
  }

  /** Of those that the caller may see, by `who`, or all when it is null; newest first. */
  async list(
    owner_id: string,
    query: {
      state: ApprovalItem['state'] | null;
      limit: number;
      before: string | null;
      who: string | null;
    },
  ): Promise<ApprovalRow[]> {
    const { rows } = await this.#db.query<ApprovalRow>({
      text: `select ${COLUMNS} from agent_approvals where owner_id = $1 and ($2::text is null or state = $2)
          and ($3::uuid is null or id < $3)
          and ($4::uuid is null or asked_by = $4 or (visibility <> 'private' and sensitivity <> 'secret'))
        order by id desc limit $5`,
      values: [owner_id, query.state, query.before, query.who, query.limit],
    });
    return rows;
  }

  /** Decides, if nobody has and there is time still. Null when it was not to be decided any more. */
  async decide(
    decision: {
      owner_id: string;
      id: string;
      decision: Decision;
      decided_by: string;
      comment: string | null;
    },
    tx: Handle,
  ): Promise<ApprovalRow | null> {
    const { rows } = await tx.query<ApprovalRow>({
      text: `update agent_approvals set state = $3, decided_by = $4, comment = $5, decided_at = clock_timestamp()
        where owner_id = $1 and id = $2 and state = 'pending' and expires_at > clock_timestamp()
        returning ${COLUMNS}`,
      values: [
        decision.owner_id,
        decision.id,
        decision.decision === 'approve' ? 'approved' : 'denied',
        decision.decided_by,
        decision.comment,
      ],
    });
    return rows[0] ?? null;
  }

  /** What a run is to act on itself: decided, or over without a decision, and not acted on yet. */
  async due(run_id: string): Promise<ApprovalRow[]> {
    const { rows } = await this.#db.query<ApprovalRow>({
      text: `select ${COLUMNS} from agent_approvals where run_id = $1 and settled_at is null
          and delivery_id = (select r.delivery_id from agent_runs r where r.id = run_id)
          and (state <> 'pending' or expires_at <= clock_timestamp()) order by id`,
      values: [run_id],
    });
    return rows;
  }

  /** What a delivery asked for and has not acted on, decided or not, with the milliseconds that are left for that. */
  async unsettledOf(
    delivery_id: string,
    tx: Handle = this.#db,
  ): Promise<(ApprovalRow & { readonly left_ms: number })[]> {
    const { rows } = await tx.query<ApprovalRow & { left_ms: number }>({
      text: `select ${COLUMNS}, (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as left_ms
        from agent_approvals where delivery_id = $1 and settled_at is null order by id`,
      values: [delivery_id],
    });
    return rows;
  }

  /** The consent for which this record was sent as the request; null when it was sent for none. */
  async ofRequest(owner_id: string, request_breadcrumb_id: string): Promise<ApprovalRow | null> {
    const { rows } = await this.#db.query<ApprovalRow>({
      // Of what earlier releases sent, only the call knows its record.
      text: `select ${COLUMNS} from agent_approvals where owner_id = $1 and settled_at is not null
          and (state = 'approved' or (state = 'expired' and on_expiry = 'approve'))
          and (request_breadcrumb_id = $2 or id in (
            select approval_id from agent_tool_calls where owner_id = $1 and request_breadcrumb_id = $2))`,
      values: [owner_id, request_breadcrumb_id],
    });
    return rows[0] ?? null;
  }

  /** Notes that it was acted on, and which record was sent for it; null when none was. */
  async settle(id: string, tx: Handle, sent: string | null): Promise<void> {
    await tx.query({
      text: `update agent_approvals set settled_at = clock_timestamp(), request_breadcrumb_id = $2,
          decided_at = case when state = 'pending' then clock_timestamp() else decided_at end,
          state = case when state = 'pending' then 'expired' else state end
        where id = $1`,
      values: [id, sent],
    });
  }

  /**
   * Ends what a run asked for and needs no more. What others asked in its name, they are to act on: it answers with their
   * deliveries.
   */
  async withdraw(run_id: string, tx: Handle): Promise<string[]> {
    const { rows } = await tx.query<{ delivery_id: string; is_own: boolean }>({
      name: 'agents_withdraw_approvals',
      text: `update agent_approvals a set state = 'expired', decided_at = clock_timestamp(),
          settled_at = case when a.delivery_id = r.delivery_id then clock_timestamp() end,
          on_expiry = 'deny', comment = 'the run that wanted it has ended'
        from agent_runs r where r.id = a.run_id and a.run_id = $1 and a.state = 'pending'
        returning a.delivery_id, a.delivery_id = r.delivery_id as is_own`,
      values: [run_id],
    });
    return rows.filter(({ is_own }) => !is_own).map(({ delivery_id }) => delivery_id);
  }
}
