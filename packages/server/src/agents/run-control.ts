import { AppError } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS } from '../events/index.ts';
import type { Principal } from '../http/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import { authorOf } from './context/context-triggers.ts';
import { AGENTS_QUEUE } from './register-agents.ts';
import type { RunStops } from './run-stops.ts';
import type { StopStore } from './stop-store.ts';
import type { RunStore } from './store.ts';

export interface RunControlPorts {
  readonly runs: RunStore;
  readonly stops: StopStore;
  readonly run_stops: RunStops;
  readonly deliveries: DeliveryStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly bus: Bus;
}

/** Stops runs for people. */
export class RunControl {
  readonly #ports: RunControlPorts;

  constructor(ports: RunControlPorts) {
    this.#ports = ports;
  }

  /** Ends a run and the runs that it began. @throws AppError not_found, forbidden; conflict when it has ended before */
  async stop({ owner_id, agent_id, roles }: Principal, run_id: string): Promise<void> {
    const { runs, stops, run_stops, deliveries, breadcrumbs, bus } = this.#ports;
    const run = await stops.findRun(owner_id, run_id);
    if (!run) throw new AppError('not_found', `there is no run ${run_id} of an agent`);
    if (!roles.includes('curator')) {
      const reader: Principal = { owner_id, agent_id, roles: ['curator'] };
      const author = await breadcrumbs.getFull(reader, run.trigger_id).then(
        (trigger) => authorOf(trigger),
        () => null,
      );
      if (author !== agent_id)
        throw new AppError('forbidden', 'only the author of its message and curators stop a run');
    }
    const ended = await runs.transaction(async (tx) => {
      const delivery_ids = await stops.withDescendants(owner_id, [run.delivery_id], tx);
      const reason = 'stopped' as const;
      await stops.request({ owner_id, delivery_ids, reason, stopped_by: agent_id }, tx);
      await deliveries.wake(delivery_ids, tx);
      return delivery_ids;
    });
    if (!ended.includes(run.delivery_id))
      throw new AppError('conflict', `the run ${run_id} has ended (${run.state})`);
    await bus.publish(TOPICS.queues, AGENTS_QUEUE);
    await run_stops.tell(ended);
  }
}
