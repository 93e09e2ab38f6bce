import { inSpan, type Tracing } from '../base/index.ts';
import type { DeliveryHandler } from './contract.ts';

/** The same handler, with each attempt as a span of its own trace. */
export function traceHandler(handler: DeliveryHandler, tracing: Tracing): DeliveryHandler {
  return {
    handle: (delivery, signal) => {
      const attributes = {
        'messaging.operation.type': 'process',
        'messaging.destination.name': delivery.queue,
        'messaging.message.id': delivery.id,
        'cairn.attempt': delivery.attempts,
      };
      const options = { kind: 'consumer', attributes } as const;
      return inSpan(tracing, `process ${delivery.queue}`, options, async (span) => {
        const outcome = await handler.handle(delivery, signal);
        span.set({ 'cairn.outcome': outcome.type });
        if (outcome.type === 'retry' || outcome.type === 'dead') span.fail(outcome.type);
        return outcome;
      });
    },
    ...(handler.bury
      ? {
          bury: (tx, delivery, reason) => handler.bury?.(tx, delivery, reason) ?? Promise.resolve(),
        }
      : {}),
    ...(handler.buried ? { buried: (delivery) => handler.buried?.(delivery) } : {}),
  };
}
