import {
  RUN_LIMITS,
  type DecisionCreate,
  type FailureCreate,
  type RunCreate,
  type SignalCreate,
  type StepCreate,
} from '@cairn/protocol';
import { FieldReader, isFields, type Misfit } from './read-fields.ts';
import { compareInstants, readInstant } from './read-instant.ts';
import { readDecisions, readFailure, readSignals, readSteps } from './read-parts.ts';

/** What was read from a body, or all that does not fit in it. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly misfits: readonly Misfit[] };

/** How a run that is reported as a whole can have ended. */
const END_STATUSES = ['success', 'failure', 'partial'] as const;
const SEQS_SHOWN = 20;

/** What is added to a run that was begun. */
export interface Additions {
  readonly steps: readonly StepCreate[];
  readonly decisions: readonly DecisionCreate[];
  readonly quality_signals: readonly SignalCreate[];
}

/** How a run that was begun ended. */
export interface RunEnd {
  readonly status: (typeof END_STATUSES)[number];
  /** Null when the report does not say; then it is when the report came. */
  readonly ended_at: string | null;
  readonly failure: FailureCreate | null;
}

/** Reads the body of `POST /v1/runs`. `newId` makes the id of a run that came without one. */
export function readRun(body: unknown, newId: () => string): Reading<RunCreate> {
  return readBody(body, (fields) => {
    const head = readHead(fields, newId);
    const status = fields.choice('status', END_STATUSES);
    const steps = readSteps(fields, head.run_id);
    if (!fields.misfits.some(({ path }) => path.startsWith('steps'))) checkSeqs(fields, steps);
    const failure = readFailure(fields);
    if (status === 'failure' && !fields.raw('failure')) refuseWithoutFailure(fields);
    const decisions = readDecisions(fields, head.run_id);
    const quality_signals = readSignals(fields, head.run_id);
    const ids = new Set(steps.map(({ step_id }) => step_id));
    for (const path of strayReferences(ids, failure, decisions, quality_signals))
      fields.refuse(path, STRAY);
    return {
      ...head,
      status,
      ended_at: readEndedAt(fields, head.started_at),
      steps,
      failures: failure ? [failure] : [],
      decisions,
      quality_signals,
    };
  });
}

/** Reads the body of `POST /v1/runs/start`: a run without steps, status and end. */
export function readStart(body: unknown, newId: () => string): Reading<RunCreate> {
  return readBody(body, (fields) => ({
    ...readHead(fields, newId),
    status: 'running',
    ended_at: null,
    steps: [],
    failures: [],
    decisions: [],
    quality_signals: [],
  }));
}

/** Reads the body of `POST /v1/runs/:id/steps`. Whether its references fit the run is for who knows the run to say. */
export function readAdditions(body: unknown, run_id: string): Reading<Additions> {
  return readBody(body, (fields) => {
    const steps = readSteps(fields, run_id);
    for (const [index, { seq }] of steps.entries())
      if (index > 0 && steps[index - 1]?.seq === seq)
        fields.refuse('steps', 'must not have two entries with the same seq');
    // Without ids, the same decision twice could not be told from two.
    requireIds(fields, 'decisions', 'decision_id');
    requireIds(fields, 'quality_signals', 'signal_id');
    return {
      steps,
      decisions: readDecisions(fields, run_id),
      quality_signals: readSignals(fields, run_id),
    };
  });
}

/** Reads the body of `POST /v1/runs/:id/end`. */
export function readEnd(body: unknown): Reading<RunEnd> {
  return readBody(body, (fields) => {
    const status = fields.choice('status', END_STATUSES);
    const failure = readFailure(fields);
    if (status === 'failure' && !fields.raw('failure')) refuseWithoutFailure(fields);
    return { status, failure, ended_at: readEndedAt(fields, null) };
  });
}

/** What is said of a reference to a step that the run does not have. */
export const STRAY = 'must be the step_id of a step of this run';

/** The places of references to steps that are not among `ids`. */
export function strayReferences(
  ids: ReadonlySet<string>,
  failure: FailureCreate | null,
  decisions: readonly DecisionCreate[],
  signals: readonly SignalCreate[],
): string[] {
  const isStray = ({ step_id }: { step_id: string | null }) =>
    step_id !== null && step_id !== '' && !ids.has(step_id);
  const places = (list: string, items: readonly { step_id: string | null }[]) =>
    items.flatMap((item, index) => (isStray(item) ? [`${list}[${index}].step_id`] : []));
  return [
    ...(failure && isStray(failure) ? ['failure.step_id'] : []),
    ...places('decisions', decisions),
    ...places('quality_signals', signals),
  ];
}

function readBody<T>(body: unknown, read: (fields: FieldReader) => T): Reading<T> {
  const misfits: Misfit[] = [];
  if (!isFields(body)) return { ok: false, misfits: [{ path: '', message: 'must be an object' }] };
  const value = read(new FieldReader(body, '', misfits));
  return misfits.length > 0 ? { ok: false, misfits } : { ok: true, value };
}

function readHead(fields: FieldReader, newId: () => string) {
  const { agent_id_chars, agent_version_chars, environment_chars, metadata_bytes } = RUN_LIMITS;
  return {
    run_id: fields.has('run_id') ? fields.uuid('run_id') : newId(),
    agent_id: fields.text('agent_id', 1, agent_id_chars),
    agent_version: fields.text('agent_version', 1, agent_version_chars),
    environment: fields.has('environment')
      ? fields.text('environment', 0, environment_chars)
      : 'production',
    started_at: fields.instant('started_at').text,
    metadata: fields.metadata('metadata', metadata_bytes),
    parent_run_id: fields.uuidOrNull('parent_run_id'),
    breadcrumb_id: fields.uuidOrNull('breadcrumb_id'),
    conversation_id: fields.textOr('conversation_id', 1, 250, null),
  };
}

function readEndedAt(fields: FieldReader, started_at: string | null): string | null {
  if (!fields.has('ended_at') || fields.isNull('ended_at')) return null;
  const ended = fields.instant('ended_at');
  const started = started_at === null ? null : readInstant(started_at);
  if (started && compareInstants(ended, started) < 0)
    fields.refuse('ended_at', 'Value error, ended_at must be >= started_at');
  return ended.text;
}

function refuseWithoutFailure(fields: FieldReader): void {
  fields.refuse(
    'failure',
    "Value error, Runs with status='failure' must include a failure object for semantic classification",
  );
}

function checkSeqs(fields: FieldReader, steps: readonly StepCreate[]): void {
  if (steps.every(({ seq }, index) => seq === index)) return;
  const got = listOf(steps.map(({ seq }) => seq));
  const expected = listOf(steps.map((_, index) => index));
  fields.refuse(
    'steps',
    `Value error, Steps must have sequential seq values starting from 0. Got: ${got}, expected: ${expected}`,
  );
}

/** As many as help; a run may have ten thousand. */
function listOf(seqs: readonly number[]): string {
  return `[${seqs.slice(0, SEQS_SHOWN).join(', ')}${seqs.length > SEQS_SHOWN ? ', …' : ''}]`;
}

function requireIds(fields: FieldReader, list: string, name: string): void {
  const value = fields.raw(list);
  if (!Array.isArray(value)) return;
  for (const [place, each] of (value as unknown[]).entries())
    if (isFields(each) && each[name] === undefined)
      fields.refuse(`${list}[${place}].${name}`, 'is missing');
}
