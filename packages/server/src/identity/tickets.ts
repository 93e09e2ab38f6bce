import { createHash } from 'node:crypto';
import { AppError, randomToken } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import type { Principal } from '../http/index.ts';
import { TicketStore } from './ticket-store.ts';

/** A ticket that is not used by then is void. */
const LIFE_S = 30;

/**
 * Tickets open one event stream each, in place of a token in its address: an address ends up in logs and histories, and
 * a used ticket is worth nothing there.
 */
export class Tickets {
  readonly #store: TicketStore;

  constructor(db: Database) {
    this.#store = new TicketStore(db);
  }

  /** A new ticket for the principal, and how many seconds it may be used. */
  async issue(principal: Principal): Promise<{ ticket: string; expires_in: number }> {
    const ticket = randomToken(32);
    await this.#store.insert(hashOf(ticket), principal, LIFE_S);
    return { ticket, expires_in: LIFE_S };
  }

  /** Uses a ticket up. @throws AppError unauthenticated when it is unknown, used or late */
  async redeem(ticket: string): Promise<Principal> {
    const principal = await this.#store.take(hashOf(ticket));
    if (!principal) {
      throw new AppError(
        'unauthenticated',
        'the ticket is not known, was used, or is older than 30 s; ask for a new one',
      );
    }
    return principal;
  }
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex');
}
