import { messageOf, Wakeup, type Clock, type Log, type Service } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS, type LoggedEvent } from './contract.ts';
import type { EventStore } from './store.ts';

/** How often the log is read when no hint comes. */
const POLL_MS = 1_000;
/** How often it is read while a hole keeps later events waiting. */
const HOLE_MS = 5;
const PAGE = 500;

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
  readonly #store: EventStore;
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #wakeup = new Wakeup();
  readonly #listeners = new Set<(events: readonly LoggedEvent[]) => void>();
  #watermark = 0;
  #hole: { upto: number; fence: number } | null = null;
  #stopping = new AbortController();
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
  onEvents(receive: (events: readonly LoggedEvent[]) => void): () => void {
    this.#listeners.add(receive);
    return () => this.#listeners.delete(receive);
  }

  /** Says that the log has grown. */
  ring(): void {
    this.#wakeup.ring();
  }

  /** Starts at the end of the log as it is now: older events are read from the store, not told to listeners. */
  async start(): Promise<void> {
    if (this.#loop) return;
    this.#stopping = new AbortController();
    this.#unsubscribe = await this.#bus.subscribe(TOPICS.log, () => this.ring());
    this.#watermark = await this.#settledEnd(this.#stopping.signal);
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    this.#loop = null;
    await this.#unsubscribe();
  }

  /** The highest sequence, once nothing below it can still be written. */
  async #settledEnd(signal: AbortSignal): Promise<number> {
    const { last } = await this.#store.bounds();
    const fence = await this.#store.fenceTransactions();
    for (;;) {
      const { horizon } = await this.#store.readAfter(last, 0);
      if (horizon >= fence || signal.aborted) return last;
      await this.#clock.sleep(HOLE_MS, signal);
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let sleep_ms = POLL_MS;
      try {
        const more = await this.#advance();
        if (more) continue;
        if (this.#hole) sleep_ms = HOLE_MS;
      } catch (error) {
        this.#log.warn({ reason: messageOf(error) }, 'the event log cannot be read now');
      }
      await this.#wakeup.wait(this.#clock, sleep_ms, signal);
    }
  }

  /** Reads a page and tells what is settled. Says whether to read again at once. */
  async #advance(): Promise<boolean> {
    const { events, horizon } = await this.#store.readAfter(this.#watermark, PAGE);
    const settled: LoggedEvent[] = [];
    let at = this.#watermark;
    let hole_end = 0;
    for (const event of events) {
      if (event.seq !== at + 1 && !this.#isDeadUpTo(event.seq - 1, horizon)) {
        hole_end = event.seq - 1;
        break;
      }
      settled.push(event);
      at = event.seq;
    }
    const is_new_hole = hole_end > 0 && this.#hole?.upto !== hole_end;
    if (is_new_hole) this.#hole = { upto: hole_end, fence: await this.#store.fenceTransactions() };
    else if (hole_end === 0) this.#hole = null;
    this.#watermark = at;
    if (settled.length > 0) this.#tell(settled);
    return is_new_hole || (hole_end === 0 && events.length === PAGE);
  }

  #isDeadUpTo(seq: number, horizon: number): boolean {
    return this.#hole !== null && seq <= this.#hole.upto && horizon >= this.#hole.fence;
  }

  #tell(events: readonly LoggedEvent[]): void {
    for (const receive of this.#listeners) {
      try {
        receive(events);
      } catch (error) {
        this.#log.error({ reason: messageOf(error) }, 'a listener of the event log failed');
      }
    }
  }
}
