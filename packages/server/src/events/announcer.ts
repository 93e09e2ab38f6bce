import { systemClock, type Clock } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS } from './contract.ts';
import type { LogTail } from './log-tail.ts';

/** Hints are at least so far apart: under load each covers many commits, and costs about as much as one. */
const APART_MS = 10;

/**
 * Tells everybody that the log has grown: the tail of this process at once, the others by the bus. However many commits
 * come while a hint is on its way, or right after it, one more hint covers them all.
 */
export class Announcer {
  readonly #tail: LogTail;
  readonly #bus: Bus;
  readonly #clock: Clock;
  #is_sending = false;
  #is_due = false;

  constructor(tail: LogTail, bus: Bus, clock: Clock = systemClock) {
    this.#tail = tail;
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Call it after the commit, never before. The hint names the tail that is told already. */
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
        await this.#bus.publish(TOPICS.log, this.#tail.id);
        await this.#clock.sleep(APART_MS);
      }
    } catch {
      // The bus has said why in the log. It was only a hint: the others look by themselves.
    } finally {
      this.#is_sending = false;
    }
  }
}
