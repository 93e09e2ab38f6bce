import type { BreadcrumbCreate } from '@cairn/protocol';
import { isUuid, type Clock, type Log } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Handle } from '../../db/index.ts';
import type { Principal } from '../../http/index.ts';
import type { IdentityStore } from '../../identity/index.ts';
import type { DeliveryStore, Outcome } from '../../queue/index.ts';
import { ToolInputError, type ScheduleWanted, type ToolSchedules } from '../builtin/index.ts';
import { firstTime, nextTime } from './next-time.ts';
import type { Schedule, ScheduleStore } from './schedule-store.ts';

const ACTIVE_MAX = { agent: 100, tenant: 1_000 };
const LISTED_MAX = 100;

/** A due time as a delivery. */
export interface FiringPayload {
  readonly schedule_id: string;
  readonly due_at: string;
}

export interface SchedulesPorts {
  readonly store: ScheduleStore;
  readonly deliveries: DeliveryStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The queue in which due times wait. */
  readonly queue: string;
}

/**
 * Records that are made at certain times. Each due time is one delivery, and the record, the move to the next due time
 * and its delivery are one transaction: whatever dies when, each due time makes its record once.
 */
export class Schedules {
  readonly #ports: SchedulesPorts;

  constructor(ports: SchedulesPorts) {
    this.#ports = ports;
  }

  /** The schedules of one principal; `made_for` names the request in which it asks. */
  of({ owner_id, agent_id, asked_by: asker }: Principal, made_for: string): ToolSchedules {
    const { store } = this.#ports;
    const asked_by = asker?.agent_id ?? null;
    return {
      create: (wanted) => this.#create({ owner_id, agent_id, asked_by, made_for }, wanted),
      list: () => store.list(owner_id, agent_id, LISTED_MAX),
      cancel: async (id) => isUuid(id) && store.cancel(owner_id, agent_id, id),
    };
  }

  async #create(
    by: { owner_id: string; agent_id: string; asked_by: string | null; made_for: string },
    wanted: ScheduleWanted,
  ) {
    const { store, clock } = this.#ports;
    const next_at = firstTime(wanted, clock.now());
    if (typeof next_at === 'string') throw new ToolInputError(`No schedule was made: ${next_at}.`);
    const active = await store.countActive(by.owner_id, by.agent_id);
    if (active.agent >= ACTIVE_MAX.agent || active.tenant >= ACTIVE_MAX.tenant)
      throw new ToolInputError(
        `There are ${ACTIVE_MAX.agent} active schedules of yours, or ${ACTIVE_MAX.tenant} of your tenant; cancel one first.`,
      );
    return store.transaction(async (tx) => {
      const { item, is_new } = await store.insert({ ...wanted, ...by, next_at }, tx);
      if (is_new) await this.#enqueue(by.owner_id, item.id, next_at, tx);
      return item;
    });
  }

  /** What comes of a due time: its record, unless the schedule was cancelled or has moved on. */
  async fire({ schedule_id, due_at }: FiringPayload): Promise<Outcome> {
    const { store, breadcrumbs, identity, clock } = this.#ports;
    const schedule = await store.find(schedule_id);
    if (schedule?.state !== 'active' || schedule.next_at !== due_at) return { type: 'done' };
    const early_ms = Date.parse(due_at) - clock.now();
    if (early_ms > 0) return { type: 'suspend', for_ms: Math.ceil(early_ms) };
    const { owner_id, agent_id, asked_by } = schedule;
    const roles = await identity.agentRoles(owner_id, agent_id);
    if (!roles) {
      const gone = { next_at: null, error: 'the agent that made it no longer exists' };
      return {
        type: 'done',
        commit: async (tx) => void (await store.advance(schedule_id, due_at, gone, tx)),
      };
    }
    const principal: Principal = {
      owner_id,
      agent_id,
      roles: roles.filter((role) => role !== 'curator'),
      // For whom it was made is who asks by what it makes.
      asked_by: asked_by === null ? null : { agent_id: asked_by, roles: [] },
    };
    return {
      type: 'done',
      commit: async (tx) => {
        if (!(await this.#moveOn(schedule, due_at, null, tx))) return;
        await breadcrumbs.createIn(tx, principal, [withTag(schedule)]);
      },
      committed: () => breadcrumbs.announce(),
    };
  }

  /** A due time that came to nothing in all attempts: the schedule goes on with the next. */
  async miss({ schedule_id, due_at }: FiringPayload, reason: string, tx: Handle): Promise<void> {
    const schedule = await this.#ports.store.find(schedule_id, tx);
    if (schedule) await this.#moveOn(schedule, due_at, reason.slice(0, 500), tx);
  }

  async #moveOn(
    schedule: Schedule,
    due_at: string,
    error: string | null,
    tx: Handle,
  ): Promise<boolean> {
    const { store, clock } = this.#ports;
    const is_last = schedule.firings_max !== null && schedule.firings + 1 >= schedule.firings_max;
    const next_at = is_last ? null : nextTime(schedule, Date.parse(due_at), clock.now());
    if (!(await store.advance(schedule.id, due_at, { next_at, error }, tx))) return false;
    if (next_at !== null) await this.#enqueue(schedule.owner_id, schedule.id, next_at, tx);
    return true;
  }

  async #enqueue(owner_id: string, schedule_id: string, due: number, tx: Handle): Promise<void> {
    const { deliveries, queue, clock } = this.#ports;
    const due_at = new Date(due).toISOString();
    const payload: FiringPayload = { schedule_id, due_at };
    await deliveries.enqueue(
      [
        {
          queue,
          owner_id,
          dedupe_key: `schedule:${schedule_id}:${due_at}`,
          payload,
          max_attempts: 5,
          delay_ms: Math.max(0, due - clock.now()),
        },
      ],
      tx,
    );
  }
}

/** Each record says which schedule made it. */
function withTag({ id, breadcrumb }: Schedule): BreadcrumbCreate {
  return { ...breadcrumb, tags: [...breadcrumb.tags, `schedule:${id}`] };
}

/** Whether a delivery of the queue is a due time. */
export function isFiring(payload: unknown): payload is FiringPayload {
  return typeof payload === 'object' && payload !== null && 'schedule_id' in payload;
}
