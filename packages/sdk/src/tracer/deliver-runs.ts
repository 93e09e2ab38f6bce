import { pause, systemTiming, type Timing } from '../timing.ts';
import { reduceRun } from './build-run.ts';
import { IncrementReport } from './report-increments.ts';
import { NotNow, type RunSender } from './send-runs.ts';
import type { RunJournal, RunSpool } from './spool-runs.ts';
import type { TracerStats, WireRun } from './tracer-types.ts';

/** Bounds of one tracer. */
export interface DeliveryLimits {
  readonly queue_runs: number;
  readonly queue_bytes: number;
  readonly batch_runs: number;
  readonly linger_ms: number;
}

/** Where a delivery sends to and what it may use. */
export interface DeliveryParts {
  readonly sender: RunSender;
  readonly spool: RunSpool | null;
  readonly limits: DeliveryLimits;
  /** Timers that may hold the process, for those who wait. */
  readonly timing: Timing;
  /** Timers that must not hold it, for the work in the background. */
  readonly quiet_timing: Timing;
  /** Told once of each topic. */
  readonly log: (topic: string, message: string) => void;
}

/** A run that waits: its JSON in memory or on disk, or what is still to be told of it. */
interface Parcel {
  readonly run_id: string;
  bytes: number;
  json: string | null;
  path: string | null;
  readonly report: IncrementReport | null;
  is_queued: boolean;
  is_lost: boolean;
  is_reduced: boolean;
}

/** The handle of a run that is reported in parts. */
export interface IncrementHandle {
  readonly report: IncrementReport;
  /** Something of so many bytes was added. */
  changed(bytes: number): void;
  /** The run has ended: `json` is all of it. */
  ended(json: string): void;
}

const BATCH_BYTES = 1_048_576;
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** How often the process shows that it lives and looks for folders of others that do not. */
const SPOOL_ROUND_MS = 60_000;

/** Timers of Node that do not keep the process alive; those of a browser never do. */
export const quietTiming: Timing = {
  ...systemTiming,
  after(ms, run) {
    const timer: unknown = setTimeout(run, ms);
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) {
      (timer as { unref(): void }).unref();
    }
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** The queue between the agent and the server, and the work that empties it. Nothing in here throws or rejects. */
export class RunDelivery {
  readonly #parts: DeliveryParts;
  readonly #queue: Parcel[] = [];
  readonly #counts = { sent: 0, refused: 0, reduced: 0, dropped: 0, retries: 0 };
  #in_flight: readonly Parcel[] = [];
  #is_sending = false;
  #bytes = 0;
  #failures = 0;
  #not_before = 0;
  #is_asked_to_wait = false;
  #lingering_since: number | null = null;
  #waiters = 0;
  #is_closed = false;
  #is_abandoned = false;
  #cancel_timer: () => void = () => undefined;
  #cancel_round: () => void = () => undefined;
  readonly #idle_listeners = new Set<() => void>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#lookIntoSpool();
  }

  /** The journal of a run that begins, or null where there is none. */
  openJournal(run_id: string, is_incremental: boolean): RunJournal | null {
    try {
      return this.#parts.spool?.openJournal(run_id, is_incremental) ?? null;
    } catch (error) {
      this.#parts.log('journal', `The journal of a run cannot be made: ${String(error)}`);
      return null;
    }
  }

  /** Accepts a run that has ended, or counts it as dropped when too many wait. */
  offer(run_id: string, json: string): void {
    const bytes = json.length;
    if (!this.#hasRoom(bytes)) return this.#drop();
    const path = this.#save(run_id, json, false);
    this.#enqueue(newParcel({ run_id, bytes, path, json: path === null ? json : null }));
  }

  /** Accepts a run that begins and is reported in parts, or null when too many wait. */
  begin(report: IncrementReport): IncrementHandle | null {
    const parcel = newParcel({ run_id: report.run_id, bytes: 500, report });
    if (!this.#hasRoom(parcel.bytes)) {
      this.#drop();
      return null;
    }
    this.#enqueue(parcel);
    return {
      report,
      changed: (bytes) => this.#grow(parcel, bytes),
      ended: (json) => {
        if (parcel.is_lost) return;
        parcel.path = this.#save(report.run_id, json, true);
        this.#grow(parcel, 0);
      },
    };
  }

  /** Counts since the start, and how many wait. */
  stats(): TracerStats {
    return { ...this.#counts, waiting: this.#queue.length + this.#in_flight.length };
  }

  /** Whether nothing waits. */
  get is_idle(): boolean {
    return this.#queue.length === 0 && this.#in_flight.length === 0;
  }

  /** Resolves when nothing waits any more, or after `timeout_ms`. True when all is delivered or refused. */
  async flush(timeout_ms: number): Promise<boolean> {
    // Somebody waits: one try at once, unless the server itself asked for patience.
    if (!this.#is_asked_to_wait) this.#not_before = 0;
    this.#waiters += 1;
    const stop = new AbortController();
    const listener = (): void => stop.abort();
    this.#idle_listeners.add(listener);
    this.#schedule();
    await pause(this.#parts.timing, Math.max(0, timeout_ms), stop.signal);
    this.#idle_listeners.delete(listener);
    this.#waiters -= 1;
    return this.is_idle;
  }

  /** Tries once more, waits at most `timeout_ms`, and stops. What is left stays in the spool, or is lost. */
  async close(timeout_ms: number): Promise<boolean> {
    if (this.#is_abandoned) return this.is_idle;
    this.#is_closed = true;
    const has_all = await this.flush(timeout_ms);
    this.abandon();
    return has_all;
  }

  /** Removes the folder of the spool when nothing is in it; it is made again when needed. */
  rest(): void {
    this.#parts.spool?.close();
  }

  /** Stops at once. */
  abandon(): void {
    if (this.#is_abandoned) return;
    this.#is_closed = true;
    this.#is_abandoned = true;
    this.#cancel_timer();
    this.#cancel_round();
    const lost = [...this.#queue, ...this.#in_flight].filter((each) => each.path === null).length;
    this.#counts.dropped += lost;
    if (lost > 0) this.#parts.log('lost', `${lost} runs were not delivered in time and are lost`);
    this.#parts.spool?.close();
  }

  #lookIntoSpool(): void {
    const { spool, quiet_timing, log } = this.#parts;
    if (spool === null) return;
    try {
      spool.touch();
      for (const { run_id, path, bytes, is_incremental } of spool.adopt()) {
        const report = is_incremental ? this.#replay(spool, path) : null;
        if (is_incremental && report === null) continue;
        this.#enqueue(newParcel({ run_id, bytes, path, report }));
      }
    } catch (error) {
      log('adopt', `The spool of an earlier process cannot be read: ${String(error)}`);
    }
    this.#cancel_round = quiet_timing.after(SPOOL_ROUND_MS, () => this.#lookIntoSpool());
  }

  #replay(spool: RunSpool, path: string): IncrementReport | null {
    try {
      return IncrementReport.replay(JSON.parse(spool.read(path)) as WireRun);
    } catch (error) {
      this.#parts.log(
        'read',
        `A run in the spool cannot be read and is given up: ${String(error)}`,
      );
      spool.remove(path);
      return null;
    }
  }

  #hasRoom(bytes: number): boolean {
    const { queue_runs, queue_bytes } = this.#parts.limits;
    if (this.#is_closed) return false;
    const waiting = this.#queue.length + this.#in_flight.length;
    return waiting < queue_runs && this.#bytes + bytes <= queue_bytes;
  }

  #drop(): void {
    this.#counts.dropped += 1;
    const reason = this.#is_closed ? 'the tracer is closed' : 'too many wait';
    const message = `A run was dropped because ${reason}; further ones are only counted`;
    this.#parts.log('dropped', message);
  }

  #save(run_id: string, json: string, is_incremental: boolean): string | null {
    try {
      return this.#parts.spool?.save(run_id, json, is_incremental) ?? null;
    } catch (error) {
      this.#parts.log('save', `A run is kept in memory only: ${String(error)}`);
      return null;
    }
  }

  #grow(parcel: Parcel, bytes: number): void {
    if (parcel.is_lost) return;
    if (this.#bytes + bytes > this.#parts.limits.queue_bytes || this.#is_closed) {
      // The server closes it as partial when it hears nothing more.
      parcel.is_lost = true;
      return this.#drop();
    }
    parcel.bytes += bytes;
    this.#bytes += bytes;
    if (parcel.is_queued || this.#in_flight.includes(parcel)) return;
    parcel.is_queued = true;
    this.#queue.push(parcel);
    this.#schedule();
  }

  #enqueue(parcel: Parcel): void {
    parcel.is_queued = true;
    this.#queue.push(parcel);
    this.#bytes += parcel.bytes;
    this.#schedule();
  }

  /** Sends now, or sets the timer for when it is time. */
  #schedule(): void {
    this.#cancel_timer();
    if (this.#is_abandoned || this.#is_sending) return;
    if (this.#queue.length === 0) {
      this.#lingering_since = null;
      for (const listener of this.#idle_listeners) listener();
      return;
    }
    const { timing, quiet_timing, limits } = this.#parts;
    const now = timing.now();
    this.#lingering_since ??= now;
    const is_full = this.#queue.length >= limits.batch_runs;
    const linger_ms = is_full || this.#waiters > 0 ? 0 : limits.linger_ms;
    const wait_ms = Math.max(this.#not_before, this.#lingering_since + linger_ms) - now;
    if (wait_ms <= 0 && this.#waiters > 0) void this.#sendNext();
    else this.#cancel_timer = quiet_timing.after(Math.max(0, wait_ms), () => void this.#sendNext());
  }

  async #sendNext(): Promise<void> {
    if (this.#is_abandoned || this.#is_sending) return;
    this.#is_sending = true;
    const batch = this.#takeBatch();
    this.#in_flight = batch;
    this.#lingering_since = null;
    try {
      await this.#send(batch);
      this.#failures = 0;
      this.#is_asked_to_wait = false;
      this.#in_flight = [];
    } catch (error) {
      this.#postpone(error);
    }
    this.#is_sending = false;
    this.#schedule();
  }

  #takeBatch(): Parcel[] {
    const first = this.#queue[0];
    const is_alone = first?.report != null && !first.report.is_whole;
    let size = 0;
    let count = 0;
    for (const parcel of is_alone ? [] : this.#queue) {
      if (parcel.report !== null && !parcel.report.is_whole) break;
      if (count >= this.#parts.limits.batch_runs) break;
      if (count > 0 && size + parcel.bytes > BATCH_BYTES) break;
      size += parcel.bytes;
      count += 1;
    }
    const batch = this.#queue.splice(0, Math.max(1, count));
    for (const parcel of batch) parcel.is_queued = false;
    return batch;
  }

  async #send(batch: readonly Parcel[]): Promise<void> {
    const [first] = batch;
    if (first?.report != null && !first.report.is_whole)
      return this.#sendParts(first, first.report);
    const runs: { name: Parcel; json: string }[] = [];
    for (const parcel of batch) {
      const json = this.#jsonOf(parcel);
      if (json === null) this.#settle(parcel, 0, 'it cannot be read');
      else runs.push({ name: parcel, json });
    }
    if (runs.length === 0) return;
    await this.#parts.sender.send(runs, (parcel, status, detail) =>
      this.#settle(parcel, status, detail),
    );
  }

  async #sendParts(parcel: Parcel, report: IncrementReport): Promise<void> {
    if (parcel.is_lost) return this.#forget(parcel);
    const outcome = await report.send(this.#parts.sender);
    if (outcome.kind === 'current') {
      this.#bytes -= parcel.bytes;
      parcel.bytes = 0;
      this.#in_flight = [];
      // Something may have come between the last look and now.
      if (report.has_more) this.#grow(parcel, 0);
      return;
    }
    if (outcome.kind === 'complete') return this.#settle(parcel, 200, '');
    parcel.is_lost = true;
    this.#settle(parcel, outcome.status, outcome.detail);
  }

  #jsonOf(parcel: Parcel): string | null {
    if (parcel.report !== null) return JSON.stringify(parcel.report.ending);
    if (parcel.json !== null || parcel.path === null) return parcel.json;
    try {
      return this.#parts.spool?.read(parcel.path) ?? null;
    } catch {
      return null;
    }
  }

  #settle(parcel: Parcel, status: number, detail: string): void {
    const is_whole = parcel.report === null || parcel.report.is_whole;
    if (status === 422 && is_whole && this.#reduce(parcel)) return;
    this.#forget(parcel);
    if (status >= 200 && status < 300) {
      this.#counts.sent += 1;
      return;
    }
    this.#counts.refused += 1;
    const message = `Run ${parcel.run_id} was refused (HTTP ${status}): ${detail}`;
    this.#parts.log(`refused ${status}`, `${message}; further ones are only counted`);
  }

  #forget(parcel: Parcel): void {
    if (parcel.path !== null) this.#parts.spool?.remove(parcel.path);
    this.#in_flight = this.#in_flight.filter((each) => each !== parcel);
    this.#bytes -= parcel.bytes;
    parcel.bytes = 0;
  }

  /** A run that the server finds unfit to keep goes again without its metadata: better than no run at all. */
  #reduce(parcel: Parcel): boolean {
    const json = parcel.is_reduced ? null : this.#jsonOf(parcel);
    const smaller = json === null ? null : reduceRun(JSON.parse(json) as WireRun);
    if (smaller === null) return false;
    const text = JSON.stringify(smaller);
    this.#forget(parcel);
    this.#counts.reduced += 1;
    const path = this.#save(parcel.run_id, text, false);
    const again = newParcel({
      run_id: parcel.run_id,
      bytes: text.length,
      path,
      json: path === null ? text : null,
    });
    again.is_reduced = true;
    this.#enqueue(again);
    return true;
  }

  #postpone(error: unknown): void {
    const { timing, log } = this.#parts;
    const asked = error instanceof NotNow ? error.retry_after_ms : null;
    const again = this.#in_flight.filter((each) => !each.is_lost);
    for (const parcel of again) parcel.is_queued = true;
    this.#queue.unshift(...again);
    this.#in_flight = [];
    this.#counts.retries += 1;
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#is_asked_to_wait = asked !== null;
    const delay = Math.max(asked ?? 0, (ceiling / 2) * (1 + timing.random()));
    this.#not_before = timing.now() + delay;
    const reason = error instanceof Error ? error.message : String(error);
    log('later', `Runs cannot be delivered now and are tried again: ${reason}`);
  }
}

function newParcel(fields: Partial<Parcel> & { run_id: string; bytes: number }): Parcel {
  return {
    json: null,
    path: null,
    report: null,
    is_queued: false,
    is_lost: false,
    is_reduced: false,
    ...fields,
  };
}
