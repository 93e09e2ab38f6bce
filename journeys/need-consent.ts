import type { CairnClient } from '@cairn/sdk';
import { expect } from 'vitest';

const PATIENCE = { timeout: 30_000 };

/** Has the agent that every installation begins with ask before it uses a tool; waits until that counts. */
export async function needConsent(client: CairnClient, tool: string): Promise<void> {
  const definition = async () =>
    (await client.listBreadcrumbs({ schema_name: 'agent.def.v1', include_context: true })).items[0];
  await expect.poll(definition, PATIENCE).toBeDefined();
  const found = await definition();
  if (found === undefined) throw new Error('there is no agent');
  const context = { ...(found.context as object), approvals: { tools: [tool] } };
  const { version } = await client.updateBreadcrumb(found.id, { context });
  const counts = async () => {
    const { items } = await client.registry.agents();
    return items.find(({ id }) => id === found.id)?.version;
  };
  await expect.poll(counts, PATIENCE).toBe(version);
}
