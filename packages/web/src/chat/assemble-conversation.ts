import { SCHEMAS } from '@cairn/protocol';
import { fieldOf, numberOf, textOf } from '../live/read-context.ts';
import { byCreation, createdAt, type LiveRecord } from '../live/record.ts';
import type { RunDraft } from '../live/run-drafts.ts';

/** One use of a tool, as the chat shows it. */
export interface ToolCall {
  /** The breadcrumb of the request. */
  readonly id: string;
  readonly tool: string;
  readonly input: unknown;
  readonly answer: {
    readonly id: string;
    readonly status: 'success' | 'error';
    readonly output: unknown;
    readonly error: string | null;
    readonly execution_time_ms: number | null;
  } | null;
}

/** What an agent does about one message. */
export interface Run {
  readonly key: string;
  /** The id that runs are known by everywhere; null when only an answer without one is known. */
  readonly run_id: string | null;
  readonly phase:
    | 'thinking'
    | 'waiting_for_tools'
    | 'waiting_for_approval'
    | 'writing'
    | 'completed'
    | 'stopped'
    | 'failed';
  /** Names of the tools waited for. */
  readonly detail: string | null;
  readonly text: string;
  /** What the model thinks, or thought, before it spoke; known only to those who watched. */
  readonly reasoning: string;
  /** True when a piece of the text on its way was lost; the final answer is whole. */
  readonly has_gap: boolean;
  readonly tool_calls: readonly ToolCall[];
  readonly error: { readonly class: string; readonly message: string } | null;
  readonly model: string | null;
  readonly tokens: { readonly input: number | null; readonly output: number | null };
  /** US dollars, as the provider reported them. */
  readonly cost_usd: number | null;
  /** The breadcrumb of the answer, once there is one. */
  readonly response_id: string | null;
  /** When the answer was there, in milliseconds. */
  readonly ended_at: number | null;
}

/** A message and what came of it. `message` is null for an answer whose message is not known. */
export interface Turn {
  readonly key: string;
  readonly message: { readonly id: string; readonly text: string; readonly at: number } | null;
  readonly runs: readonly Run[];
}

interface RunParts {
  requests: LiveRecord[];
  response: LiveRecord | null;
  draft: RunDraft | null;
  /** The consent that it waits for, as far as the record tells. */
  asked: LiveRecord | null;
}

/** Puts the breadcrumbs of a conversation, and what is on its way, into the order in which people read. */
export function assembleConversation(
  records: readonly LiveRecord[],
  drafts: readonly RunDraft[],
): readonly Turn[] {
  const ordered = records.toSorted(byCreation);
  const messages = ordered.filter((each) => each.schema_name === SCHEMAS.user_message);
  const answers = answersByRequest(ordered);
  const runs_of_trigger = new Map<string, Run[]>();
  for (const [key, parts, trigger_id] of collectRuns(ordered, messages, drafts)) {
    const run = makeRun(key, parts, answers);
    runs_of_trigger.set(trigger_id, [...(runs_of_trigger.get(trigger_id) ?? []), run]);
  }
  const turns: { readonly sort: string; readonly turn: Turn }[] = messages.map((message) => {
    const runs = runs_of_trigger.get(message.id) ?? [];
    runs_of_trigger.delete(message.id);
    const text = textOf(message.context, 'content', 'message') ?? message.title;
    return {
      sort: message.id,
      turn: { key: message.id, message: { id: message.id, text, at: createdAt(message) }, runs },
    };
  });
  for (const [trigger_id, runs] of runs_of_trigger) {
    const sort = trigger_id || (runs[0]?.response_id ?? '');
    turns.push({ sort, turn: { key: `orphan:${sort}`, message: null, runs } });
  }
  return turns.toSorted((a, b) => (a.sort < b.sort ? -1 : 1)).map((each) => each.turn);
}

/** True while an agent still works on the turn, or should begin to. */
export function isTurnOpen(turn: Turn): boolean {
  if (turn.runs.length === 0) return true;
  return turn.runs.some((run) => !isRunOver(run));
}

/** True once nothing more comes of a run. */
export function isRunOver({ phase }: Pick<Run, 'phase'>): boolean {
  return phase === 'completed' || phase === 'stopped' || phase === 'failed';
}

function answersByRequest(records: readonly LiveRecord[]): ReadonlyMap<string, LiveRecord> {
  const answers = new Map<string, LiveRecord>();
  for (const record of records) {
    if (record.schema_name !== SCHEMAS.tool_response) continue;
    const tag = record.tags.find((each) => each.startsWith('request:'));
    const id = tag?.slice('request:'.length) ?? textOf(record.context, 'request_id', 'requestId');
    if (id !== null && !answers.has(id)) answers.set(id, record);
  }
  return answers;
}

/** Every run that left a trace: its key, its parts, and the message it answers (empty when unknown). */
function collectRuns(
  records: readonly LiveRecord[],
  messages: readonly LiveRecord[],
  drafts: readonly RunDraft[],
): readonly (readonly [string, RunParts, string])[] {
  const runs = new Map<string, RunParts & { trigger_id: string }>();
  const partsOf = (key: string) => {
    const known = runs.get(key) ?? {
      requests: [],
      response: null,
      draft: null,
      asked: null,
      trigger_id: '',
    };
    runs.set(key, known);
    return known;
  };
  const decided = new Set(
    records
      .filter(({ schema_name }) => schema_name === SCHEMAS.approval_response)
      .map(({ context }) => textOf(context, 'approval_id')),
  );
  for (const record of records) {
    if (record.schema_name === SCHEMAS.agent_response) {
      const parts = partsOf(textOf(record.context, 'run_id') ?? `response:${record.id}`);
      parts.response = record;
      parts.trigger_id = textOf(fieldOf(record.context, 'caused_by'), 'trigger_id') ?? '';
    } else if (record.schema_name === SCHEMAS.tool_request) {
      const run_id = textOf(record.context, 'run_id') ?? textOf(record.context, 'requestedBy');
      partsOf(run_id ?? `request:${record.id}`).requests.push(record);
    } else if (record.schema_name === SCHEMAS.approval_request) {
      const run_id = textOf(record.context, 'run_id');
      const is_open = !decided.has(textOf(record.context, 'approval_id'));
      if (run_id !== null && is_open) partsOf(run_id).asked ??= record;
    }
  }
  for (const draft of drafts) {
    const parts = partsOf(draft.run_id);
    parts.draft = draft;
    parts.trigger_id ||= draft.trigger_id;
  }
  // A run that is known only by what it asked of tools belongs to the message before its first request.
  for (const parts of runs.values()) {
    if (parts.trigger_id !== '') continue;
    const first = parts.requests[0] ?? parts.response ?? parts.asked;
    if (first) parts.trigger_id = messages.findLast((each) => each.id < first.id)?.id ?? '';
  }
  return [...runs].map(([key, parts]) => [key, parts, parts.trigger_id] as const);
}

function makeRun(key: string, parts: RunParts, answers: ReadonlyMap<string, LiveRecord>): Run {
  const { draft, response } = parts;
  const tool_calls = parts.requests.map((request) => makeToolCall(request, answers));
  const run_id = /^(response|request):/.test(key) ? null : key;
  const reasoning = draft?.reasoning ?? '';
  const shared = { key, run_id, tool_calls, reasoning, has_gap: false, detail: null };
  if (response !== null) {
    const usage = fieldOf(response.context, 'usage');
    const status = textOf(response.context, 'status');
    const failed = status === 'failed';
    return {
      ...shared,
      phase: status === 'failed' || status === 'stopped' ? status : 'completed',
      text: textOf(response.context, 'content', 'message') ?? (failed ? '' : response.title),
      error: status === 'failed' || status === 'stopped' ? errorOf(response.context) : null,
      model: textOf(response.context, 'model'),
      tokens: { input: numberOf(usage, 'input_tokens'), output: numberOf(usage, 'output_tokens') },
      cost_usd: numberOf(usage, 'cost_usd'),
      response_id: response.id,
      ended_at: createdAt(response),
    };
  }
  const waiting = tool_calls.filter((call) => call.answer === null).map((call) => call.tool);
  const phase = phaseOf(draft, tool_calls, parts.asked !== null);
  return {
    ...shared,
    phase,
    detail: phase === 'waiting_for_tools' ? waiting.join(', ') || (draft?.detail ?? null) : null,
    // A run that hands over ends without an answer of its own, and says to whom.
    text: draft?.text.trimEnd() || (draft?.status === 'done' ? (draft.detail ?? '') : ''),
    has_gap: draft?.has_gap ?? false,
    error:
      phase === 'failed' ? { class: 'failed', message: draft?.detail ?? 'The run failed.' } : null,
    model: null,
    tokens: { input: null, output: null },
    cost_usd: null,
    response_id: null,
    ended_at: null,
  };
}

function phaseOf(
  draft: RunDraft | null,
  tool_calls: readonly ToolCall[],
  is_asked: boolean,
): Run['phase'] {
  if (draft?.status === 'failed' || draft?.status === 'stopped') return draft.status;
  if (draft?.status === 'done') return 'completed';
  // Status events pass; after a reload only the record tells that a person is waited for.
  if (draft?.status === 'waiting_for_approval' || (draft === null && is_asked)) {
    return 'waiting_for_approval';
  }
  // Status events pass and can be lost or late; requests and responses are facts.
  const is_waiting =
    tool_calls.length === 0
      ? draft?.status === 'waiting_for_tools'
      : tool_calls.some((call) => call.answer === null);
  if (is_waiting) return 'waiting_for_tools';
  return draft !== null && draft.text !== '' ? 'writing' : 'thinking';
}

function errorOf(context: unknown): Run['error'] {
  const error = fieldOf(context, 'error');
  return {
    class: textOf(error, 'class') ?? 'failed',
    message:
      textOf(error, 'message') ?? textOf(context, 'error') ?? 'The run failed without a reason.',
  };
}

function makeToolCall(request: LiveRecord, answers: ReadonlyMap<string, LiveRecord>): ToolCall {
  const { context } = request;
  const request_id = textOf(context, 'requestId', 'request_id');
  const response = answers.get(request_id ?? request.id) ?? answers.get(request.id);
  const call = {
    id: request.id,
    tool: textOf(context, 'tool') ?? 'unknown tool',
    input: fieldOf(context, 'input'),
  };
  if (response === undefined) return { ...call, answer: null };
  const error = textOf(response.context, 'error');
  const is_error = textOf(response.context, 'status') === 'error' || error !== null;
  return {
    ...call,
    answer: {
      id: response.id,
      status: is_error ? 'error' : 'success',
      output: fieldOf(response.context, 'output'),
      error,
      execution_time_ms: numberOf(response.context, 'execution_time_ms'),
    },
  };
}
