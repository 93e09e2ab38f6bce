import { QueueItem } from '@cairn/protocol';
import { Type } from 'typebox';
import { AGENT_CHORES_QUEUE, AGENTS_QUEUE, CONTEXTS_QUEUE } from '../agents/index.ts';
import type { Database } from '../db/index.ts';
import type { HttpServer, Routes } from '../http/index.ts';
import { DeliveryStore, type QueueBacklog } from '../queue/index.ts';
import { TOOLS_QUEUE } from '../tools/index.ts';
import { WEBHOOKS_QUEUE } from '../webhooks/index.ts';

/** The queues of this release, in the order in which they are shown. */
const QUEUES: readonly string[] = [
  AGENTS_QUEUE,
  AGENT_CHORES_QUEUE,
  CONTEXTS_QUEUE,
  TOOLS_QUEUE,
  WEBHOOKS_QUEUE,
];

/** What waits, runs, is tried again and was given up, for the tenant of the curator who asks. */
export function queueRoutes(db: Database): Routes {
  const deliveries = new DeliveryStore(db);
  return (server: HttpServer) => {
    server.get(
      '/queues',
      {
        config: { access: 'queue.read' },
        schema: {
          summary: 'What waits, runs, is tried again and was given up in each queue',
          description:
            'Of your tenant. Up to 100,000 unfinished and as many dead deliveries are counted.',
          tags: ['system'],
          response: { 200: Type.Array(QueueItem) },
        },
      },
      async ({ principal }) => withEmptyOnes(await deliveries.backlog(principal.owner_id)),
    );
  };
}

/** The queues of this release, also where they are empty, then what an older one left. */
function withEmptyOnes(found: readonly QueueBacklog[]): QueueBacklog[] {
  const known = QUEUES.map(
    (queue) => found.find((each) => each.queue === queue) ?? { queue, ...NOTHING },
  );
  return [...known, ...found.filter(({ queue }) => !QUEUES.includes(queue))];
}

const NOTHING = {
  waiting: 0,
  running: 0,
  delayed: 0,
  retrying: 0,
  dead: 0,
  oldest_due_at: null,
};
