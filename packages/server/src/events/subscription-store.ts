import type { Selector } from '@cairn/protocol';
import { newId } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { raiseGeneration } from './store.ts';

/** A selector that an agent registered by the API. */
export interface SelectorRow {
  readonly id: string;
  readonly owner_id: string;
  readonly agent_id: string;
  readonly selector: Selector;
}

const COLUMNS = 'id, owner_id, agent_id, selector';

/**
 * The SQL of selectors that agents register. Each change raises the generation, in its own transaction, so that every
 * dispatcher knows of it before it looks at a later event.
 */
export class SubscriptionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async add(owner_id: string, agent_id: string, selector: Selector): Promise<SelectorRow> {
    return this.#db.transaction(async (tx) => {
      const { rows } = await tx.query<SelectorRow>({
        text: `insert into selector_subscriptions (id, owner_id, agent_id, selector) values ($1, $2, $3, $4) returning ${COLUMNS}`,
        values: [newId(), owner_id, agent_id, JSON.stringify(selector)],
      });
      await raiseGeneration(tx);
      return rows[0] as SelectorRow;
    });
  }

  async list(owner_id: string, agent_id: string): Promise<SelectorRow[]> {
    const { rows } = await this.#db.query<SelectorRow>({
      text: `select ${COLUMNS} from selector_subscriptions
        where owner_id = $1 and agent_id = $2 and queue is null order by created_at, id`,
      values: [owner_id, agent_id],
    });
    return rows;
  }

  /** The selectors of all agents of all tenants. */
  async all(): Promise<SelectorRow[]> {
    const { rows } = await this.#db.query<SelectorRow>({
      text: `select ${COLUMNS} from selector_subscriptions where queue is null`,
    });
    return rows;
  }

  /** Changes with every change of selectors, and never goes back. */
  async generation(): Promise<number> {
    const { rows } = await this.#db.query<{ generation: number }>({
      name: 'events_generation',
      text: "select generation from event_cursors where name = 'dispatcher'",
    });
    return rows[0]?.generation ?? 0;
  }

  /** Says whether the agent has such a selector. */
  async replace(
    owner_id: string,
    agent_id: string,
    id: string,
    selector: Selector,
  ): Promise<boolean> {
    return this.#change(
      `update selector_subscriptions set selector = $4
        where owner_id = $1 and agent_id = $2 and id = $3 and queue is null returning id`,
      [owner_id, agent_id, id, JSON.stringify(selector)],
    );
  }

  async remove(owner_id: string, agent_id: string, id: string): Promise<boolean> {
    return this.#change(
      `delete from selector_subscriptions
        where owner_id = $1 and agent_id = $2 and id = $3 and queue is null returning id`,
      [owner_id, agent_id, id],
    );
  }

  #change(text: string, values: readonly unknown[]): Promise<boolean> {
    return this.#db.transaction(async (tx) => {
      const { rows } = await tx.query({ text, values });
      if (rows.length > 0) await raiseGeneration(tx);
      return rows.length > 0;
    });
  }
}
