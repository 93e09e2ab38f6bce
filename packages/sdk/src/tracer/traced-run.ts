import {
  DECISION_REASONS,
  FAILURE_TYPES,
  RUN_LIMITS,
  SIGNAL_CODES,
  STEP_TYPES,
  type StepType,
} from '@cairn/protocol';
import type { Timing } from '../timing.ts';
import { buildRun, newRunId, noRecords, type JournalEntry } from './build-run.ts';
import {
  cleanCandidates,
  cleanId,
  cleanLabel,
  cleanMessage,
  cleanRecordMetadata,
  cleanShare,
  cleanStepMetadata,
  type Warn,
} from './clean-values.ts';
import type { IncrementHandle, RunDelivery } from './deliver-runs.ts';
import { IncrementReport } from './report-increments.ts';
import type { RunJournal } from './spool-runs.ts';
import type {
  DecisionInput,
  EndStatus,
  FailureInput,
  SignalInput,
  StepUsage,
  TraceMetadata,
  WireHeader,
  WireRecord,
  WireStep,
} from './tracer-types.ts';

/** What a run needs of its tracer. */
export interface RunParts {
  readonly delivery: RunDelivery;
  readonly timing: Timing;
  readonly warn: Warn;
  readonly is_incremental: boolean;
}

const LATENCY_MS_MAX = 2 ** 31 - 1;

/** One step of a run. It began when it was made; `end` records it. No method throws. */
export class TracedStep {
  /** Names the step in failures, decisions and signals. */
  readonly step_id: string;
  readonly #fields: { step_type: StepType; name: string; seq: number; started_ms: number };
  readonly #parts: RunParts;
  readonly #done: (step: TracedStep) => void;
  #metadata: Record<string, unknown> = {};
  #usage: StepUsage = {};
  #is_over = false;

  constructor(
    parts: RunParts,
    fields: { step_type: unknown; name: unknown; seq: number },
    done: (step: TracedStep) => void,
  ) {
    const started_ms = parts.timing.now();
    this.step_id = newRunId(started_ms);
    this.#parts = parts;
    this.#done = done;
    let step_type = STEP_TYPES.find((each) => each === fields.step_type);
    if (step_type === undefined) {
      parts.warn(
        'Steps are of type plan, retrieve, tool, respond or other; it is reported as other.',
      );
      step_type = 'other';
    }
    const name = cleanLabel(fields.name, RUN_LIMITS.step_name_chars, 'unnamed', parts.warn);
    this.#fields = { step_type, name, seq: fields.seq, started_ms };
  }

  /** Adds facts such as names of tools, codes and counts. Keys and values with private content are dropped. */
  addMetadata(metadata: TraceMetadata): void {
    guarded(this.#parts.warn, () => {
      const merged = { ...this.#metadata, ...cleanStepMetadata(metadata, this.#parts.warn) };
      const bytes = new TextEncoder().encode(JSON.stringify(merged)).length;
      if (bytes <= RUN_LIMITS.metadata_bytes) this.#metadata = merged;
      else this.#parts.warn('Metadata of a step was dropped because it was too much.');
    });
  }

  /** Says what a model call used. */
  setUsage(usage: StepUsage): void {
    guarded(this.#parts.warn, () => {
      this.#usage = { ...this.#usage, ...cleanUsage(usage, this.#parts.warn) };
    });
  }

  /** Says what kind of step it turned out to be. */
  setType(step_type: StepType): void {
    if (STEP_TYPES.includes(step_type)) this.#fields.step_type = step_type;
  }

  /** Records the step. Further calls do nothing. */
  end(): void {
    if (this.#is_over) return;
    this.#is_over = true;
    guarded(this.#parts.warn, () => this.#done(this));
  }

  /** The step as it is sent, ending now. */
  toWire(): WireStep {
    const { started_ms, seq, step_type, name } = this.#fields;
    const ended_ms = Math.max(started_ms, this.#parts.timing.now());
    return {
      step_id: this.step_id,
      seq,
      step_type,
      name,
      latency_ms: Math.min(Math.round(ended_ms - started_ms), LATENCY_MS_MAX),
      started_at: timestamp(started_ms),
      ended_at: timestamp(ended_ms),
      metadata: this.#metadata,
      ...this.#usage,
    };
  }
}

/**
 * One run of an agent. `end` hands it to the background, which sends it; nothing here waits for that, and no method
 * throws. What the functions given to `step` throw passes through unchanged.
 */
export class TracedRun {
  /** A UUID; the server stores a run once, however often it is sent. */
  readonly run_id: string;
  /** May be assigned; `recordFailure` sets it to `failure`. */
  status: EndStatus = 'success';
  readonly #parts: RunParts;
  readonly #header: WireHeader;
  readonly #records = noRecords();
  readonly #open = new Map<string, TracedStep>();
  readonly #journal: RunJournal | null;
  readonly #increments: IncrementHandle | null;
  /** Records of steps that have not ended; sent in parts, a record must not come before its step. */
  readonly #held: JournalEntry[] = [];
  #next_seq = 0;
  #is_over = false;
  #thrown: { readonly error: unknown; readonly step_id: string } | null = null;

  constructor(parts: RunParts, header: Omit<WireHeader, 'run_id' | 'started_at'>) {
    const now = parts.timing.now();
    this.run_id = newRunId(now);
    this.#parts = parts;
    this.#header = { ...header, run_id: this.run_id, started_at: timestamp(now) } as WireHeader;
    this.#increments = parts.is_incremental
      ? parts.delivery.begin(new IncrementReport(this.#header))
      : null;
    this.#journal = parts.delivery.openJournal(this.run_id, parts.is_incremental);
    this.#journal?.write({ kind: 'run', value: this.#header });
  }

  /**
   * Runs `work` as a step and gives its result.
   *
   * @example
   * const hits = await run.step('retrieve', 'search', async (step) => {
   *   const found = await search(question);
   *   step.addMetadata({ hits: found.length });
   *   return found;
   * });
   */
  async step<T>(
    step_type: StepType,
    name: string,
    work: (step: TracedStep) => T | PromiseLike<T>,
  ): Promise<T> {
    const step = this.startStep(step_type, name);
    try {
      return await work(step);
    } catch (error) {
      // The innermost step is where it went wrong; those around it see the same error.
      if (this.#thrown?.error !== error) this.#thrown = { error, step_id: step.step_id };
      throw error;
    } finally {
      step.end();
    }
  }

  /** Begins a step, to be ended with its `end`. */
  startStep(step_type: StepType, name: string): TracedStep {
    const fields = { step_type, name, seq: this.#next_seq };
    const step = new TracedStep(this.#parts, fields, (each) => this.#stepEnds(each));
    if (!this.#mayRecord('step', this.#next_seq, RUN_LIMITS.steps)) return step;
    this.#next_seq += 1;
    this.#open.set(step.step_id, step);
    return step;
  }

  /** Marks the run as failed. A second call replaces the first. */
  recordFailure(input: FailureInput): void {
    const { warn } = this.#parts;
    guarded(warn, () => {
      if (!this.#mayRecord('failure', 0, 1)) return;
      const failure_type = FAILURE_TYPES.find((each) => each === input.failure_type);
      const value = {
        step_id: cleanId(input.step_id),
        failure_type: failure_type ?? 'orchestration',
        failure_code: cleanLabel(input.failure_code, RUN_LIMITS.code_chars, 'unspecified', warn),
        message: cleanMessage(input.message, warn),
      };
      this.#records.failure = value;
      this.status = 'failure';
      this.#journal?.write({ kind: 'failure', value });
    });
  }

  /** Records what the agent chose and why. One that the vocabulary does not know is dropped: it would cost the run. */
  recordDecision(input: DecisionInput): void {
    const { warn } = this.#parts;
    guarded(warn, () => {
      const { decision_type, reason_code } = input;
      if (!isKnown(DECISION_REASONS, decision_type, reason_code, 'decision', warn)) return;
      const candidates = cleanCandidates(input.candidates, warn);
      this.#record('decision', {
        decision_id: newRunId(this.#parts.timing.now()),
        step_id: cleanId(input.step_id),
        decision_type,
        selected: cleanLabel(input.selected, RUN_LIMITS.selected_chars, 'unnamed', warn),
        reason_code,
        ...(candidates.length > 0 ? { candidates } : {}),
        confidence: cleanShare(input.confidence, 'confidence', warn),
        metadata: cleanRecordMetadata(input.metadata, warn),
      });
    });
  }

  /** Records something that was observed. One that the vocabulary does not know is dropped: it would cost the run. */
  recordSignal(input: SignalInput): void {
    const { warn } = this.#parts;
    guarded(warn, () => {
      const { signal_type, signal_code } = input;
      if (!isKnown(SIGNAL_CODES, signal_type, signal_code, 'quality signal', warn)) return;
      this.#record('quality_signal', {
        signal_id: newRunId(this.#parts.timing.now()),
        step_id: cleanId(input.step_id),
        signal_type,
        signal_code,
        value: Boolean(input.value),
        weight: cleanShare(input.weight, 'weight', warn),
        metadata: cleanRecordMetadata(input.metadata, warn),
      });
    });
  }

  /** Ends the run, and the steps that are still open. Further calls do nothing. */
  end(status: EndStatus = this.status): void {
    if (this.#is_over) return;
    guarded(this.#parts.warn, () => {
      for (const step of this.#open.values()) {
        step.addMetadata({ unfinished: true });
        step.end();
      }
      this.#is_over = true;
      const { delivery, timing } = this.#parts;
      const ended_at = timestamp(Math.max(timing.now(), Date.parse(this.#header.started_at)));
      const known: EndStatus = ['success', 'failure'].includes(status) ? status : 'partial';
      if (this.#increments !== null) {
        this.#release(() => true);
        const run = this.#increments.report.end(this.#records, known, ended_at);
        this.#increments.ended(JSON.stringify(run));
      } else if (!this.#parts.is_incremental) {
        const run = buildRun(this.#header, this.#records, known, ended_at);
        delivery.offer(this.run_id, JSON.stringify(run));
      }
      this.#journal?.discard();
    });
  }

  /** Ends the run with an error that nobody caught, whose words stay here. */
  endWithError(error: unknown): void {
    guarded(this.#parts.warn, () => {
      if (this.#records.failure !== null) return;
      const thrown = this.#thrown;
      const name = error instanceof Error ? error.constructor.name : typeof error;
      this.recordFailure({
        failure_type: 'orchestration',
        failure_code: 'uncaught_exception',
        message: `Uncaught exception: ${name}`,
        step_id: thrown !== null && thrown.error === error ? thrown.step_id : null,
      });
    });
    this.end(this.status === 'success' ? 'failure' : this.status);
  }

  #stepEnds(step: TracedStep): void {
    if (!this.#open.delete(step.step_id)) return;
    const value = step.toWire();
    this.#records.steps.push(value);
    this.#journal?.write({ kind: 'step', value });
    if (this.#increments === null) return;
    this.#increments.report.addStep(value);
    this.#increments.changed(JSON.stringify(value).length);
    this.#release((step_id) => step_id === step.step_id);
  }

  #record(kind: 'decision' | 'quality_signal', value: WireRecord): void {
    const list = kind === 'decision' ? this.#records.decisions : this.#records.quality_signals;
    if (!this.#mayRecord(kind, list.length, RUN_LIMITS.decisions)) return;
    list.push(value);
    this.#journal?.write({ kind, value });
    if (this.#increments === null) return;
    this.#held.push({ kind, value });
    this.#release((step_id) => step_id === null || !this.#open.has(step_id));
  }

  /** Hands on the held records of the steps that `may_go` names. */
  #release(may_go: (step_id: string | null) => boolean): void {
    const increments = this.#increments;
    if (increments === null) return;
    const known = new Set(this.#records.steps.map((step) => step.step_id));
    const staying: JournalEntry[] = [];
    for (const entry of this.#held.splice(0)) {
      if (entry.kind !== 'decision' && entry.kind !== 'quality_signal') continue;
      const { step_id } = entry.value;
      if (!may_go(step_id)) {
        staying.push(entry);
        continue;
      }
      const is_linked = step_id !== null && known.has(step_id);
      const value: WireRecord = is_linked ? entry.value : { ...entry.value, step_id: null };
      if (entry.kind === 'decision') increments.report.addDecision(value);
      else increments.report.addSignal(value);
      increments.changed(JSON.stringify(value).length);
    }
    this.#held.push(...staying);
  }

  #mayRecord(what: string, held: number, limit: number): boolean {
    if (this.#is_over) this.#parts.warn(`A ${what} came after the end of its run and was dropped.`);
    else if (held >= limit) this.#parts.warn(`A run may have ${limit} of each; more are dropped.`);
    return !this.#is_over && held < limit;
  }
}

/** RFC 3339 of milliseconds since 1970. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

function guarded(warn: Warn, work: () => void): void {
  try {
    work();
  } catch (error) {
    warn(`The tracer failed and the agent goes on: ${String(error)}`);
  }
}

function isKnown(
  codes: Readonly<Record<string, readonly string[]>>,
  kind: string,
  code: string,
  what: string,
  warn: Warn,
): boolean {
  if (Object.hasOwn(codes, kind) && codes[kind]?.includes(code)) return true;
  warn(`A ${what} was dropped: its type with its code is not in the vocabulary.`);
  return false;
}

function cleanUsage(usage: StepUsage, warn: Warn): StepUsage {
  const kept: Record<string, string | number> = {};
  for (const key of ['model', 'provider'] as const) {
    if (typeof usage[key] === 'string') kept[key] = cleanLabel(usage[key], 200, 'unknown', warn);
  }
  for (const key of [
    'input_tokens',
    'output_tokens',
    'cached_input_tokens',
    'reasoning_tokens',
  ] as const) {
    const value = usage[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) kept[key] = value;
  }
  const { cost_usd } = usage;
  if (typeof cost_usd === 'number' && cost_usd >= 0 && cost_usd < Infinity) {
    kept['cost_usd'] = cost_usd;
  }
  return kept;
}
