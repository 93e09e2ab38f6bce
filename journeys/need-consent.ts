import type { CairnClient } from '@cairn/sdk';
import { expect } from 'vitest';

/** Has the agent that every installation begins with ask before it uses a tool; waits until that counts. */
export async function needConsent(client: CairnClient, tool: string): Promise<void> {
  const definition = async () =>
    (await client.listBreadcrumbs({ schema_name: 'agent.def.v1', include_context: true })).items[0];
  await expect.poll(definition).toBeDefined();
  const found = await definition();
  if (found === undefined) throw new Error('there is no agent');
  const context = { ...(found.context as object), approvals: { tools: [tool] } };
  const { version } = await client.updateBreadcrumb(found.id, { context });
  const counts = async () => {
    const { items } = await client.registry.agents();
    return items.find(({ id }) => id === found.id)?.version;
  };
  await expect.poll(counts).toBe(version);
}
