import { messageOf, type Clock, type Log, type Service } from '../base/index.ts';
import type { Run } from './contract.ts';
import { retellTrace, type TracePorts } from './trace-run.ts';

/** A run that ended before costs nothing: it is only told of whole. */
export const OPEN_AFTER_MS = 1_500;
/** What a run does within so long is written at once. */
const GATHER_MS = 250;
/** After a failure of ours. */
const RETRY_MS = 5_000;
/** Runs that were under way when the process started, and may never have been told of. */
const FOUND_MAX = 200;

export interface LiveTracesPorts extends TracePorts {
  readonly clock: Clock;
  readonly log: Log;
}

interface Due {
  readonly owner_id: string;
  readonly at_ms: number;
}

/**
 * Tells the module of runs of runs that go on: once one has lasted for a while, and then whenever it came further. Whoever
 * works on a run says so here; nothing is asked of the database for a run that has ended by the time it is due. It is a
 * convenience: the end of a run is told durably by its chore, and a run of which the process died that would have told
 * of it is told of by the one that takes it up, or when the module of runs asks, having heard nothing for long.
 */
export class LiveTraces implements Service {
  readonly name = 'live traces';
  readonly #ports: LiveTracesPorts;
  readonly #due = new Map<string, Due>();
  #is_started = false;
  #armed: { at_ms: number; cancel: () => void } | null = null;
  #writing: Promise<void> = Promise.resolve();
  #is_writing = false;

  constructor(ports: LiveTracesPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    if (this.#is_started) return;
    this.#is_started = true;
    this.#writing = this.#find();
  }

  /** Resolves once nothing is being written any more. What is due later is left. */
  async stop(): Promise<void> {
    this.#is_started = false;
    this.#disarm();
    this.#due.clear();
    await this.settled();
  }

  /** Resolves once nothing is being written any more. */
  settled(): Promise<void> {
    return this.#writing;
  }

  /** Somebody works on a run, or has brought it further. `started_ms` is when it began, by the clock of this process. */
  heard({ id, owner_id }: Pick<Run, 'id' | 'owner_id'>, started_ms: number): void {
    if (!this.#is_started || this.#due.has(id)) return;
    const at_ms = Math.max(this.#ports.clock.now() + GATHER_MS, started_ms + OPEN_AFTER_MS);
    this.#put(id, { owner_id, at_ms });
  }

  /** A run has ended: what there is to tell of it, its chore does. */
  ended({ id }: Pick<Run, 'id'>): void {
    this.#due.delete(id);
  }

  #put(run_id: string, due: Due): void {
    this.#due.set(run_id, due);
    this.#arm(due.at_ms);
  }

  #arm(at_ms: number): void {
    if (this.#is_writing || (this.#armed && this.#armed.at_ms <= at_ms)) return;
    this.#disarm();
    const { clock } = this.#ports;
    const cancel = clock.after(Math.max(0, at_ms - clock.now()), () => {
      this.#armed = null;
      this.#writing = this.#writing.then(() => this.#write());
    });
    this.#armed = { at_ms, cancel };
  }

  #disarm(): void {
    this.#armed?.cancel();
    this.#armed = null;
  }

  /** One after the other: who waits for an answer goes first. */
  async #write(): Promise<void> {
    this.#is_writing = true;
    const now = this.#ports.clock.now();
    for (const [run_id, { owner_id, at_ms }] of this.#due) {
      // It may have ended in the meantime.
      if (at_ms > now || !this.#due.delete(run_id)) continue;
      await this.#tell(owner_id, run_id);
    }
    this.#is_writing = false;
    if (!this.#is_started) return;
    for (const { at_ms } of this.#due.values()) this.#arm(at_ms);
  }

  async #tell(owner_id: string, run_id: string): Promise<void> {
    const { clock, log } = this.#ports;
    try {
      // What is refused is told, and told of, when the run has ended.
      await retellTrace(owner_id, run_id, this.#ports);
    } catch (error) {
      log.warn(
        { run: run_id, reason: messageOf(error) },
        'a run that goes on could not be told of',
      );
      if (this.#is_started && !this.#due.has(run_id))
        this.#due.set(run_id, { owner_id, at_ms: clock.now() + RETRY_MS });
    }
  }

  async #find(): Promise<void> {
    const { clock, log, store } = this.#ports;
    try {
      const at_ms = clock.now() + OPEN_AFTER_MS;
      for (const { owner_id, run_id } of await store.open(FOUND_MAX))
        if (this.#is_started && !this.#due.has(run_id)) this.#put(run_id, { owner_id, at_ms });
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'runs that go on could not be found');
    }
  }
}
