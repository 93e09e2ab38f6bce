import { AppError, messageOf, type Log } from '../../base/index.ts';
import type { Principal } from '../../http/index.ts';
import type { IdentityStore } from '../../identity/index.ts';
import type { Breadcrumbs } from '../breadcrumbs.ts';
import type { DueReport, Removed, RemovedKind, ReportStore } from './report-store.ts';
import type { TenantCount } from './sweep-store.ts';

/** The principal that reports are written as, in every tenant. */
const REPORTER_ID = '00000000-0000-0000-0000-00000000c1ea';
/** Reports of one run: the others are written in the next. */
const REPORTS_MAX = 100;

/** What one sweep removed, by tenant. */
export class Tally {
  readonly #tenants = new Map<string, Removed>();

  get by_tenant(): ReadonlyMap<string, Removed> {
    return this.#tenants;
  }

  /** Adds what was removed of one kind. Says how much that was. */
  add(kind: RemovedKind, counts: readonly TenantCount[]): number {
    for (const { owner_id, n } of counts) {
      const known = this.#tenants.get(owner_id) ?? NOTHING;
      this.#tenants.set(owner_id, { ...known, [kind]: known[kind] + n });
    }
    return counts.reduce((sum, { n }) => sum + n, 0);
  }
}

const NOTHING: Removed = {
  expired_breadcrumbs: 0,
  idle_agents: 0,
  orphan_subscriptions: 0,
  dead_letters: 0,
};

/**
 * Tells each tenant what was removed of its own: one `system.hygiene.v1` record, updated only when something was, and
 * not more often than it is set, so that a busy installation does not fill its lists and streams with reports.
 */
export class HygieneReports {
  readonly #store: ReportStore;
  readonly #breadcrumbs: Breadcrumbs;
  readonly #identity: IdentityStore;
  readonly #log: Log;
  readonly #minutes: number;

  /** With `minutes` 0, sweeps are counted and no record is written. */
  constructor(ports: {
    store: ReportStore;
    breadcrumbs: Breadcrumbs;
    identity: IdentityStore;
    log: Log;
    minutes: number;
  }) {
    this.#store = ports.store;
    this.#breadcrumbs = ports.breadcrumbs;
    this.#identity = ports.identity;
    this.#log = ports.log;
    this.#minutes = ports.minutes;
  }

  /** Remembers what a sweep removed, for the next report. */
  note(tally: Tally): Promise<void> {
    return this.#store.add(tally.by_tenant);
  }

  /** Writes the reports that are due. One that fails is told of; what it was to say stays in the totals of the next. */
  async write(): Promise<void> {
    if (this.#minutes === 0) return;
    for (const due of await this.#store.takeDue(this.#minutes, REPORTS_MAX)) {
      try {
        await this.#writeOne(due);
      } catch (error) {
        const fields = { owner_id: due.owner_id, reason: messageOf(error) };
        this.#log.warn(fields, 'a hygiene report was not written');
      }
    }
  }

  async #writeOne(due: DueReport): Promise<void> {
    const { owner_id, breadcrumb_id } = due;
    const reporter: Principal = { owner_id, agent_id: REPORTER_ID, roles: ['emitter'] };
    await this.#identity.ensureAgent(reporter);
    const context = contextOf(due);
    if (breadcrumb_id !== null && (await this.#replace(reporter, breadcrumb_id, context))) return;
    const { full } = await this.#breadcrumbs.create(reporter, {
      title: 'Hygiene report',
      schema_name: 'system.hygiene.v1',
      tags: ['system:hygiene', 'system:stats', 'internal:monitoring'],
      context,
      ttl: null,
    });
    await this.#store.keepRecord(owner_id, full.id);
  }

  /** Says whether the record was still there: whoever deletes it gets a new one with the next report. */
  async #replace(reporter: Principal, id: string, context: object): Promise<boolean> {
    try {
      await this.#breadcrumbs.update(reporter, id, { context });
      return true;
    } catch (error) {
      if (error instanceof AppError && ['not_found', 'forbidden'].includes(error.code))
        return false;
      throw error;
    }
  }
}

function contextOf({ since, until, before, totals }: DueReport) {
  const kinds = Object.keys(NOTHING) as RemovedKind[];
  const removed = Object.fromEntries(
    kinds.map((kind) => [kind, totals[kind] - (before?.[kind] ?? 0)]),
  );
  return { since, until, removed, totals };
}
