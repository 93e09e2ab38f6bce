import type {
  BreadcrumbChanged,
  BreadcrumbContext,
  BreadcrumbCreate,
  BreadcrumbFull,
  BreadcrumbItem,
  BreadcrumbPatch,
  BreadcrumbVersion,
  GrantAction,
} from '@cairn/protocol';
import { AppError, systemClock, type Clock } from '../base/index.ts';
import { DatabaseError, GroupCommit, type Handle } from '../db/index.ts';
import type { Announcer } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import { can, type Action } from '../identity/index.ts';
import type { ListQuery, NewBreadcrumb, NewRow, Place, Row, Update } from './contract.ts';
import { AUTOMATIC_TTLS, type AutomaticTtls } from './hygiene/automatic-ttl.ts';
import { asksForStanding, whyNotDefine, whyNotPatch } from './guard-changes.ts';
import { chooseLifetime } from './hygiene/choose-lifetime.ts';
import { asksForLifetime, countsReads } from './hygiene/lifetime.ts';
import { applyPatch, assertStorable, changesLifetime, prepareNew } from './prepare-row.ts';
import { assertFitsSchema } from './schemas/assert-fits-schema.ts';
import { readTtlPolicyOf, type TtlPolicy } from './schemas/read-ttl-policy.ts';
import type { SchemaDefinitions } from './schemas/schema-definitions.ts';
import type { BreadcrumbStore, LockedRow, StoredView, Written } from './store.ts';
import { viewThroughHints } from './views/apply-llm-hints.ts';
import { chooseHints } from './views/choose-hints.ts';

/** Breadcrumbs of one transaction: more gain little and make one slow row slow for many. */
const GROUP_MAX = 128;
/** Reads on their way at the same time: while the database answers one group, the next gathers. */
const READS_PARALLEL = 2;
const HISTORY_MAX = 500;

/** What an update came to, inside a group in which others may fail. */
type Updated =
  | { readonly full: BreadcrumbFull; readonly shown: BreadcrumbChanged }
  | { readonly error: AppError };

/** What the one who changes a record may read of it. */
type Shows = (full: BreadcrumbFull) => BreadcrumbChanged;

/**
 * The record store as the rest of the program sees it. Every call names the principal on whose behalf it acts, and every
 * write is durable, with its event, before it answers.
 */
export class Breadcrumbs {
  readonly #store: BreadcrumbStore;
  readonly #announcer: Announcer;
  readonly #schemas: SchemaDefinitions | null;
  readonly #automatic_ttls: AutomaticTtls;
  readonly #clock: Clock;
  readonly #creates: GroupCommit<NewBreadcrumb, Written | null>;
  readonly #updates: GroupCommit<Update, Updated>;
  readonly #reads: GroupCommit<string, StoredView | null>;

  /** `parallel` is how many groups may be written at the same time. Without `schemas`, none is enforced. */
  constructor(ports: {
    store: BreadcrumbStore;
    announcer: Announcer;
    parallel: number;
    schemas?: SchemaDefinitions;
    automatic_ttls?: AutomaticTtls;
    clock?: Clock;
  }) {
    const { store, parallel } = ports;
    this.#store = store;
    this.#announcer = ports.announcer;
    this.#schemas = ports.schemas ?? null;
    this.#automatic_ttls = ports.automatic_ttls ?? AUTOMATIC_TTLS;
    this.#clock = ports.clock ?? systemClock;
    this.#creates = new GroupCommit({
      items_max: GROUP_MAX,
      parallel,
      commit: async (items) => {
        const written = await store.insert(items);
        this.announce();
        return items.map(({ row }) => written.get(row.id) ?? null);
      },
    });
    this.#updates = new GroupCommit({
      items_max: GROUP_MAX,
      parallel,
      exclusive_key: ({ id }) => id,
      commit: (updates) => this.#commitUpdates(updates),
    });
    this.#reads = new GroupCommit({
      items_max: GROUP_MAX,
      parallel: Math.min(parallel, READS_PARALLEL),
      commit: (ids) => store.views(ids),
    });
  }

  /**
   * Creates a breadcrumb. With a key, a repeat of the same request answers as the first did and creates nothing.
   * @throws AppError validation_failed; idempotency_mismatch when the key was used for another request
   */
  async create(
    principal: Principal,
    body: BreadcrumbCreate,
    idempotency_key: string | null = null,
  ): Promise<{ full: BreadcrumbFull; is_replay: boolean }> {
    assertStorable(body);
    const policy = await this.#ttlPolicy(principal.owner_id, body.schema_name);
    const item = this.#prepare(principal, body, idempotency_key, policy);
    if (this.#schemas) await assertFitsSchema(this.#schemas, principal.owner_id, body);
    const written = await this.#creates.submit(item).catch(explainFault);
    if (written) return { full: toFull(item, written), is_replay: false };
    return { full: await this.#replay(principal, item), is_replay: true };
  }

  /** Creates breadcrumbs inside a transaction of the caller's, who calls `announce` after the commit. */
  async createIn(
    tx: Handle,
    principal: Principal,
    bodies: readonly BreadcrumbCreate[],
  ): Promise<BreadcrumbFull[]> {
    const items: NewBreadcrumb[] = [];
    for (const body of bodies) {
      assertStorable(body);
      const policy = await this.#ttlPolicyIn(tx, principal.owner_id, body.schema_name);
      items.push(this.#prepare(principal, body, null, policy));
    }
    const written = await this.#store.insert(items, tx);
    return items.map((item) => toFull(item, written.get(item.row.id) as Written));
  }

  #prepare(
    principal: Principal,
    body: BreadcrumbCreate,
    idempotency_key: string | null,
    policy: TtlPolicy | null,
  ): NewBreadcrumb {
    const lifetime = chooseLifetime(body, policy, this.#automatic_ttls, this.#clock.now());
    return prepareNew(principal, body, idempotency_key, lifetime);
  }

  async #ttlPolicy(owner_id: string, schema_name?: string | null): Promise<TtlPolicy | null> {
    if (!this.#schemas || !schema_name) return null;
    return (await this.#schemas.find(owner_id, schema_name))?.ttl_policy ?? null;
  }

  /** As `#ttlPolicy`, with the only handle that may be used inside a transaction. */
  async #ttlPolicyIn(
    tx: Handle,
    owner_id: string,
    schema_name?: string | null,
  ): Promise<TtlPolicy | null> {
    if (!this.#schemas || !schema_name) return null;
    const definition = await this.#store.schemaDefinition(owner_id, schema_name, tx);
    return definition && readTtlPolicyOf(definition.context);
  }

  /** Says that breadcrumbs were committed. */
  announce(): void {
    this.#announcer.announce();
  }

  /**
   * What `view` answers, as JSON. Reads that come at the same time share a round trip, and each sees what was committed
   * when it came. @throws AppError not_found, also for what the principal may not see
   */
  async viewJson(principal: Principal, id: string): Promise<{ json: string; version: number }> {
    const stored = await this.#reads.submit(id);
    const granted = grantsOf(stored?.grants, principal);
    if (!stored || !can(principal, 'breadcrumb.read', { ...stored, ...granted }))
      throw notFound(id);
    if (stored.json !== null) return { json: stored.json, version: stored.version };
    const view = await this.view(principal, id, false);
    return { json: JSON.stringify(view), version: view.version };
  }

  /**
   * The record as its `llm_hints` show it; with `for_model`, as those of its schema do where it has none of its own.
   * Counts as a read of a record whose TTL is by use.
   * @throws AppError not_found, also for what the principal may not see
   */
  async view(principal: Principal, id: string, for_model: boolean): Promise<BreadcrumbContext> {
    const record = toContext(await this.#read(principal, id, 'read_context'));
    return this.#show(principal.owner_id, record, for_model);
  }

  /** A record of the tenant that was read already, as `view` shows it to a model. Counts as no read. */
  showToModel(owner_id: string, record: BreadcrumbContext): Promise<BreadcrumbContext> {
    return this.#show(owner_id, record, true);
  }

  async #show(
    owner_id: string,
    record: BreadcrumbContext,
    for_model: boolean,
  ): Promise<BreadcrumbContext> {
    const { llm_hints, schema_name } = record;
    const asks_schema = for_model && llm_hints === null && schema_name !== null;
    const definition = asks_schema ? await this.#schemas?.find(owner_id, schema_name) : null;
    const hints = chooseHints({ own: llm_hints, schema: definition?.hints }, for_model);
    return hints ? { ...record, context: viewThroughHints(record.context, hints).context } : record;
  }

  /** The record with its context as it is stored. Counts as no read. @throws AppError not_found */
  async get(principal: Principal, id: string): Promise<BreadcrumbContext> {
    return toContext(await this.#find(principal, id, 'read_context'));
  }

  /** All that is stored. Counts as a read of a record whose TTL is by use. @throws AppError not_found */
  async readFull(principal: Principal, id: string): Promise<BreadcrumbFull> {
    return plain(await this.#read(principal, id, 'read_full'));
  }

  /** As `readFull`, for the program itself and whoever looks after records: counts as no read. `tx` reads inside a transaction of the caller's. @throws AppError not_found */
  async getFull(principal: Principal, id: string, tx?: Handle): Promise<BreadcrumbFull> {
    return plain(await this.#find(principal, id, 'read_full', tx));
  }

  /** As `getFull`, with the id of the one who asks by it: for whom its last author acted, else that author. @throws AppError not_found */
  async getAsked(
    principal: Principal,
    id: string,
    tx?: Handle,
  ): Promise<{ record: BreadcrumbFull; asker: string | null }> {
    const row = await this.#find(principal, id, 'read_full', tx);
    return { record: plain(row), asker: row.asked_by ?? row.updated_by };
  }

  /** The newest 500 versions, newest first. @throws AppError not_found */
  async history(principal: Principal, id: string): Promise<BreadcrumbVersion[]> {
    const row = await this.#find(principal, id, 'read_full');
    return this.#store.versions(row, principal, HISTORY_MAX);
  }

  /** Newest first by `updated_at`. */
  list(principal: Principal, query: ListQuery): Promise<BreadcrumbItem[]> {
    return this.#store.list(principal, query);
  }

  /** As `list`; fewer than asked for when their contexts come to more than 16 MiB. */
  async listWithContext(principal: Principal, query: ListQuery): Promise<BreadcrumbContext[]> {
    return (await this.#store.listWithContext(principal, query)).rows;
  }

  /** One page of a list, and where the next one goes on; null at the end. */
  async page(
    principal: Principal,
    query: ListQuery,
    include_context: boolean,
  ): Promise<{ rows: (BreadcrumbItem | BreadcrumbContext)[]; next: Place | null }> {
    const wanted = { ...query, limit: query.limit + 1 };
    const { rows: found, is_cut } = include_context
      ? await this.#store.listWithContext(principal, wanted)
      : { rows: await this.#store.list(principal, wanted), is_cut: false };
    const rows = found.slice(0, query.limit);
    const last = rows.at(-1);
    const has_more = is_cut || found.length > rows.length;
    return {
      rows,
      next: has_more && last ? { updated_at: last.updated_at, id: last.id } : null,
    };
  }

  /**
   * Updates a breadcrumb, if it still has the expected version; of two that expect the same one only one succeeds.
   * Answers with the whole record: see `change`. @throws AppError not_found, forbidden, version_mismatch with `current_version`
   */
  async update(
    principal: Principal,
    id: string,
    patch: BreadcrumbPatch,
    expected_version?: number,
  ): Promise<BreadcrumbFull> {
    return (await this.#update(principal, id, patch, expected_version)).full;
  }

  /** As `update`; answers with as much of the record as the principal may read. A right to change it is none to read it. */
  async change(
    principal: Principal,
    id: string,
    patch: BreadcrumbPatch,
    expected_version?: number,
  ): Promise<BreadcrumbChanged> {
    return (await this.#update(principal, id, patch, expected_version)).shown;
  }

  async #update(
    principal: Principal,
    id: string,
    patch: BreadcrumbPatch,
    expected_version: number | undefined,
  ): Promise<Exclude<Updated, { error: AppError }>> {
    assertStorable(patch);
    await this.#assertPatchFits(principal, id, patch);
    const outcome = await this.#updates
      .submit({ id, principal, patch, expected_version })
      .catch(explainFault);
    if ('error' in outcome) throw outcome.error;
    return outcome;
  }

  /** Deletes a breadcrumb and its history. @throws AppError not_found, forbidden, version_mismatch */
  async remove(principal: Principal, id: string, expected_version?: number): Promise<void> {
    const row = await this.#store.find(id, principal, 'any');
    const refusal = whyNot(row, 'breadcrumb.delete', { id, principal, expected_version });
    if (refusal || !row) throw refusal ?? notFound(id);
    const asks = asksForStanding(row, principal);
    if (asks) {
      const is_stood_for = await this.#store.isStoodFor(id);
      const why = whyNotDefine(row, principal, is_stood_for);
      if (why) throw why;
    }
    // A curator may stand for it meanwhile: what is deleted is what was looked at.
    const version = asks ? row.version : expected_version;
    if (!(await this.#store.remove(id, principal, version))) {
      // It changed or went away since we looked.
      const now = await this.#store.find(id, principal, 'any');
      throw (
        whyNot(now, 'breadcrumb.delete', { id, principal, expected_version: version }) ??
        notFound(id)
      );
    }
    this.announce();
  }

  /** The part of the record that the patch leaves alone is read first; a change of it meanwhile is not seen. */
  async #assertPatchFits(principal: Principal, id: string, patch: BreadcrumbPatch): Promise<void> {
    const is_shaped = 'context' in patch || Boolean(patch.schema_name);
    if (!this.#schemas || !(is_shaped || asksForLifetime(patch))) return;
    const row = await this.#store.find(id, principal, 'any');
    if (!row) return;
    if (is_shaped) await assertFitsSchema(this.#schemas, principal.owner_id, { ...row, ...patch });
    if (!changesLifetime(row, patch)) return;
    const schema_name = patch.schema_name === undefined ? row.schema_name : patch.schema_name;
    const policy = await this.#ttlPolicy(principal.owner_id, schema_name);
    if (policy?.allow_override === false) throw ttlIsGiven(schema_name ?? '');
  }

  /** The row, its read counted where reads are what ends it; nobody else pays for that. */
  async #read(principal: Principal, id: string, grant: GrantAction): Promise<Row> {
    const row = await this.#find(principal, id, grant);
    if (!countsReads(row)) return row;
    const counted = await this.#store.countRead(id, principal, grant);
    if (counted) return counted;
    // Used up meanwhile, or given another TTL.
    const now = await this.#find(principal, id, grant);
    if (countsReads(now)) throw notFound(id);
    return now;
  }

  async #find(principal: Principal, id: string, grant: GrantAction, tx?: Handle): Promise<Row> {
    const row = await this.#store.find(id, principal, grant, tx);
    if (!row) throw notFound(id);
    return row;
  }

  async #commitUpdates(updates: readonly Update[]): Promise<Updated[]> {
    const outcomes = await this.#store.transaction(async (tx) => {
      const rows = await this.#store.lock(
        updates.map(({ id }) => id),
        tx,
      );
      const now_ms = this.#clock.now();
      const decided = updates.map((update) => decide(rows.get(update.id) ?? null, update, now_ms));
      const changed = decided.flatMap((each, n) => {
        const asked_by = updates[n]?.principal.asked_by?.agent_id ?? null;
        return 'row' in each ? [{ ...each.row, asked_by }] : [];
      });
      const times =
        changed.length > 0 ? await this.#store.replace(changed, tx) : new Map<string, string>();
      return decided.map((each) => {
        if ('error' in each) return each;
        const updated_at = times.get(each.row.id) as string;
        const full: BreadcrumbFull = { ...each.row, updated_at, embedding: null };
        return { full, shown: each.shows(full) };
      });
    });
    this.announce();
    return outcomes;
  }

  /**
   * The answer that the first request with this key got. The request is the same, so the answer is made of it again, with
   * what the database added then; the record itself may have changed since.
   */
  async #replay(principal: Principal, item: NewBreadcrumb): Promise<BreadcrumbFull> {
    const { row, idempotency_key, request_hash } = item;
    const known = await this.#store.findIdempotent(
      row.owner_id,
      row.created_by,
      idempotency_key ?? '',
    );
    if (known && known.request_hash !== request_hash) {
      throw new AppError(
        'idempotency_mismatch',
        'this Idempotency-Key was used before with another body; use a new key',
      );
    }
    const now = known && (await this.#store.find(known.breadcrumb_id, principal, 'any'));
    if (!now)
      throw new AppError(
        'conflict',
        'what this Idempotency-Key made has expired or was deleted since; use a new key',
      );
    const { id, created_at } = now;
    return toFull(
      { ...item, row: { ...row, ...firstLifetime(row, now), id } },
      { id, created_at, updated_at: created_at },
    );
  }
}

function decide(
  locked: LockedRow | null,
  update: Update,
  now_ms: number,
): { row: Row; shows: Shows } | { error: AppError } {
  const { grants, is_stood_for, ...rest } = locked ?? { grants: null, is_stood_for: false };
  const { patch, principal } = update;
  const row = locked && ({ ...rest, ...grantsOf(grants, principal) } as Row);
  const error =
    whyNot(row, 'breadcrumb.update', update) ??
    (row && (whyNotDefine(row, principal, is_stood_for) ?? whyNotPatch(row, patch, principal)));
  if (error || !row) return { error: error ?? notFound(update.id) };
  try {
    const {
      granted: _,
      asker_granted: _asker,
      ...changed
    } = applyPatch(row, patch, principal, now_ms);
    return { row: changed, shows: shownTo(principal, row) };
  } catch (fault) {
    // Of this update alone: what else is in the group goes on.
    if (fault instanceof AppError) return { error: fault };
    throw fault;
  }
}

/** What the principal may read of a row that it changes, by what was granted on it. */
function shownTo(principal: Principal, row: Row): Shows {
  if (can(principal, 'breadcrumb.read_full', row)) return (full) => full;
  if (can(principal, 'breadcrumb.read', row)) return toContext;
  return ({ id, version, updated_at }) => ({ id, version, updated_at });
}

/** Why the principal may not change the row, or null. What it may not see does not exist for it. */
function whyNot(
  row: Row | null,
  action: Action,
  { id, principal, expected_version }: Omit<Update, 'patch'>,
): AppError | null {
  const is_visible =
    row && (can(principal, 'breadcrumb.read', row) || grantsAnything(row, principal));
  if (!is_visible) return notFound(id);
  if (!can(principal, action, row))
    return new AppError(
      'forbidden',
      `you may read this breadcrumb but not ${action.split('.')[1]} it`,
    );
  if (expected_version === undefined || expected_version === row.version) return null;
  return new AppError(
    'version_mismatch',
    `version ${expected_version} was expected, but it is ${row.version} now; read it again and repeat your change`,
    { current_version: row.version },
  );
}

/**
 * The lifetime that a record was made with, given what a repeat of the request would have and what is stored now: what
 * was reckoned, was reckoned from the first request.
 */
function firstLifetime(repeated: NewRow, now: Row): Partial<NewRow> {
  // An update has given it another since.
  if (now.version > 1 && now.ttl_source !== repeated.ttl_source) return {};
  const { ttl_type, ttl_config, ttl_source } = now;
  // A read that uses a record up sets its `ttl`, where none was before.
  const is_set_by_reads = ttl_type === 'usage' || (ttl_type === 'hybrid' && repeated.ttl === null);
  return { ttl: is_set_by_reads ? null : now.ttl, ttl_type, ttl_config, ttl_source };
}

function grantsAnything({ owner_id, granted }: Row, principal: Principal): boolean {
  if (principal.asked_by) return false;
  return owner_id === principal.owner_id && (granted?.length ?? 0) > 0;
}

/** Of the grants on a record, those that count for a principal. */
function grantsOf(
  grants: LockedRow['grants'] | undefined,
  { agent_id, asked_by }: Principal,
): Pick<Row, 'granted' | 'asker_granted'> {
  const granted = grants?.[agent_id] ?? null;
  return asked_by ? { granted, asker_granted: grants?.[asked_by.agent_id] ?? null } : { granted };
}

/** Without what is for the policy alone. */
function plain(stored: Row): BreadcrumbFull {
  const { granted: _, asker_granted: _asker, asked_by: _by, ...row } = stored;
  return { ...row, embedding: null };
}

function toContext(row: Row): BreadcrumbContext {
  const { id, title, tags, schema_name, version, updated_at } = row;
  const { description, semantic_version, context, llm_hints } = row;
  return {
    id,
    title,
    description,
    semantic_version,
    context,
    tags,
    schema_name,
    llm_hints,
    version,
    updated_at,
  };
}

function ttlIsGiven(schema_name: string): AppError {
  const message = `the schema ${schema_name} gives its records their TTL and allows no other; leave ttl, ttl_type and ttl_config out`;
  return new AppError('validation_failed', message, { errors: [{ path: 'ttl', message }] });
}

function notFound(id: string): AppError {
  return new AppError('not_found', `there is no breadcrumb ${id} that you may see`);
}

/** A token can outlive its agent; then there is nobody to write as. */
function explainFault(error: unknown): never {
  if (error instanceof DatabaseError && error.is_foreign_key_violation) {
    throw new AppError(
      'unauthenticated',
      'the agent or tenant of this token no longer exists; ask for a new token',
      {},
      error,
    );
  }
  throw error;
}

function toFull({ row }: NewBreadcrumb, { created_at, updated_at }: Written): BreadcrumbFull {
  return {
    ...row,
    tags: [...row.tags],
    version: 1,
    read_count: 0,
    created_at,
    updated_at,
    updated_by: row.created_by,
    embedding: null,
  };
}
