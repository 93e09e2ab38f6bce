import {
  DECISION_REASONS,
  FAILURE_TYPES,
  RUN_LIMITS,
  SIGNAL_CODES,
  STEP_TYPES,
  type DecisionCreate,
  type FailureCreate,
  type SignalCreate,
  type StepCreate,
} from '@cairn/protocol';
import { deriveId } from './derive-id.ts';
import { FieldReader, isFields } from './read-fields.ts';
import { compareInstants } from './read-instant.ts';

/** The largest `integer` of the database. */
const INTEGER_MAX = 2 ** 31 - 1;
const { metadata_bytes, code_chars, selected_chars, message_chars, step_name_chars } = RUN_LIMITS;

/** Reads a list of objects, of which absent is none. */
function readList<T>(
  body: FieldReader,
  name: 'steps' | 'decisions' | 'quality_signals',
  read: (item: FieldReader, place: number) => T,
): T[] {
  const value = body.raw(name);
  // The original takes null for the lists that came later, but not for steps.
  if (value === undefined || (value === null && name !== 'steps')) return [];
  if (!Array.isArray(value)) {
    body.refuse(name, 'must be a list');
    return [];
  }
  if (value.length > RUN_LIMITS[name]) {
    body.refuse(name, `must not have more than ${RUN_LIMITS[name]} entries`);
    return [];
  }
  const items: T[] = [];
  for (const [place, each] of (value as unknown[]).entries()) {
    if (isFields(each))
      items.push(read(new FieldReader(each, `${name}[${place}].`, body.misfits), place));
    else body.refuse(`${name}[${place}]`, 'must be an object');
  }
  return items;
}

/** Steps in the order of their `seq`. */
export function readSteps(body: FieldReader, run_id: string): StepCreate[] {
  const steps = readList(body, 'steps', (step) => readStep(step, run_id));
  refuseRepeated(body, 'steps', steps, (step) => step.step_id, 'step_id');
  return steps.sort((a, b) => a.seq - b.seq);
}

function readStep(step: FieldReader, run_id: string): StepCreate {
  const seq = step.integer('seq', INTEGER_MAX);
  const started = step.instant('started_at');
  const ended = step.instant('ended_at');
  if (compareInstants(ended, started) < 0)
    step.refuse('ended_at', 'Value error, ended_at must be >= started_at');
  return {
    // By `seq`, so that the order in the list makes no difference.
    step_id: step.has('step_id') ? step.uuid('step_id') : deriveId(run_id, 'step', seq),
    seq,
    step_type: step.choice('step_type', STEP_TYPES),
    name: step.text('name', 1, step_name_chars),
    latency_ms: step.integer('latency_ms', INTEGER_MAX),
    started_at: started.text,
    ended_at: ended.text,
    metadata: step.metadata('metadata', metadata_bytes),
    ...readUsage(step),
  };
}

/** More than anybody used, and few enough that the sum over all steps of a run fits a `bigint`. */
const TOKENS_MAX = 1e12;
const TOKENS = [
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'reasoning_tokens',
] as const;

/** What a step says of a model call. What it does not say stays absent. */
function readUsage(step: FieldReader): Pick<StepCreate, 'model' | 'provider' | 'cost_usd'> {
  const usage: Record<string, string | number> = {};
  const given = (name: string) => step.has(name) && !step.isNull(name);
  if (given('model')) usage['model'] = step.text('model', 1, 255);
  if (given('provider')) usage['provider'] = step.text('provider', 1, 100);
  for (const name of TOKENS) if (given(name)) usage[name] = step.integer(name, TOKENS_MAX);
  if (given('cost_usd')) usage['cost_usd'] = step.number('cost_usd', 1e12);
  return usage;
}

/** The one failure of a report; null when there is none. */
export function readFailure(body: FieldReader): FailureCreate | null {
  const value = body.raw('failure');
  if (value === undefined || value === null) return null;
  if (!isFields(value)) {
    body.refuse('failure', 'must be an object or null');
    return null;
  }
  const failure = new FieldReader(value, 'failure.', body.misfits);
  return {
    step_id: failure.uuidOrNull('step_id'),
    failure_type: failure.choice('failure_type', FAILURE_TYPES),
    failure_code: failure.text('failure_code', 1, code_chars),
    message: failure.text('message', 1, message_chars),
  };
}

export function readDecisions(body: FieldReader, run_id: string): DecisionCreate[] {
  const decisions = readList(body, 'decisions', (decision, place) => {
    const decision_type = decision.text('decision_type', 1, code_chars);
    const reason_code = decision.text('reason_code', 1, code_chars);
    const words = { type: 'decision_type', code: 'reason_code' };
    checkVocabulary(decision, DECISION_REASONS, words, decision_type, reason_code);
    return {
      decision_id: decision.has('decision_id')
        ? decision.uuid('decision_id')
        : deriveId(run_id, 'decision', place),
      step_id: decision.uuidOrNull('step_id'),
      decision_type,
      selected: decision.text('selected', 1, selected_chars),
      reason_code,
      confidence: readShare(decision, 'confidence'),
      metadata: readDecisionMetadata(decision),
    };
  });
  refuseRepeated(body, 'decisions', decisions, (each) => each.decision_id, 'decision_id');
  return decisions;
}

/** Candidates have no place of their own in a stored decision. */
function readDecisionMetadata(decision: FieldReader): Readonly<Record<string, unknown>> {
  const metadata = decision.metadata('metadata', metadata_bytes);
  const candidates = decision.raw('candidates');
  if (candidates === undefined || candidates === null) return metadata;
  if (!Array.isArray(candidates) || candidates.some((each) => typeof each !== 'string')) {
    decision.refuse('candidates', 'must be a list of texts or null');
    return metadata;
  }
  if (candidates.length === 0) return metadata;
  const merged = { ...metadata, candidates: candidates as string[] };
  return decision.storable('candidates', merged, metadata_bytes) ? merged : metadata;
}

export function readSignals(body: FieldReader, run_id: string): SignalCreate[] {
  const signals = readList(body, 'quality_signals', (signal, place) => {
    const signal_type = signal.text('signal_type', 1, code_chars);
    const signal_code = signal.text('signal_code', 1, code_chars);
    const words = { type: 'signal_type', code: 'signal_code' };
    checkVocabulary(signal, SIGNAL_CODES, words, signal_type, signal_code);
    return {
      signal_id: signal.has('signal_id')
        ? signal.uuid('signal_id')
        : deriveId(run_id, 'signal', place),
      step_id: signal.uuidOrNull('step_id'),
      signal_type,
      signal_code,
      value: signal.boolean('value'),
      weight: readShare(signal, 'weight'),
      metadata: signal.metadata('metadata', metadata_bytes),
    };
  });
  refuseRepeated(body, 'quality_signals', signals, (each) => each.signal_id, 'signal_id');
  return signals;
}

function readShare(item: FieldReader, name: string): number | null {
  return item.has(name) && !item.isNull(name) ? item.number(name, 1) : null;
}

function checkVocabulary(
  item: FieldReader,
  vocabulary: Readonly<Record<string, readonly string[]>>,
  words: { type: string; code: string },
  type: string,
  code: string,
): void {
  // What is missing was told already.
  if (type === '' || code === '') return;
  if (!Object.hasOwn(vocabulary, type)) {
    const types = listOf(Object.keys(vocabulary));
    const message = `Value error, Invalid ${words.type}: ${shown(type)}. Must be one of: ${types}`;
    return item.refuse(words.type, message);
  }
  const codes = vocabulary[type] ?? [];
  if (codes.includes(code)) return;
  const message = `Value error, Invalid ${words.code} ${shown(code)} for ${words.type} '${type}'. Valid codes: ${listOf(codes)}`;
  item.refuse(words.code, message);
}

/** A word that is only not in the vocabulary is repeated, as clients expect; anything else could be private. */
function shown(word: string): string {
  return /^[a-z_]{1,40}$/.test(word) ? `'${word}'` : '(not shown)';
}

function listOf(words: readonly string[]): string {
  return `[${words.map((word) => `'${word}'`).join(', ')}]`;
}

function refuseRepeated<T>(
  body: FieldReader,
  list: string,
  items: readonly T[],
  idOf: (item: T) => string,
  name: string,
): void {
  const ids = new Set(items.map(idOf));
  if (ids.size !== items.length)
    body.refuse(list, `must not have two entries with the same ${name}`);
}
