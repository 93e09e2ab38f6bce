import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Notifier } from '../webhooks/index.ts';

const WHY = {
  gone: 'it answered 410, which means that it wants no more',
  failing: 'for days every attempt failed',
} as const;

/**
 * Tells the owner of a webhook that the server stopped sending to it, by a breadcrumb of its own: private, so that itself
 * and curators can read it, as it says where the webhook went.
 */
export function createWebhookNotifier(breadcrumbs: Breadcrumbs): Notifier {
  return {
    async disabled(tx, { endpoint, reason }) {
      const { id, owner_id, agent_id, url, failing_since } = endpoint;
      await breadcrumbs.createIn(tx, { owner_id, agent_id, roles: ['emitter'] }, [
        {
          title: 'A webhook was disabled',
          schema_name: 'system.webhook.v1',
          tags: ['system:webhook', `webhook:${id}`],
          visibility: 'private',
          context: {
            endpoint_id: id,
            agent_id,
            // The rest of an address is often as good as a key.
            origin: URL.canParse(url) ? new URL(url).origin : null,
            status: 'disabled',
            reason,
            message: `Nothing more is sent: ${WHY[reason]}. POST /agents/${agent_id}/webhooks with the same url activates it again.`,
            failing_since,
          },
        },
      ]);
    },
    committed: () => breadcrumbs.announce(),
  };
}
