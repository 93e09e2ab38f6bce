import {
  RUN_LIMITS,
  type DecisionCreate,
  type FailureCreate,
  type SignalCreate,
  type StepCreate,
} from '@cairn/protocol';
import { AppError, checksum } from '../../base/index.ts';
import { recordedTimes } from './derive-recorded-at.ts';
import { invalidRun } from './invalid-run.ts';
import { completeSpans } from './merge-spans.ts';
import { wireTime } from './read-instant.ts';
import { STRAY, strayReferences, type Additions, type RunEnd } from './read-run.ts';
import {
  answerRun,
  failureRows,
  headOf,
  noRows,
  placeOf,
  rowsOfStored,
  stepRow,
  sumFigures,
  type RunRow,
  type RunRows,
  type StepRow,
  type StoredRun,
} from './rows.ts';
import { unknown, type Changed } from './run-writer.ts';

/** Which parts of a run have to be read before these can be added to it. */
export function partsFor({ steps, decisions, quality_signals }: Additions) {
  const references = [...decisions, ...quality_signals].flatMap(({ step_id }) => step_id ?? []);
  return {
    ids: [
      ...steps.map(({ step_id }) => step_id),
      ...decisions.map(({ decision_id }) => decision_id),
      ...quality_signals.map(({ signal_id }) => signal_id),
      ...references,
    ],
    seqs: steps.map(({ seq }) => seq),
  };
}

/**
 * Adds to a run that goes on. What is there already with the same content is passed over, so a repeat does no harm; the
 * same id with other content is a conflict, and then nothing is added. Nothing at all only says that the run goes on.
 */
export function append(
  run_id: string,
  additions: Additions,
  stored: StoredRun | null,
  at: string,
): Changed {
  if (!stored) return unknown(run_id);
  const steps = unlike(additions.steps, stored.steps, ({ step_id }) => step_id, [
    contentOfStep,
    stored.status === 'running',
  ]);
  const decisions = unlike(additions.decisions, stored.decisions, (each) => each.decision_id, [
    contentOfDecision,
    true,
  ]);
  const signals = unlike(
    additions.quality_signals,
    stored.quality_signals,
    (each) => each.signal_id,
    [contentOfSignal, true],
  );
  if (!steps || !decisions || !signals)
    return conflict(`Run ${run_id} has something with the same id and another content`);
  const is_news = steps.length + decisions.length + signals.length > 0;
  if (stored.status !== 'running') {
    if (is_news) return conflict(`Run ${run_id} has ended`);
    return unchanged(stored);
  }
  if (stored.source === 'cairn') return conflict(ownRun(run_id));
  const refused = whyNotAppend(additions, steps, stored);
  if (refused) return { refused, rows: noRows(), counted: null, answer: null, progress: null };
  const rows = noRows();
  const place = placeOf(stored);
  const sums = sumFigures([stored, ...steps]);
  const steps_count = stored.steps_count + steps.length;
  rows.runs.push({ ...headOf(stored), ...sums, steps_count, heard_at: at });
  for (const step of steps) rows.run_steps.push(stepRow(step, place, at));
  // What is of no step came about when it was recorded: the run goes on. Its clock may go ahead of ours.
  const now = Date.parse(at) < Date.parse(stored.started_at) ? stored.started_at : at;
  const times = recordedTimes({
    started_at: now,
    ended_at: now,
    steps: [...stored.steps, ...steps],
  });
  for (const [index, each] of decisions.entries()) {
    const order = stored.decisions_count + index;
    const recorded_at = times.decision(each.step_id);
    rows.run_decisions.push({ ...place, ...each, place: order, recorded_at, created_at: at });
  }
  for (const [index, each] of signals.entries()) {
    const order = stored.signals_count + index;
    const recorded_at = times.signal(each.step_id);
    rows.run_signals.push({ ...place, ...each, place: order, recorded_at, created_at: at });
  }
  return {
    rows,
    counted: null,
    answer: null,
    progress: {
      run_id,
      status: 'running',
      steps: steps_count,
      decisions: stored.decisions_count + decisions.length,
      quality_signals: stored.signals_count + signals.length,
    },
  };
}

function whyNotAppend(
  additions: Additions,
  steps: readonly StepCreate[],
  stored: StoredRun,
): AppError | null {
  const { run_id } = stored;
  const taken = new Map(stored.steps.map(({ seq, step_id }) => [seq, step_id]));
  const twice = steps.find(({ seq, step_id }) => (taken.get(seq) ?? step_id) !== step_id);
  if (twice)
    return new AppError('conflict', `Run ${run_id} has another step with seq ${twice.seq}`);
  const counts = {
    steps: stored.steps_count + additions.steps.length,
    decisions: stored.decisions_count + additions.decisions.length,
    quality_signals: stored.signals_count + additions.quality_signals.length,
  };
  for (const name of ['steps', 'decisions', 'quality_signals'] as const) {
    const message = `must not become more than ${RUN_LIMITS[name]} in one run`;
    if (counts[name] > RUN_LIMITS[name]) return invalidRun([{ path: name, message }]);
  }
  const ids = new Set([...stored.steps, ...steps].map(({ step_id }) => step_id));
  const { decisions, quality_signals } = additions;
  const stray = strayReferences(ids, null, decisions, quality_signals);
  return stray.length > 0 ? invalidRun(stray.map((path) => ({ path, message: STRAY }))) : null;
}

/**
 * Ends a run, and counts it. The same end once more does no harm. Before each `seq` that came all others must have come;
 * only a run that ends as partial may lack some, since its process may have died. Its reason names them then, and those
 * that came are numbered anew, in their order.
 */
export function end(run_id: string, report: RunEnd, stored: StoredRun | null, at: string): Changed {
  if (!stored) return unknown(run_id);
  if (stored.status !== 'running')
    return isSameEnd(report, stored) ? unchanged(stored) : conflict(`Run ${run_id} has ended`);
  if (stored.source === 'cairn') return conflict(ownRun(run_id));
  const ids = new Set(stored.steps.map(({ step_id }) => step_id));
  const misfits = strayReferences(ids, report.failure, [], []).map((path) => ({
    path,
    message: STRAY,
  }));
  const started_ms = Date.parse(stored.started_at);
  if (report.ended_at !== null && Date.parse(report.ended_at) < started_ms)
    misfits.push({ path: 'ended_at', message: 'Value error, ended_at must be >= started_at' });
  const missing = missingSeqs(stored.steps);
  if (missing !== null && report.status !== 'partial')
    misfits.push({
      path: 'steps',
      message: `Value error, Steps must have sequential seq values starting from 0. Missing: ${missing}`,
    });
  if (misfits.length > 0) return { ...refuse(invalidRun(misfits)) };
  // Its clock may go ahead of ours.
  const now = Date.parse(at) < started_ms ? stored.started_at : at;
  const head = { ...headOf(stored), status: report.status, ended_at: report.ended_at ?? now };
  const end_reason = missing === null ? null : neverCame(missing);
  return finish({ ...head, end_reason, heard_at: at }, stored, report.failure, at);
}

/**
 * Closes a run of which nothing was heard since `before`: its process has died. Its end is that of its last step, and
 * not known when it has none.
 */
export function closeSilent(
  before: string,
  reason: string,
  stored: StoredRun | null,
  at: string,
): Changed {
  const is_silent =
    stored?.status === 'running' && Date.parse(stored.heard_at) < Date.parse(before);
  if (!stored || !is_silent) return { rows: noRows(), counted: null, answer: null, progress: null };
  if (stored.source === 'otlp') return completeSpans(reason, stored);
  const ends = stored.steps.map(({ ended_at }) => ended_at);
  const last = ends.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;
  const is_after = last !== null && Date.parse(last) >= Date.parse(stored.started_at);
  const missing = missingSeqs(stored.steps);
  const head: RunRow = {
    ...headOf(stored),
    status: 'partial',
    ended_at: is_after ? last : null,
    end_reason: missing === null ? reason : `${reason}; ${neverCame(missing)}`,
  };
  return finish(head, stored, null, at);
}

/** How many missing steps are named; more help nobody, and a reason has little room. */
const MISSING_SHOWN = 20;
const NEVER_CAME = 'steps never came: seq ';

function neverCame(missing: string): string {
  return NEVER_CAME + missing.slice(1, -1);
}

/** Each `seq` below the last one that came of which no step came, as a list; null when there is none. */
function missingSeqs(steps: readonly StepRow[]): string | null {
  const came = new Set(steps.map(({ seq }) => seq));
  const missing: number[] = [];
  for (let seq = 0, seen = 0; seen < came.size && missing.length <= MISSING_SHOWN; seq++) {
    if (came.has(seq)) seen++;
    else missing.push(seq);
  }
  if (missing.length === 0) return null;
  const more = missing.length > MISSING_SHOWN ? ', …' : '';
  return `[${missing.slice(0, MISSING_SHOWN).join(', ')}${more}]`;
}

function finish(
  head: RunRow,
  stored: StoredRun,
  failure: FailureCreate | null,
  at: string,
): Changed {
  const steps = stored.steps.map((step, index) => ({ ...step, seq: index }));
  const failures = failure ? failureRows([failure], placeOf(stored), at) : [];
  const rows: RunRows = {
    ...noRows(),
    runs: [head],
    run_steps: steps.filter(({ seq }, index) => stored.steps[index]?.seq !== seq),
    run_failures: failures,
  };
  const after: StoredRun = { ...stored, ...head, steps, failures };
  return {
    rows,
    counted: { before: null, after },
    answer: answerRun(rowsOfStored(after)),
    progress: null,
  };
}

function isSameEnd({ status, ended_at, failure }: RunEnd, stored: StoredRun): boolean {
  const [known] = stored.failures;
  const is_same_failure = failure
    ? known !== undefined && contentOfFailure(failure) === contentOfFailure(known)
    : known === undefined;
  const is_same_time =
    ended_at === null ||
    (stored.ended_at !== null && wireTime(stored.ended_at) === wireTime(ended_at));
  const is_told = stored.end_reason === null || stored.end_reason.startsWith(NEVER_CAME);
  return stored.status === status && is_same_failure && is_same_time && is_told;
}

/** Those of `items` that are not there yet; null when one is there with another content. */
function unlike<Item extends object, Row extends Item>(
  items: readonly Item[],
  rows: readonly Row[],
  idOf: (item: Item) => string,
  [contentOf, is_exact]: [(item: Item, is_exact: boolean) => string, boolean],
): Item[] | null {
  const known = new Map(rows.map((row) => [idOf(row), row]));
  const fresh: Item[] = [];
  for (const item of items) {
    const row = known.get(idOf(item));
    if (!row) fresh.push(item);
    else if (contentOf(row, is_exact) !== contentOf(item, is_exact)) return null;
  }
  return fresh;
}

/** What two tellings of a step have in common. `seq` may have changed when the run ended, and does not count then. */
export function contentOfStep(step: StepCreate | StepRow, is_exact: boolean): string {
  return checksum([
    is_exact ? step.seq : null,
    step.step_type,
    step.name,
    step.latency_ms,
    wireTime(step.started_at),
    wireTime(step.ended_at),
    step.metadata,
    step.model ?? null,
    step.provider ?? null,
    step.input_tokens ?? null,
    step.output_tokens ?? null,
    step.cached_input_tokens ?? null,
    step.reasoning_tokens ?? null,
    step.cost_usd ?? null,
  ]);
}

function contentOfDecision(each: DecisionCreate): string {
  const { step_id, decision_type, selected, reason_code, confidence, metadata } = each;
  return checksum([step_id, decision_type, selected, reason_code, confidence, metadata]);
}

function contentOfSignal(each: SignalCreate): string {
  const { step_id, signal_type, signal_code, value, weight, metadata } = each;
  return checksum([step_id, signal_type, signal_code, value, weight, metadata]);
}

function contentOfFailure(each: FailureCreate): string {
  return checksum([each.step_id, each.failure_type, each.failure_code, each.message]);
}

export function unchanged(stored: StoredRun): Changed {
  const { run_id, status } = stored;
  return {
    rows: noRows(),
    counted: null,
    answer: answerRun(rowsOfStored(stored)),
    progress: {
      run_id,
      status,
      steps: stored.steps_count,
      decisions: stored.decisions_count,
      quality_signals: stored.signals_count,
    },
  };
}

/** A run of this program's own that goes on: nobody else knows what belongs to it. */
function ownRun(run_id: string): string {
  return `Run ${run_id} is one of this server's own agents, which tells of it itself`;
}

export function conflict(message: string): Changed {
  return refuse(new AppError('conflict', message));
}

function refuse(refused: AppError): Changed {
  return { refused, rows: noRows(), counted: null, answer: null, progress: null };
}
