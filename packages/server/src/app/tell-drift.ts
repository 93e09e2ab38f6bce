import type { BehaviorDrift } from '@cairn/protocol';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import { describeDrift } from '../runs/index.ts';
import { toolsPrincipal } from '../tools/index.ts';

/**
 * Tells a tenant of drift by a breadcrumb, from where selectors take it to streams, agents and webhooks. The same drift
 * makes one breadcrumb, however often it is told.
 */
export function createDriftTeller(breadcrumbs: Breadcrumbs, identity: IdentityStore) {
  return async (owner_id: string, drift: BehaviorDrift): Promise<void> => {
    const principal = toolsPrincipal(owner_id);
    await identity.ensureAgent(principal);
    const { agent_id, drift_type, severity, drift_id } = drift;
    const message = describeDrift(drift);
    const record = {
      title: message.slice(0, 255),
      schema_name: 'drift.alert.v1',
      tags: [
        'drift:alert',
        `drift:${drift_type}`,
        `severity:${severity}`,
        `agent:${agent_id.slice(0, 200)}`,
      ],
      context: { ...drift, message },
    };
    await breadcrumbs.create(principal, record, `drift:${drift_id}`);
  };
}
