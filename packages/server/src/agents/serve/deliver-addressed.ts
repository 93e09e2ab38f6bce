import type { Handle } from '../../db/index.ts';
import type { LoggedEvent } from '../../events/index.ts';
import type { DeliveryStore, NewDelivery } from '../../queue/index.ts';
import type { DefinitionStore } from '../definition-store.ts';
import { addresseeOf } from './address-message.ts';

/** A delivery without what is the same for all of its kind. */
export type BareDelivery = Omit<NewDelivery, 'owner_id'>;

/**
 * Gives a message that is for one agent alone to that agent, whatever its selectors are. An agent that is not active gets
 * none. Says which queues got something.
 */
export async function deliverAddressed(
  tx: Handle,
  event: LoggedEvent,
  ports: {
    readonly definitions: DefinitionStore;
    readonly deliveries: DeliveryStore;
    /** The work that the message means for an agent; null when it means none. */
    toDelivery(event: LoggedEvent, agent_id: string, waits: boolean): BareDelivery | null;
  },
): Promise<readonly string[]> {
  const agent_id = event.kind === 'created' ? addresseeOf(event) : null;
  const agent = agent_id && (await ports.definitions.get(agent_id, tx));
  if (!agent || agent.owner_id !== event.owner_id || agent.state !== 'active') return [];
  const { definition_id, when_busy, owner_id } = agent;
  const delivery = ports.toDelivery(event, definition_id, when_busy === 'queue');
  if (!delivery) return [];
  await ports.deliveries.enqueue([{ ...delivery, owner_id }], tx);
  return [delivery.queue];
}
