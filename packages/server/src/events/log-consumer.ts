import { messageOf, Wakeup, type Clock, type Log, type Service } from '../base/index.ts';
import type { ConsumerStore } from './consumer-store.ts';
import type { LoggedEvent } from './contract.ts';
import type { LogTail } from './log-tail.ts';

/** Must be longer than a page takes; a process that dies leaves its page to another after this time. */
const LEASE_MS = 60_000;
const POLL_MS = 1_000;
const RETRY_MS = 1_000;

export interface LogConsumerPorts {
  /** Names the cursor: consumers of one name share the work, and one works at a time. */
  readonly name: string;
  readonly store: ConsumerStore;
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly log: Log;
  /** How this process is named in a lease. */
  readonly holder: string;
  readonly page: number;
  /** Where a consumer begins that has never run. */
  readonly from: 'beginning' | 'end';
  /** Takes a page in. It may see the same page again when a process dies between here and the cursor. */
  readonly consume: (events: readonly LoggedEvent[], signal: AbortSignal) => Promise<void>;
}

/**
 * Reads the whole log, page by page, with a cursor in the database: for work that is best done in batches and is safe
 * to repeat, such as publishing to a broker that knows duplicates. Each event is consumed at least once and in order.
 * A page that fails is tried again until it succeeds, and delays nobody but this consumer.
 */
export class LogConsumer implements Service {
  readonly name: string;
  readonly #ports: LogConsumerPorts;
  readonly #wakeup = new Wakeup();
  #stopping = new AbortController();
  #loop: Promise<void> | null = null;
  #unlisten = () => {};

  constructor(ports: LogConsumerPorts) {
    this.#ports = ports;
    this.name = `log consumer ${ports.name}`;
  }

  async start(): Promise<void> {
    if (this.#loop) return;
    const { name, store, tail, from } = this.#ports;
    // The settled end: above it, a lower sequence can still be written.
    await store.ensureCursor(name, from === 'beginning' ? 0 : tail.watermark);
    this.#stopping = new AbortController();
    this.#unlisten = this.#ports.tail.onEvents(() => this.#wakeup.ring());
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#unlisten();
    this.#stopping.abort();
    await this.#loop;
    this.#loop = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { name, store, clock, log, holder } = this.#ports;
    let is_failing = false;
    while (!signal.aborted) {
      try {
        const more = await this.#consumePage(signal);
        if (is_failing) log.info({ consumer: name }, 'the log is consumed again');
        is_failing = false;
        if (!more) await this.#wakeup.wait(clock, POLL_MS, signal);
      } catch (error) {
        // Once: an outage of an hour would otherwise fill the log.
        if (!is_failing && !signal.aborted)
          log.warn(
            { consumer: name, reason: messageOf(error) },
            'a page of the log was not consumed; it is tried again until it is',
          );
        is_failing = true;
        // New events do not make the next try more likely to succeed, so they do not hasten it.
        await clock.sleep(RETRY_MS, signal);
      }
    }
    await store.releaseCursor(name, holder).catch(() => {});
  }

  /** Consumes one page. Says whether there may be more. */
  async #consumePage(signal: AbortSignal): Promise<boolean> {
    const { name, store, tail, holder, page, consume } = this.#ports;
    const upto = tail.watermark;
    const seq = await store.leaseCursor(name, holder, LEASE_MS, upto);
    if (seq === null) return false;
    const events = await store.readRange(seq, upto, page);
    if (events.length > 0) await consume(events, signal);
    const is_full = events.length === page;
    await store.moveCursor(name, holder, is_full ? (events.at(-1)?.seq ?? upto) : upto);
    return is_full;
  }
}
