import {
  requestTag,
  SCHEMAS,
  sessionTag,
  TAGS,
  type AgentResponse,
  type BreadcrumbCreate,
} from '@cairn/protocol';
import type { RunFailure, Situation } from './contract.ts';
import type { ModelAnswer } from './models/index.ts';
import type { NewToolCall } from './store.ts';

/** The request that a tool answers. It is as private as the message that it is about. */
export function toRequest(
  call: NewToolCall,
  input: unknown,
  { run, trigger, definition }: Situation,
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

/** The answer to the message that triggered a run, or the reason why there is none. */
export function toResponse(
  { run, trigger, definition, steps, calls }: Situation,
  failure: RunFailure | null,
  answer: ModelAnswer | null,
  model: string,
): BreadcrumbCreate {
  const said = [...steps.map((step) => step.answer), ...(answer ? [answer] : [])];
  const text = failure ? apology(failure) : (answer?.text ?? '');
  const context: AgentResponse = {
    content: text,
    message: text,
    conversation_id: run.conversation_id,
    agent_id: run.agent_id,
    run_id: run.id,
    status: failure ? 'failed' : 'completed',
    error: failure && { class: failure.error_class, message: failure.message },
    model: answer?.model ?? said.at(-1)?.model ?? model,
    usage: {
      input_tokens: sum(said.map(({ usage }) => usage.input_tokens)),
      output_tokens: sum(said.map(({ usage }) => usage.output_tokens)),
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

/** Clients filter answers by the tags that they put on their messages, such as `extension:chat`. */
function copiedTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => tag.startsWith('extension:')).slice(0, 20);
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

function apology({ message }: RunFailure): string {
  return `I could not answer: ${message.replace(/[.\s]+$/, '')}.`;
}
