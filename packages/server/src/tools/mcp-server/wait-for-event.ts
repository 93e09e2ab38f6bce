import type { CompiledSelector } from '@cairn/protocol';
import { AppError, type Clock } from '../../base/index.ts';
import type { EventStore, LoggedEvent, LogTail } from '../../events/index.ts';
import type { Principal } from '../../http/index.ts';

/** Waits of one process, and of one agent in it. */
const WAITS_MAX = 1_000;
const WAITS_MAX_PER_AGENT = 50;
/** Events that are looked through for one that came before the wait began. */
const REPLAY_MAX = 10_000;
const REPLAY_PAGE = 500;

export interface WaitPorts {
  readonly tail: LogTail;
  readonly events: EventStore;
  readonly may_see: (principal: Principal, event: LoggedEvent) => boolean;
  readonly clock: Clock;
}

export interface Wanted {
  readonly selector: CompiledSelector;
  /** Begin after this sequence; null means from now on. */
  readonly after: number | null;
  readonly timeout_ms: number;
  readonly signal: AbortSignal;
}

/** What a wait came to: the first event that fits, or null, and the sequence from which the next wait may go on. */
export interface Waited {
  readonly event: LoggedEvent | null;
  readonly seq: number;
}

/** Lets callers wait for the next event that matches a selector and that they may see. */
export class EventWaits {
  readonly #ports: WaitPorts;
  /** How many wait, by agent. */
  readonly #waiting = new Map<string, number>();
  #total = 0;

  constructor(ports: WaitPorts) {
    this.#ports = ports;
  }

  /**
   * Waits until an event comes, `timeout_ms` are over, or `signal` aborts. `once` is called when nothing more can be
   * missed: what it causes is heard. @throws AppError too_many_streams; what `once` throws
   */
  async next(principal: Principal, wanted: Wanted, once?: () => Promise<void>): Promise<Waited> {
    const leave = this.#enter(principal);
    const enough = new AbortController();
    const found: LoggedEvent[] = [];
    const take = (events: readonly LoggedEvent[]) => {
      const event = events.find((each) => this.#fits(principal, wanted.selector, each));
      if (!event || found.length > 0) return;
      found.push(event);
      enough.abort();
    };
    // First the ear, then the past: an event between the two is in both.
    const from = this.#ports.tail.watermark;
    const unlisten = this.#ports.tail.onEvents(take);
    try {
      if (wanted.after !== null) {
        const past = await this.#findPast(principal, wanted, wanted.after, from);
        if (past) return { event: past, seq: past.seq };
      }
      await once?.();
      await this.#ports.clock.sleep(
        wanted.timeout_ms,
        AbortSignal.any([enough.signal, wanted.signal]),
      );
      const [event] = found;
      return event ? { event, seq: event.seq } : { event: null, seq: this.#ports.tail.watermark };
    } finally {
      unlisten();
      leave();
    }
  }

  async #findPast(
    principal: Principal,
    { selector }: Wanted,
    after: number,
    upto: number,
  ): Promise<LoggedEvent | null> {
    let at = Math.max(after, upto - REPLAY_MAX);
    while (at < upto) {
      const page = await this.#ports.events.readTenant(principal.owner_id, at, upto, REPLAY_PAGE);
      const event = page.find((each) => this.#fits(principal, selector, each));
      if (event) return event;
      if (page.length < REPLAY_PAGE) return null;
      at = page.at(-1)?.seq ?? upto;
    }
    return null;
  }

  #fits(principal: Principal, selector: CompiledSelector, event: LoggedEvent): boolean {
    if (event.owner_id !== principal.owner_id || event.kind === 'deleted' || event.is_gone)
      return false;
    return selector.matches(event) && this.#ports.may_see(principal, event);
  }

  #enter({ owner_id, agent_id }: Principal): () => void {
    const key = `${owner_id} ${agent_id}`;
    const own = this.#waiting.get(key) ?? 0;
    if (this.#total >= WAITS_MAX || own >= WAITS_MAX_PER_AGENT)
      throw new AppError('too_many_streams', 'too many wait already; end some first');
    this.#waiting.set(key, own + 1);
    this.#total++;
    return () => {
      this.#total--;
      const left = (this.#waiting.get(key) ?? 1) - 1;
      if (left > 0) this.#waiting.set(key, left);
      else this.#waiting.delete(key);
    };
  }
}
