import type { Role } from '@cairn/protocol';
import type { Clock, Log } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import type { LoggedEvent } from '../events/index.ts';
import type { GuardedFetch, Principal } from '../http/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import type { Secrets } from '../secrets/index.ts';
import { DeadLetters } from './dead-letters.ts';
import { WebhookSubscriptions } from './register-webhooks.ts';
import { WebhookSender } from './send-webhook.ts';
import { SigningSecrets } from './signing-secrets.ts';
import { WebhookStore } from './store.ts';
import { Webhooks } from './webhooks.ts';

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
  readonly may_see: (principal: Principal, event: LoggedEvent) => boolean | Promise<boolean>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** The parts of webhooks, connected. */
export interface WebhookParts {
  /** The event store that the dispatcher must have. */
  readonly subscriptions: WebhookSubscriptions;
  /** The handler of the queue. */
  readonly sender: WebhookSender;
  readonly webhooks: Webhooks;
  readonly dead_letters: DeadLetters;
  readonly store: WebhookStore;
}

export function createWebhooks(ports: WebhooksPorts): WebhookParts {
  const { db, bus, deliveries, secrets, fetch, allow_private } = ports;
  const { rolesOf, may_see, clock, random, log } = ports;
  const store = new WebhookStore(db);
  const signing = new SigningSecrets({ store, secrets, clock });
  const sending = { fetch, rolesOf, may_see, clock, random, log };
  return {
    subscriptions: new WebhookSubscriptions(db, store),
    sender: new WebhookSender({ store, signing, ...sending }),
    webhooks: new Webhooks({ store, signing, allow_private }),
    dead_letters: new DeadLetters({ store, deliveries, bus }),
    store,
  };
}
