import type { Webhook } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useSession } from '../../session/session.ts';
import { orderAgents } from '../agent-names.ts';
import { operationKeys } from '../operation-keys.ts';
import { useCaller } from '../use-caller.ts';

const REFRESH_MS = 10_000;
/** Agents whose webhooks are read when none is chosen: each is a request. */
const AGENTS_AT_MOST = 50;
const AT_ONCE = 8;

/** Webhooks, and whether those of some agents were left out because there are very many. */
interface WebhookList {
  readonly webhooks: readonly Webhook[];
  readonly is_cut: boolean;
}

/** The webhooks of an agent, also those that were disabled or deleted; of all agents for a curator who names none. */
export function useWebhooks(agent_id: string) {
  const { client } = useSession();
  const caller = useCaller();
  const own = caller?.is_curator === false ? caller.agent_id : '';
  const chosen = agent_id === '' ? own : agent_id;
  return useQuery({
    queryKey: [...operationKeys.webhooks, chosen],
    refetchInterval: REFRESH_MS,
    enabled: caller !== undefined,
    queryFn: async ({ signal }): Promise<WebhookList> => {
      const listOf = (id: string) =>
        client.webhooks.list(id, { include_inactive: true }, { signal });
      if (chosen !== '') return { webhooks: await listOf(chosen), is_cut: false };
      const [agents, definitions] = await Promise.all([
        client.agents.list({ signal }),
        client.registry.agents({ limit: 500 }, { signal }),
      ]);
      const all = orderAgents(
        agents.map(({ id }) => id),
        definitions.items,
      );
      const left = all.slice(0, AGENTS_AT_MOST);
      const webhooks: Webhook[] = [];
      const work = async (): Promise<void> => {
        for (let id = left.shift(); id !== undefined; id = left.shift())
          webhooks.push(...(await listOf(id)));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return {
        webhooks: webhooks.toSorted((a, b) => b.created_at.localeCompare(a.created_at)),
        is_cut: all.length > AGENTS_AT_MOST,
      };
    },
  });
}
