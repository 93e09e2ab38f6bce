import type {
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
import type { ListQuery, NewBreadcrumb, Place, Row, Update } from './contract.ts';
import { applyPatch, assertStorable, prepareNew } from './prepare-row.ts';
import { assertFitsSchema } from './schemas/assert-fits-schema.ts';
import type { SchemaDefinitions } from './schemas/schema-definitions.ts';
import type { BreadcrumbStore, LockedRow, Written } from './store.ts';
import { viewThroughHints } from './views/apply-llm-hints.ts';
import { chooseHints } from './views/choose-hints.ts';

/** Breadcrumbs of one transaction: more gain little and make one slow row slow for many. */
const GROUP_MAX = 128;
const HISTORY_MAX = 500;

/** What an update came to, inside a group in which others may fail. */
type Updated = { readonly full: BreadcrumbFull } | { readonly error: AppError };

/**
 * The record store as the rest of the program sees it. Every call names the principal on whose behalf it acts, and every
 * write is durable, with its event, before it answers.
 */
export class Breadcrumbs {
  readonly #store: BreadcrumbStore;
  readonly #announcer: Announcer;
  readonly #schemas: SchemaDefinitions | null;
  readonly #clock: Clock;
  readonly #creates: GroupCommit<NewBreadcrumb, Written | null>;
  readonly #updates: GroupCommit<Update, Updated>;

  /** `parallel` is how many groups may be written at the same time. Without `schemas`, none is enforced. */
  constructor(ports: {
    store: BreadcrumbStore;
    announcer: Announcer;
    parallel: number;
    schemas?: SchemaDefinitions;
    clock?: Clock;
  }) {
    const { store, parallel } = ports;
    this.#store = store;
    this.#announcer = ports.announcer;
    this.#schemas = ports.schemas ?? null;
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
    const item = prepareNew(principal, body, idempotency_key, this.#clock.now());
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
    const items = bodies.map((body) => prepareNew(principal, body, null, this.#clock.now()));
    const written = await this.#store.insert(items, tx);
    return items.map((item) => toFull(item, written.get(item.row.id) as Written));
  }

  /** Says that breadcrumbs were committed. */
  announce(): void {
    this.#announcer.announce();
  }

  /**
   * The record as its `llm_hints` show it; with `for_model`, as those of its schema do where it has none of its own.
   * @throws AppError not_found, also for what the principal may not see
   */
  async view(principal: Principal, id: string, for_model: boolean): Promise<BreadcrumbContext> {
    const record = await this.get(principal, id);
    const { llm_hints, schema_name } = record;
    const asks_schema = for_model && llm_hints === null && schema_name !== null;
    const definition = asks_schema
      ? await this.#schemas?.find(principal.owner_id, schema_name)
      : null;
    const hints = chooseHints({ own: llm_hints, schema: definition?.hints }, for_model);
    return hints ? { ...record, context: viewThroughHints(record.context, hints).context } : record;
  }

  /** The record with its context as it is stored. @throws AppError not_found */
  async get(principal: Principal, id: string): Promise<BreadcrumbContext> {
    const {
      title,
      description,
      semantic_version,
      context,
      tags,
      schema_name,
      llm_hints,
      version,
      updated_at,
    } = await this.#find(principal, id, 'read_context');
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

  /** `tx` reads inside a transaction of the caller's. @throws AppError not_found */
  async getFull(principal: Principal, id: string, tx?: Handle): Promise<BreadcrumbFull> {
    const { granted: _, ...row } = await this.#find(principal, id, 'read_full', tx);
    return { ...row, embedding: null };
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
   * @throws AppError not_found, forbidden, version_mismatch with `current_version`
   */
  async update(
    principal: Principal,
    id: string,
    patch: BreadcrumbPatch,
    expected_version?: number,
  ): Promise<BreadcrumbFull> {
    assertStorable(patch);
    await this.#assertPatchFits(principal, id, patch);
    const outcome = await this.#updates
      .submit({ id, principal, patch, expected_version })
      .catch(explainFault);
    if ('error' in outcome) throw outcome.error;
    return outcome.full;
  }

  /** Deletes a breadcrumb and its history. @throws AppError not_found, forbidden, version_mismatch */
  async remove(principal: Principal, id: string, expected_version?: number): Promise<void> {
    const row = await this.#store.find(id, principal, 'any');
    const refusal = whyNot(row, 'breadcrumb.delete', { id, principal, expected_version });
    if (refusal) throw refusal;
    if (!(await this.#store.remove(id, principal, expected_version ?? undefined))) {
      // It changed or went away since we looked.
      const now = await this.#store.find(id, principal, 'any');
      throw whyNot(now, 'breadcrumb.delete', { id, principal, expected_version }) ?? notFound(id);
    }
    this.announce();
  }

  /** The part of the record that the patch leaves alone is read first; a change of it meanwhile is not seen. */
  async #assertPatchFits(principal: Principal, id: string, patch: BreadcrumbPatch): Promise<void> {
    if (!this.#schemas || !('context' in patch || patch.schema_name)) return;
    const row = await this.#store.find(id, principal, 'any');
    if (row) await assertFitsSchema(this.#schemas, principal.owner_id, { ...row, ...patch });
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
      const decided = updates.map((update) => decide(rows.get(update.id) ?? null, update));
      const changed = decided.flatMap((each) => ('row' in each ? [each.row] : []));
      const times =
        changed.length > 0 ? await this.#store.replace(changed, tx) : new Map<string, string>();
      return decided.map((each) => {
        if ('error' in each) return each;
        return {
          full: { ...each.row, updated_at: times.get(each.row.id) as string, embedding: null },
        };
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
    // A TTL of ours was reckoned from the first request.
    const ttl = row.ttl_source === 'auto-applied' ? now.ttl : row.ttl;
    return toFull(
      { ...item, row: { ...row, id, ttl } },
      { id, created_at, updated_at: created_at },
    );
  }
}

function decide(locked: LockedRow | null, update: Update): { row: Row } | { error: AppError } {
  const { grants, ...rest } = locked ?? { grants: null };
  const granted = grants?.[update.principal.agent_id] ?? null;
  const row = locked && ({ ...rest, granted } as Row);
  const error = whyNot(row, 'breadcrumb.update', update);
  if (error || !row) return { error: error ?? notFound(update.id) };
  const { granted: _, ...changed } = applyPatch(row, update.patch, update.principal);
  return { row: changed };
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

function grantsAnything({ owner_id, granted }: Row, principal: Principal): boolean {
  return owner_id === principal.owner_id && (granted?.length ?? 0) > 0;
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
    ttl_config: null,
    read_count: 0,
    created_at,
    updated_at,
    updated_by: row.created_by,
    embedding: null,
  };
}
