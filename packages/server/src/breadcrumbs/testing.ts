import { ROLES, type BreadcrumbCreate, type Role } from '@cairn/protocol';
import { newId, silentLog, systemClock } from '../base/index.ts';
import { createMemoryBus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { Announcer, EventStore, LogTail } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import { IdentityStore } from '../identity/index.ts';
import { Breadcrumbs } from './breadcrumbs.ts';
import { BreadcrumbStore } from './store.ts';

/** A record store on a database of the test's own. */
export interface TestBreadcrumbs {
  readonly db: Database;
  readonly breadcrumbs: Breadcrumbs;
  /** A second store on the same database, as another process has it. */
  another(): Breadcrumbs;
  /** A new agent, of a new tenant when none is given. */
  principal(options?: { owner_id?: string; roles?: readonly Role[] }): Promise<Principal>;
}

export async function openTestBreadcrumbs(): Promise<TestBreadcrumbs> {
  const db = await openTestDatabase();
  const bus = createMemoryBus(silentLog);
  const tail = new LogTail(new EventStore(db), bus, systemClock, silentLog);
  const another = () =>
    new Breadcrumbs({
      store: new BreadcrumbStore(db),
      announcer: new Announcer(tail, bus),
      parallel: Math.max(1, Math.min(4, db.capabilities.connections - 1)),
    });
  const identity = new IdentityStore(db);
  return {
    db,
    breadcrumbs: another(),
    another,
    async principal({ owner_id = newId(), roles = ROLES } = {}) {
      const principal = { owner_id, agent_id: newId(), roles };
      await identity.ensureAgent(principal);
      return principal;
    },
  };
}

/** The body of a create, with what the test does not care about filled in. */
export function body(given: Partial<BreadcrumbCreate> = {}): BreadcrumbCreate {
  return { title: 'A record', context: { n: 1 }, tags: [], ...given };
}

/** One row of the event log. */
export interface EventRow {
  readonly kind: string;
  readonly breadcrumb_id: string;
  readonly version: number;
  readonly context: unknown;
  readonly updated_by: string | null;
}

/** The events of a breadcrumb, in order. */
export async function eventsOf(db: Database, id: string): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>({
    text: 'select kind, breadcrumb_id, version, context, updated_by from events where breadcrumb_id = $1 order by seq',
    values: [id],
  });
  return rows;
}
