import { messageOf, newId, Wakeup, type Clock, type Log, type Service } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS, type LoggedEvent } from './contract.ts';
import type { EventStore } from './store.ts';

/** How often the log is read when no hint comes. */
const POLL_MS = 1_000;
/** How often it is read while a hole keeps later events waiting: soon at first, then less and less often. */
const HOLE_MS = 5;
const HOLE_MS_MAX = 100;
/** A hole that stands for so long is told of: somebody keeps a transaction open. */
const LONG_HOLE_MS = 5_000;
/** Small enough that streams get a turn to send between two pages. */
const PAGE = 100;

/** Is told of events that have settled: all that the log has in (`after`, the watermark]. */
export type LogListener = (events: readonly LoggedEvent[], after: number) => void;

/** Numbers of which some are missing, and how to know that they stay so. */
interface Hole {
  readonly upto: number;
  readonly fence: number;
}

/**
 * Follows the event log without ever skipping an event.
 *
 * Sequences are taken before commit, so a lower one can appear after a higher one, and a rolled back transaction leaves
 * a hole for good. At a hole the tail stops, and asks for a transaction id `fence`: whoever took the missing numbers has
 * a lower one (`next_event_seq` sees to that). Once a snapshot shows that all transactions below `fence` have ended and
 * the numbers are still missing, nothing can fill the hole any more and the tail goes on.
 *
 * Order by transaction id with a filter on the snapshot was the alternative: its cursor is a pair, which a
 * `Last-Event-ID` of one number cannot carry, and ordered by sequence that filter does skip events.
 */
export class LogTail implements Service {
  readonly name = 'event log tail';
  /** Names it in hints: what its own announcer tells others it need not hear a second time. */
  readonly id = newId();
  readonly #store: EventStore;
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #wakeup = new Wakeup();
  readonly #listeners = new Set<LogListener>();
  #watermark = 0;
  #hole: Hole | null = null;
  /** Since when the next event cannot be told because of a hole before it. */
  #held_since: number | null = null;
  #is_hold_told = false;
  #stopping = new AbortController();
  #started: Promise<void> | null = null;
  #loop: Promise<void> | null = null;
  #unsubscribe: () => Promise<void> = async () => {};

  constructor(store: EventStore, bus: Bus, clock: Clock, log: Log) {
    this.#store = store;
    this.#bus = bus;
    this.#clock = clock;
    this.#log = log;
  }

  /** Every sequence up to here is settled: no event with a lower one can still appear. */
  get watermark(): number {
    return this.#watermark;
  }

  /** Calls `receive` with events in order, each exactly once, as long as the tail runs. */
  onEvents(receive: LogListener): () => void {
    this.#listeners.add(receive);
    return () => this.#listeners.delete(receive);
  }

  /** Says that the log has grown. */
  ring(): void {
    this.#wakeup.ring();
  }

  /** Starts at the end of the log as it is now: older events are read from the store, not told to listeners. */
  async start(): Promise<void> {
    this.#started ??= this.#begin().catch((error: unknown) => {
      this.#started = null;
      throw error;
    });
    await this.#started;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#started?.catch(() => {});
    await this.#loop;
    this.#loop = null;
    this.#started = null;
    await this.#unsubscribe();
  }

  async #begin(): Promise<void> {
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    const unsubscribe = await this.#bus.subscribe(TOPICS.log, (from) => {
      if (from !== this.id) this.ring();
    });
    try {
      this.#watermark = await this.#settledEnd(signal);
    } catch (error) {
      await unsubscribe();
      throw error;
    }
    this.#hole = null;
    this.#release();
    this.#unsubscribe = unsubscribe;
    this.#loop = this.#run(signal);
  }

  /** The highest sequence, once nothing below it can still be written. */
  async #settledEnd(signal: AbortSignal): Promise<number> {
    const { last } = await this.#store.bounds();
    const fence = await this.#store.fenceTransactions();
    for (;;) {
      const { horizon } = await this.#store.readAfter(last, 0);
      if (horizon >= fence || signal.aborted) break;
      await this.#clock.sleep(this.#hold(), signal);
    }
    this.#release();
    return last;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let sleep_ms = POLL_MS;
      try {
        const more = await this.#advance();
        if (more) continue;
        if (this.#held_since !== null) sleep_ms = this.#hold();
      } catch (error) {
        this.#log.warn({ reason: messageOf(error) }, 'the event log cannot be read now');
      }
      await this.#wakeup.wait(this.#clock, sleep_ms, signal);
    }
  }

  /** Reads a page and tells what is settled. Says whether to read again at once. */
  async #advance(): Promise<boolean> {
    // At a hole the first event behind it says all there is to know.
    const limit = this.#held_since === null ? PAGE : 1;
    const { events, horizon } = await this.#store.readAfter(this.#watermark, limit);
    const settled: LoggedEvent[] = [];
    let at = this.#watermark;
    let missing = 0;
    for (const event of events) {
      if (event.seq > at + 1 && !this.#isDeadUpTo(event.seq - 1, horizon)) {
        missing = event.seq - 1;
        break;
      }
      settled.push(event);
      at = event.seq;
    }
    const is_new_hole = missing > (this.#hole?.upto ?? 0);
    if (is_new_hole) {
      // One fence for all holes of this page: their numbers were taken before the last event was written.
      const upto = (events.at(-1)?.seq ?? 0) - 1;
      this.#hole = { upto, fence: await this.#store.fenceTransactions() };
    }
    if (missing === 0 || settled.length > 0) this.#release();
    if (missing > 0) this.#held_since ??= this.#clock.now();
    const after = this.#watermark;
    this.#watermark = at;
    if (settled.length > 0) this.#tell(settled, after);
    return is_new_hole || (missing === 0 && events.length === limit);
  }

  /** How long to wait at a hole before looking again. */
  #hold(): number {
    this.#held_since ??= this.#clock.now();
    const held_ms = this.#clock.now() - this.#held_since;
    if (held_ms >= LONG_HOLE_MS && !this.#is_hold_told) {
      this.#is_hold_told = true;
      this.#log.warn(
        { after: this.#watermark, held_ms },
        'events wait for a transaction that is still open; see pg_stat_activity',
      );
    }
    return Math.min(HOLE_MS_MAX, Math.max(HOLE_MS, held_ms / 4));
  }

  #release(): void {
    this.#held_since = null;
    this.#is_hold_told = false;
  }

  #isDeadUpTo(seq: number, horizon: number): boolean {
    return this.#hole !== null && seq <= this.#hole.upto && horizon >= this.#hole.fence;
  }

  #tell(events: readonly LoggedEvent[], after: number): void {
    for (const receive of this.#listeners) {
      try {
        receive(events, after);
      } catch (error) {
        this.#log.error({ reason: messageOf(error) }, 'a listener of the event log failed');
      }
    }
  }
}
