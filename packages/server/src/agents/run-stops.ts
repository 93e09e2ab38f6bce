import { messageOf, type Clock, type Log, type Service } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import type { StopStore } from './stop-store.ts';

const TOPIC = 'agents.stops';
/** How often the database is asked, for hints that were lost. */
const POLL_MS = 2_000;
/** Ids of one message: it has room for 200. */
const IDS_MAX = 150;

/**
 * Ends model calls that somebody asked to end, in whichever process they run. The table says what is to end; a hint over
 * the bus makes it quick, and while something runs the table is looked at now and then, since hints can be lost.
 */
export class RunStops implements Service {
  readonly name = 'run stops';
  readonly #ports: { bus: Bus; store: StopStore; clock: Clock; log: Log };
  readonly #watched = new Map<string, AbortController>();
  #end: (() => Promise<void>) | null = null;
  #cancel: (() => void) | null = null;

  constructor(ports: { bus: Bus; store: StopStore; clock: Clock; log: Log }) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    this.#end ??= await this.#ports.bus.subscribe(TOPIC, (message) => {
      if (message === null) void this.#look();
      else for (const id of message.split(',')) this.#watched.get(id)?.abort();
    });
  }

  async stop(): Promise<void> {
    await this.#end?.();
    this.#end = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** A signal that aborts when the end of this delivery is asked for. Call `done` when nothing is left to end. */
  watch(delivery_id: string): { signal: AbortSignal; done: () => void } {
    const abort = new AbortController();
    this.#watched.set(delivery_id, abort);
    this.#arm();
    return {
      signal: abort.signal,
      done: () => {
        if (this.#watched.get(delivery_id) === abort) this.#watched.delete(delivery_id);
      },
    };
  }

  /** Tells all processes, after the commit that says what is to end. */
  async tell(delivery_ids: readonly string[]): Promise<void> {
    for (let at = 0; at < delivery_ids.length; at += IDS_MAX)
      await this.#ports.bus.publish(TOPIC, delivery_ids.slice(at, at + IDS_MAX).join());
  }

  #arm(): void {
    this.#cancel ??= this.#ports.clock.after(POLL_MS, () => {
      this.#cancel = null;
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    const ids = [...this.#watched.keys()];
    if (ids.length === 0) return;
    try {
      for (const id of await this.#ports.store.requested(ids)) this.#watched.get(id)?.abort();
    } catch (error) {
      this.#ports.log.warn({ reason: messageOf(error) }, 'stops cannot be read now');
    }
    if (this.#watched.size > 0) this.#arm();
  }
}
