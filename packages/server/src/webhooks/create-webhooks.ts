import type { Role, WebhookAttempt } from '@cairn/protocol';
import { messageOf, type Clock, type Log } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import { EventStore, type LoggedEvent } from '../events/index.ts';
import type { GuardedFetch, Principal } from '../http/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import type { Secrets } from '../secrets/index.ts';
import type { Attempt, Notifier, Settled } from './contract.ts';
import { DeadLetters } from './dead-letters.ts';
import { WebhookSubscriptions } from './register-webhooks.ts';
import { WebhookSender } from './send-webhook.ts';
import { SigningSecrets } from './signing-secrets.ts';
import { WebhookStore } from './store.ts';
import { Webhooks } from './webhooks.ts';

/** The most attempts that a report tells of; more are not made within the life of a webhook. */
const REPORTED_ATTEMPTS = 200;

export interface WebhooksPorts {
  readonly db: Database;
  readonly bus: Bus;
  readonly deliveries: DeliveryStore;
  readonly secrets: Secrets;
  readonly fetch: GuardedFetch;
  /** The same as that of `fetch`: what is never sent to is refused when it is registered. */
  readonly allow_private: boolean;
  /** The roles that an agent has now; null when it is no more. */
  readonly rolesOf: (owner_id: string, agent_id: string) => Promise<readonly Role[] | null>;
  readonly may_see: (principal: Principal, event: LoggedEvent) => boolean;
  /** Tells the owner of an endpoint that was disabled. */
  readonly notifier?: Notifier;
  /** Days of nothing but failures after which an endpoint is disabled. */
  readonly disable_after_days: number;
  /** The W3C header of the trace that an attempt is part of; null when there is none. */
  readonly traceparent?: () => string | null;
  /** Is told of each attempt. */
  readonly observe?: (outcome: Attempt['outcome'], ms: number) => void;
  /** Is told of each webhook that nothing more is done for, with the attempts at it. */
  readonly report?: (webhook: Settled, attempts: readonly WebhookAttempt[]) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** The parts of webhooks, connected. */
export interface WebhookParts {
  /** A source of subscriptions that the dispatcher must have. */
  readonly subscriptions: WebhookSubscriptions;
  /** The handler of the queue. */
  readonly sender: WebhookSender;
  readonly webhooks: Webhooks;
  readonly dead_letters: DeadLetters;
  readonly store: WebhookStore;
}

export function createWebhooks(ports: WebhooksPorts): WebhookParts {
  const { db, bus, deliveries, secrets, fetch, allow_private } = ports;
  const { rolesOf, may_see, clock, random, log, disable_after_days } = ports;
  const { notifier, observe, traceparent, report } = ports;
  const store = new WebhookStore(db);
  const signing = new SigningSecrets({ store, secrets, clock });
  const settled = (webhook: Settled) => {
    // A report is worth less than the next webhook: one that fails is let go.
    store
      .attemptsAt(webhook, REPORTED_ATTEMPTS)
      .then((attempts) => report?.(webhook, attempts))
      .catch((error: unknown) => {
        log.warn({ webhook: webhook.webhook_id, reason: messageOf(error) }, 'not reported');
      });
  };
  const sending = {
    fetch,
    rolesOf,
    may_see,
    events: new EventStore(db),
    clock,
    random,
    log,
    deliveries,
    disable_after_days,
    ...(notifier ? { notifier } : {}),
    ...(observe ? { observe } : {}),
    ...(traceparent ? { traceparent } : {}),
    ...(report ? { settled } : {}),
  };
  return {
    subscriptions: new WebhookSubscriptions(store),
    sender: new WebhookSender({ store, signing, ...sending }),
    webhooks: new Webhooks({ store, signing, allow_private }),
    dead_letters: new DeadLetters({ store, deliveries, bus }),
    store,
  };
}
