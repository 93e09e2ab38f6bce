import type { Bus } from '../bus/index.ts';
import { TOPICS } from './contract.ts';
import type { LogTail } from './log-tail.ts';

/**
 * Tells everybody that the log has grown: the tail of this process at once, the others by the bus. However many commits
 * come while a hint is on its way, one more hint covers them all.
 */
export class Announcer {
  readonly #tail: LogTail;
  readonly #bus: Bus;
  #is_sending = false;
  #is_due = false;

  constructor(tail: LogTail, bus: Bus) {
    this.#tail = tail;
    this.#bus = bus;
  }

  /** Call it after the commit, never before. */
  announce(): void {
    this.#tail.ring();
    this.#is_due = true;
    if (!this.#is_sending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#is_sending = true;
    try {
      while (this.#is_due) {
        this.#is_due = false;
        await this.#bus.publish(TOPICS.log, '');
      }
    } catch {
      // The bus has said why in the log. It was only a hint: the others look by themselves.
    } finally {
      this.#is_sending = false;
    }
  }
}
