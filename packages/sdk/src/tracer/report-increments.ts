import { bareRecord, bareStep, buildRun, type RunRecords } from './build-run.ts';
import { SANITIZED_MESSAGE } from './keep-private.ts';
import type { JsonAnswer } from './post-json.ts';
import { summary, type RunSender } from './send-runs.ts';
import type { EndStatus, WireHeader, WireRecord, WireRun, WireStep } from './tracer-types.ts';

/** What came of sending the increments of a run that waited: all of them arrived, or the server refused for good. */
export type IncrementOutcome =
  | { readonly kind: 'current' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'refused'; readonly status: number; readonly detail: string };

const ORPHANED: IncrementOutcome = { kind: 'refused', status: 404, detail: '' };

/** Records of each kind in one request. */
const CHUNK = 100;

/**
 * What one run still has to tell the server: its start, steps and records, its end. Every part may be sent twice
 * without harm. A run that ends before its start was ever sent goes as a whole.
 */
export class IncrementReport {
  readonly run_id: string;
  readonly #header: WireHeader;
  /** Sent, or perhaps sent: the answer may have been lost. */
  #maybe_started: boolean;
  #is_started = false;
  #ending: WireRun | null = null;
  /** The end was sent, or perhaps sent. */
  #maybe_ended: boolean;
  readonly #is_replay: boolean;
  /** The server does not know the run, or knows no runs in parts: it goes as a whole when it has ended. */
  #is_orphan = false;
  readonly #steps: WireStep[] = [];
  readonly #decisions: WireRecord[] = [];
  readonly #signals: WireRecord[] = [];

  /** `is_replay`: another process may have sent some of it. */
  constructor(header: WireHeader, is_replay = false) {
    this.run_id = header.run_id;
    this.#header = header;
    this.#is_replay = is_replay;
    this.#maybe_started = is_replay;
    this.#maybe_ended = is_replay;
  }

  /** Takes up a run that a process which died had reported in parts. */
  static replay(run: WireRun): IncrementReport {
    const {
      steps,
      decisions = [],
      quality_signals = [],
      status,
      ended_at,
      failure,
      ...header
    } = run;
    const report = new IncrementReport(header, true);
    for (const step of steps) report.addStep(step);
    for (const each of decisions) report.addDecision(each);
    for (const each of quality_signals) report.addSignal(each);
    report.#ending = { ...header, steps, status, ended_at, failure };
    return report;
  }

  /** A step that has ended. */
  addStep(step: WireStep): void {
    this.#steps.push(step);
  }

  /** A decision whose step, if it has one, was added. */
  addDecision(decision: WireRecord): void {
    this.#decisions.push(decision);
  }

  /** A quality signal whose step, if it has one, was added. */
  addSignal(signal: WireRecord): void {
    this.#signals.push(signal);
  }

  /** The end; nothing is added after it. `records` are all of the run. */
  end(records: RunRecords, status: EndStatus, ended_at: string): WireRun {
    this.#ending = buildRun(this.#header, records, status, ended_at);
    return this.#ending;
  }

  /** The whole run once it has ended. */
  get ending(): WireRun | null {
    return this.#ending;
  }

  /** Whether the end is known and the server knows nothing of the run. */
  get is_whole(): boolean {
    const is_unknown = this.#is_orphan || (!this.#maybe_started && !this.#is_started);
    return this.#ending !== null && is_unknown;
  }

  /** Whether something waits to be sent. */
  get has_more(): boolean {
    const records = this.#steps.length + this.#decisions.length + this.#signals.length;
    if (this.#is_orphan) return this.#ending !== null;
    return !this.#is_started || records > 0 || this.#ending !== null;
  }

  /** Sends all that waits. @throws NotNow when it must be tried again later. */
  async send(sender: RunSender): Promise<IncrementOutcome> {
    const outcome = this.#is_orphan ? ORPHANED : await this.#sendParts(sender);
    if (outcome.kind !== 'refused' || ![404, 405].includes(outcome.status)) return outcome;
    this.#is_orphan = true;
    for (const list of [this.#steps, this.#decisions, this.#signals]) list.splice(0);
    return { kind: 'current' };
  }

  async #sendParts(sender: RunSender): Promise<IncrementOutcome> {
    if (!this.#is_started) {
      const may_be_known = this.#maybe_started;
      this.#maybe_started = true;
      const { status, text } = await sender.post('/v1/runs/start', JSON.stringify(this.#header));
      // A conflict on a second try says that the first one arrived.
      if (!isGood(status) && !(status === 409 && may_be_known)) return refused(status, text);
      this.#is_started = true;
    }
    while (this.#steps.length + this.#decisions.length + this.#signals.length > 0) {
      const steps = this.#steps.slice(0, CHUNK);
      // Records refer to steps, so they go when all steps have gone.
      const is_last = steps.length === this.#steps.length;
      const decisions = is_last ? this.#decisions.slice(0, CHUNK) : [];
      const quality_signals = is_last ? this.#signals.slice(0, CHUNK) : [];
      const { status, text } = await this.#postRecords(sender, steps, decisions, quality_signals);
      // A server that has closed a run which is replayed has no use for more of it.
      if (!isGood(status) && !(status === 409 && this.#is_replay)) return refused(status, text);
      this.#steps.splice(0, steps.length);
      this.#decisions.splice(0, decisions.length);
      this.#signals.splice(0, quality_signals.length);
    }
    if (this.#ending === null) return { kind: 'current' };
    return this.#sendEnd(sender, this.#ending);
  }

  /** What the server finds unfit to keep goes again without its metadata. */
  async #postRecords(
    sender: RunSender,
    steps: WireStep[],
    decisions: WireRecord[],
    quality_signals: WireRecord[],
  ): Promise<JsonAnswer> {
    const path = `/v1/runs/${this.run_id}/steps`;
    const answer = await sender.post(path, JSON.stringify({ steps, decisions, quality_signals }));
    if (answer.status !== 422) return answer;
    const bare = {
      steps: steps.map(bareStep),
      decisions: decisions.map(bareRecord),
      quality_signals: quality_signals.map(bareRecord),
    };
    return sender.post(path, JSON.stringify(bare));
  }

  async #sendEnd(sender: RunSender, run: WireRun): Promise<IncrementOutcome> {
    const path = `/v1/runs/${this.run_id}/end`;
    const { status: run_status, ended_at, failure } = run;
    const may_be_known = this.#maybe_ended;
    this.#maybe_ended = true;
    const end = { status: run_status, ended_at, failure };
    let answer = await sender.post(path, JSON.stringify(end));
    if (answer.status === 422 && failure !== null) {
      const quiet = { ...end, failure: { ...failure, message: SANITIZED_MESSAGE } };
      answer = await sender.post(path, JSON.stringify(quiet));
    }
    const is_done = isGood(answer.status) || (answer.status === 409 && may_be_known);
    return is_done ? { kind: 'complete' } : refused(answer.status, answer.text);
  }
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function refused(status: number, text: string): IncrementOutcome {
  return { kind: 'refused', status, detail: summary(text) };
}
