import { Type, type Static } from 'typebox';
import { Timestamp } from './breadcrumb.ts';

/** Deliveries of a tenant that one answer counts, unfinished and dead ones each; there may be more. */
export const QUEUE_COUNT_MAX = 100_000;

const Count = Type.Integer({ minimum: 0, maximum: QUEUE_COUNT_MAX });

/** What there is to do in a queue, for one tenant. A delivery is counted once. */
export const QueueItem = Type.Object({
  queue: Type.String({ description: 'Such as `webhooks` or `agents`' }),
  waiting: Type.Integer({ ...Count, description: 'Due, and not begun' }),
  running: Type.Integer({ ...Count, description: 'A worker has it' }),
  delayed: Type.Integer({
    ...Count,
    description: 'Not due yet, such as an agent that waits for its tools',
  }),
  retrying: Type.Integer({ ...Count, description: 'Failed before, and not due yet' }),
  dead: Type.Integer({ ...Count, description: 'Given up; kept until hygiene deletes it' }),
  oldest_due_at: Type.Union([Timestamp, Type.Null()], {
    description: 'Since when the first of those that wait could have begun; null when none waits',
  }),
});
export type QueueItem = Static<typeof QueueItem>;
