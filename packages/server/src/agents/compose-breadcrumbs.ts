import {
  approvalTag,
  LIMITS,
  requestTag,
  SCHEMAS,
  sessionTag,
  TAGS,
  workspacesOfTags,
  workspaceTag,
  type AgentResponse,
  type ApprovalRequest,
  type ApprovalResponse,
  type BreadcrumbCreate,
} from '@cairn/protocol';
import type { RunEnd, Situation, Step } from './contract.ts';
import type { ModelAnswer } from './models/index.ts';
import { costOf } from './price-answer.ts';
import type { NewToolCall } from './store.ts';

/** What an answer that was cut off is shown with at most, in characters. */
const PARTIAL_CHARS = 100_000;

/** A tool call, as far as its breadcrumbs tell of it. */
export type Asked = Pick<NewToolCall, 'tool' | 'request_id'>;

/** The request that a tool answers. It is as private as the message that it is about. */
export function toRequest(
  call: Asked,
  input: unknown,
  { run, trigger, definition }: Pick<Situation, 'run' | 'trigger' | 'definition'>,
): BreadcrumbCreate {
  return {
    title: `${call.tool} for ${definition.agent_id}`.slice(0, 255),
    schema_name: SCHEMAS.tool_request,
    tags: [
      TAGS.tool_request,
      TAGS.tools_workspace,
      `agent:${definition.agent_id}`,
      requestTag(call.request_id),
      sessionTag(run.conversation_id),
      ...workspacesOfTags(trigger.tags).map(workspaceTag),
    ],
    context: {
      tool: call.tool,
      // A request without input would not be one.
      input: input ?? {},
      requestId: call.request_id,
      requestedBy: run.agent_id,
      run_id: run.id,
      caused_by: { trigger_id: trigger.id },
    },
    visibility: trigger.visibility,
    sensitivity: trigger.sensitivity,
  };
}

/** What one agent asks another. It begins a conversation of its own, so that the two never wait for each other's turn. */
export function toAgentRequest(
  call: Asked,
  message: string,
  to: string,
  { run, trigger, definition }: Situation,
): BreadcrumbCreate {
  const conversation_id = askedConversation(call.request_id);
  return {
    title: `${definition.agent_id} asks ${to}`.slice(0, 255),
    schema_name: SCHEMAS.agent_request,
    tags: [
      TAGS.agent_request,
      `agent:${definition.agent_id}`,
      requestTag(call.request_id),
      sessionTag(conversation_id),
    ],
    context: {
      content: message,
      conversation_id,
      to,
      from: definition.agent_id,
      request_id: call.request_id,
      run_id: run.id,
      parent_conversation_id: run.conversation_id,
    },
    visibility: trigger.visibility,
    sensitivity: trigger.sensitivity,
  };
}

/** The conversation of an agent that was asked by another. */
export function askedConversation(request_id: string): string {
  return `ask:${request_id}`;
}

/** The question to a person whether a tool may be run. It is as private as the message that it is about. */
export function toApprovalRequest(
  context: ApprovalRequest,
  { run, trigger, definition }: Situation,
): BreadcrumbCreate {
  return {
    title: `May ${definition.agent_id} use ${context.tool}?`.slice(0, 255),
    schema_name: SCHEMAS.approval_request,
    tags: [
      TAGS.approval_request,
      approvalTag(context.approval_id),
      requestTag(context.request_id),
      `agent:${definition.agent_id}`,
      sessionTag(run.conversation_id),
      ...copiedTags(trigger.tags),
    ],
    context,
    visibility: trigger.visibility,
    sensitivity: trigger.sensitivity,
  };
}

/** What was decided. */
export function toApprovalResponse(
  decided: Required<Pick<ApprovalResponse, 'approval_id' | 'decision'>> & {
    comment: string | null;
    decided_by: string | null;
  },
  about: {
    tool: string;
    conversation_id: string;
    visibility: BreadcrumbCreate['visibility'];
    sensitivity: BreadcrumbCreate['sensitivity'];
  },
): BreadcrumbCreate {
  const { visibility = 'team', sensitivity = 'low' } = about;
  return {
    title: `${decided.decision === 'approve' ? 'Approved' : 'Denied'}: ${about.tool}`.slice(0, 255),
    schema_name: SCHEMAS.approval_response,
    tags: [
      TAGS.approval_response,
      approvalTag(decided.approval_id),
      sessionTag(about.conversation_id),
    ],
    context: decided satisfies ApprovalResponse,
    visibility,
    sensitivity,
  };
}

/** The answer to the message that triggered a run, or the reason why there is none. */
export function toResponse(
  { run, trigger, definition, steps, calls }: Situation,
  end: Exclude<RunEnd, { state: 'handed_over' }>,
  model: string,
): BreadcrumbCreate {
  const answer = end.state === 'stopped' ? null : end.answer;
  const said = [...steps.map((step) => step.answer), ...(answer ? [answer] : [])];
  const text = textOfEnd(end, steps);
  const error =
    end.state === 'completed'
      ? null
      : { class: end.failure.error_class, message: end.failure.message };
  const costs = [...steps.map(({ cost_usd }) => cost_usd ?? null), answer ? costOf(answer) : null];
  const context: AgentResponse = {
    content: text,
    message: text,
    conversation_id: run.conversation_id,
    ...sessionNamed(trigger.context),
    agent_id: run.agent_id,
    run_id: run.id,
    status: end.state,
    error,
    ...(end.state === 'completed' && end.data !== undefined ? { data: end.data } : {}),
    model: answer?.model ?? said.at(-1)?.model ?? model,
    usage: {
      input_tokens: sum(said.map(({ usage }) => usage.input_tokens)),
      output_tokens: sum(said.map(({ usage }) => usage.output_tokens)),
      cost_usd: sum(costs),
    },
    caused_by: {
      trigger_id: trigger.id,
      // The version that was read; it may be a later one than the one that triggered the run.
      trigger_version: trigger.version,
      tool_request_ids: calls.flatMap(({ request_breadcrumb_id }) => request_breadcrumb_id ?? []),
      tool_response_ids: calls.flatMap(
        ({ response_breadcrumb_id }) => response_breadcrumb_id ?? [],
      ),
    },
  };
  return {
    title: firstWords(text) || `Answer of ${definition.agent_id}`,
    schema_name: SCHEMAS.agent_response,
    tags: [
      TAGS.agent_response,
      `agent:${definition.agent_id}`,
      sessionTag(run.conversation_id),
      ...copiedTags(trigger.tags),
    ],
    context,
    visibility: trigger.visibility,
    sensitivity: trigger.sensitivity,
  };
}

function textOfEnd(end: Exclude<RunEnd, { state: 'handed_over' }>, steps: readonly Step[]): string {
  switch (end.state) {
    case 'completed':
      return end.answer.text;
    case 'failed':
      return `I could not answer: ${sentence(end.failure.message)}`;
    case 'stopped': {
      const partial = partialText(steps, end.text);
      const why = `I stopped before I was done: ${sentence(end.failure.message)}`;
      return partial === '' ? why : `${partial}\n\n${why}`;
    }
  }
}

/** What a run wrote before it was cut off. */
function partialText(steps: readonly Step[], unfinished = ''): string {
  const texts = [...steps.map(({ answer }: { answer: ModelAnswer }) => answer.text), unfinished];
  const written = texts
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .join('\n\n');
  return written.slice(0, PARTIAL_CHARS).replaceAll('\0', '\u{FFFD}').toWellFormed();
}

/** Clients filter answers by the tags that they put on their messages, such as `extension:chat` or `conversation:c1`. */
export function copiedTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => /^(?:extension|conversation):/.test(tag)).slice(0, 20);
}

/** The name that a message gives its conversation besides ours: panels show the answers under their own. */
function sessionNamed(context: unknown): Pick<AgentResponse, 'session_id'> {
  const named = (context as { session_id?: unknown } | null)?.session_id;
  const is_name = typeof named === 'string' && named !== '' && named.length <= LIMITS.tag_chars;
  return is_name ? { session_id: named } : {};
}

/** Absent is absent: a provider that counts no tokens does not make it zero. */
function sum(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((total, count) => total + count, 0);
}

function firstWords(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 100 ? line : `${[...line].slice(0, 99).join('')}…`;
}

function sentence(message: string): string {
  return `${message.replace(/[.\s]+$/, '')}.`;
}
