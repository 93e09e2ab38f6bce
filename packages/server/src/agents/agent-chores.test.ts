import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { DeliveryStore, type Delivery } from '../queue/index.ts';
import { AgentChores, type AgentChoresPorts } from './agent-chores.ts';
import {
  AGENT_CHORES_QUEUE,
  AGENTS_QUEUE,
  type Chore,
  type RunPayload,
} from './register-agents.ts';

const RUN: RunPayload = {
  agent_id: newId(),
  trigger_id: newId(),
  trigger_version: 1,
  conversation_id: 'c1',
};

function delivery(payload: Chore): Delivery {
  return {
    id: newId(),
    queue: AGENT_CHORES_QUEUE,
    owner_id: newId(),
    group_key: null,
    dedupe_key: 'x',
    payload,
    attempts: 4,
    max_attempts: 4,
    fence: 1,
    leased_by: 'w',
    created_at: '2026-01-01T00:00:00.000Z',
  };
}

async function start() {
  const deliveries = new DeliveryStore(await openTestDatabase());
  // Burying uses nothing else.
  const chores = new AgentChores({ deliveries } as AgentChoresPorts);
  const bury = (chore: Chore) => deliveries.transaction((tx) => chores.bury(tx, delivery(chore)));
  return { deliveries, bury };
}

describe('a chore that could not be done', () => {
  it('lets the message of an arrival wait its turn', async () => {
    const { deliveries, bury } = await start();
    await bury({ kind: 'arrival', run: RUN });
    const claimed = await deliveries.claim(AGENTS_QUEUE, 'w', 10, 1_000);
    expect(claimed).toMatchObject([{ payload: RUN, group_key: `${RUN.agent_id}:c1` }]);
  });

  it('leaves nothing behind when it is another', async () => {
    const { deliveries, bury } = await start();
    await bury({ kind: 'trace', run_id: newId() });
    expect(await deliveries.claim(AGENTS_QUEUE, 'w', 10, 1_000)).toEqual([]);
  });
});
