import type { FailureCreate, FailureType, RunCreate, StepCreate } from '@cairn/protocol';
import { AppError } from '../base/index.ts';
import type {
  TracedCallRow,
  TracedContextRow,
  TracedRunRow,
  TracedStepRow,
  TraceStore,
} from './trace-store.ts';

/** Takes whole runs, each once: the same again changes nothing. */
export interface TraceSink {
  record(owner_id: string, run: RunCreate): Promise<unknown>;
  /** Takes what is known so far of a run that goes on, as often as it is told. Once the whole run came, nothing counts. */
  recordOpen(owner_id: string, run: RunCreate): Promise<unknown>;
}

/** Where traces come from, and where they go. */
export interface TracePorts {
  readonly store: TraceStore;
  readonly sink: TraceSink;
}

/**
 * Writes what is recorded of a run into the module of runs, whole when it has ended. To write it again changes nothing.
 * Says whether there is such a run.
 * @throws AppError when the trace is refused: by the tenant's policy, or since somebody else reported a run of this id
 */
export async function writeTrace(
  owner_id: string,
  run_id: string,
  { store, sink }: TracePorts,
): Promise<boolean> {
  const recorded = await store.read(owner_id, run_id);
  if (!recorded) return false;
  const trace = toTrace(recorded);
  if (trace.status === 'running') await sink.recordOpen(owner_id, trace);
  else await sink.record(owner_id, trace);
  return true;
}

/** Writes what is recorded of a run again. Says whether it was: not when it is gone, or what it says is refused. */
export async function retellTrace(
  owner_id: string,
  run_id: string,
  ports: TracePorts,
): Promise<boolean> {
  try {
    return await writeTrace(owner_id, run_id, ports);
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return false;
    throw error;
  }
}

/**
 * A recorded run as a trace: a step for each model call and each tool call, in their order. It depends on nothing but
 * what is recorded, so a second writing is the same.
 */
export function toTrace({
  run,
  steps,
  calls,
  context = null,
}: {
  run: TracedRunRow;
  steps: readonly TracedStepRow[];
  calls: readonly TracedCallRow[];
  context?: TracedContextRow | null;
}): RunCreate {
  const traced = [
    ...(context ? [contextStep(context, run)] : []),
    ...steps.flatMap((step) => [
      modelStep(step, run),
      ...calls.filter(({ step_seq }) => step_seq === step.seq).map((call) => toolStep(call, run)),
    ]),
  ];
  const failure = failureOf(run);
  return {
    run_id: run.id,
    agent_id: run.agent_name ?? run.agent_id,
    agent_version: run.definition_version === null ? 'unknown' : `${run.definition_version}`,
    environment: 'production',
    status: STATUS[run.state] ?? 'partial',
    started_at: run.started_at,
    ended_at: run.finished_at,
    steps: traced.map((step, seq) => ({ ...step, seq })),
    failures: failure ? [failure] : [],
    decisions: [],
    quality_signals: [],
    metadata: { definition_id: run.agent_id, depth: run.depth, root_run_id: run.root_run_id },
    parent_run_id: run.parent_run_id,
    breadcrumb_id: run.trigger_id,
    conversation_id: run.conversation_id,
    end_reason: run.state === 'stopped' ? run.error_class : null,
  };
}

const STATUS: Readonly<Record<string, RunCreate['status']>> = {
  running: 'running',
  completed: 'success',
  failed: 'failure',
  stopped: 'partial',
};

/** What was gathered for the model; what it says stands in the record that it names. */
function contextStep(context: TracedContextRow, run: TracedRunRow): StepCreate {
  const { step_id, latency_ms, created_at, tokens, records, dropped } = context;
  const ended_ms = Math.max(Date.parse(created_at), Date.parse(run.started_at));
  const started_ms = Math.max(Date.parse(run.started_at), ended_ms - (latency_ms ?? 0));
  return {
    step_id,
    seq: 0,
    step_type: 'retrieve',
    name: 'context',
    latency_ms: latency_ms ?? 0,
    started_at: new Date(started_ms).toISOString(),
    ended_at: new Date(ended_ms).toISOString(),
    metadata: {
      context_id: context.breadcrumb_id,
      context_version: context.breadcrumb_version,
      tokens,
      records,
      dropped,
    },
  };
}

function modelStep(
  { step_id, answer, latency_ms, cost_usd, created_at }: TracedStepRow,
  run: TracedRunRow,
): StepCreate {
  const wants_tools = answer.tool_calls.length > 0;
  const ended_ms = Date.parse(created_at);
  const took_ms = latency_ms ?? 0;
  const started_ms = Math.max(Date.parse(run.started_at), ended_ms - took_ms);
  return {
    step_id,
    seq: 0,
    step_type: wants_tools ? 'plan' : 'respond',
    name: answer.model.slice(0, 255) || 'model',
    latency_ms: took_ms,
    started_at: new Date(started_ms).toISOString(),
    ended_at: new Date(Math.max(started_ms, ended_ms)).toISOString(),
    metadata: { finish_reason: answer.finish_reason, tool_calls: answer.tool_calls.length },
    model: answer.model,
    input_tokens: answer.usage.input_tokens,
    output_tokens: answer.usage.output_tokens,
    cost_usd,
  };
}

/** A call that nobody answered lasted until the run ended. While the run goes on, it is not known yet how long it lasts. */
function toolStep(call: TracedCallRow, run: TracedRunRow): StepCreate {
  const ended_at = call.answered_at ?? run.finished_at ?? call.asked_at;
  const latency_ms = Math.max(0, Date.parse(ended_at) - Date.parse(call.asked_at));
  const unanswered = run.finished_at === null ? 'waiting' : 'unanswered';
  const outcome = call.is_error === null ? unanswered : call.is_error ? 'error' : 'success';
  return {
    step_id: call.request_id,
    seq: 0,
    step_type: call.tool === 'breadcrumb_search' ? 'retrieve' : 'tool',
    name: call.tool,
    latency_ms,
    started_at: call.asked_at,
    ended_at: latency_ms === 0 ? call.asked_at : ended_at,
    metadata: {
      outcome,
      ...(call.kind === 'ask' ? { asked_agent: true } : {}),
      ...(call.approval_id === null ? {} : { approval_id: call.approval_id }),
    },
  };
}

const MODEL_CLASSES: ReadonlySet<string> = new Set([
  'authentication',
  'rate_limit',
  'quota',
  'timeout',
  'unavailable',
  'invalid_request',
  'malformed_answer',
  'not_configured',
]);

function failureOf({ error_class, error }: TracedRunRow): FailureCreate | null {
  if (error_class === null) return null;
  const failure_type: FailureType = MODEL_CLASSES.has(error_class) ? 'model' : 'orchestration';
  return {
    step_id: null,
    failure_type,
    failure_code: error_class,
    message: (error ?? error_class).slice(0, 10_000),
  };
}
