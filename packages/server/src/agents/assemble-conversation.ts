import {
  conversationOfTags,
  LIMITS,
  SCHEMAS,
  type BreadcrumbContext,
  type BreadcrumbFull,
} from '@cairn/protocol';
import { isUuid } from '../base/index.ts';
import type { Note, Step, ToolCallRecord } from './contract.ts';
import type { ModelMessage } from './models/index.ts';
import { broughtAlong } from './serve/earlier-messages.ts';

/** The most earlier messages that a model is shown. */
export const HISTORY_MAX = 40;
/** The longest name of a conversation: one that fits into its tag. */
const CONVERSATION_CHARS = LIMITS.tag_chars - 'session:'.length;
/** A tool's answer is shown to the model up to this length, in characters of JSON. */
const OUTPUT_CHARS = 50_000;

/** The conversation that a message belongs to: its session tag, else what its context says, else it begins one. */
export function conversationOf(
  breadcrumb_id: string,
  tags: readonly string[],
  context: unknown,
): string {
  const named = (context as { conversation_id?: unknown } | null)?.conversation_id;
  const in_context =
    typeof named === 'string' && named !== '' && named.length <= CONVERSATION_CHARS ? named : null;
  return conversationOfTags(tags) ?? in_context ?? breadcrumb_id;
}

/** What a model is asked in the next step of a run: who it is, what was said before, the message, and the steps so far. */
export function assembleMessages(parts: {
  system_prompt: string;
  history: readonly BreadcrumbContext[];
  trigger: BreadcrumbFull;
  /** Stands in place of the history and the trigger. */
  context?: readonly ModelMessage[] | null;
  steps: readonly Step[];
  calls: readonly ToolCallRecord[];
  notes?: readonly Note[];
}): ModelMessage[] {
  const { system_prompt, history, trigger, context, steps, calls, notes = [] } = parts;
  const notesAfter = (seq: number) =>
    notes.filter(({ after_seq }) => after_seq === seq).map(toNoteMessage);
  const words = textOf(trigger.context) ?? JSON.stringify(trigger.context);
  const brought = broughtAlong(trigger.context);
  return [
    { role: 'system', content: system_prompt },
    ...brought.instructions,
    ...(context ?? [
      ...(brought.history ?? conversationBefore(history, trigger.id).flatMap(toMessage)),
      { role: 'user' as const, content: words },
    ]),
    ...notesAfter(-1),
    ...steps.flatMap((step) => [
      ...stepMessages(
        step,
        calls.filter(({ step_seq }) => step_seq === step.seq),
      ),
      ...notesAfter(step.seq),
    ]),
  ];
}

/** What was said, in order, each answer behind its message; with an id only what stands before that. */
export function conversationBefore(
  history: readonly BreadcrumbContext[],
  id: string | null,
): BreadcrumbContext[] {
  return history
    .map((each) => ({ each, place: placeOf(each) }))
    .filter(({ place }) => id === null || place < id)
    .toSorted(
      (a, b) =>
        order(a.place, b.place) ||
        Number(isAnswer(a.each)) - Number(isAnswer(b.each)) ||
        order(a.each.id, b.each.id),
    )
    .map(({ each }) => each);
}

/** What does not fit is said by the user: no provider takes a conversation that ends with the model's own words. */
function toNoteMessage({ kind, text }: Note): ModelMessage {
  return { role: kind === 'misfit' ? 'user' : 'system', content: text };
}

/** The words of a message, whichever field its author put them in. */
export function textOf(context: unknown): string | null {
  const { content, message, text } = (
    typeof context === 'object' && context !== null ? context : {}
  ) as Record<string, unknown>;
  const found = [content, message, text].find(
    (each) => typeof each === 'string' && each.trim() !== '',
  );
  return (found as string | undefined) ?? null;
}

/**
 * Where something stands in the conversation: an id, since ids are given in the order of creation and an edit does not
 * change them. An answer stands right behind the message that it answers, although other messages may have come while
 * it was written: so a model reads question and answer as pairs, and never what came after the message it is to answer.
 */
function placeOf(each: BreadcrumbContext): string {
  if (!isAnswer(each)) return each.id;
  const { caused_by } = (each.context ?? {}) as { caused_by?: { trigger_id?: unknown } | null };
  const answered = caused_by?.trigger_id;
  return typeof answered === 'string' && isUuid(answered) && answered < each.id
    ? answered
    : each.id;
}

function isAnswer({ schema_name }: BreadcrumbContext): boolean {
  return schema_name === SCHEMAS.agent_response;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A failed run left an apology of ours, which the model did not say. */
export function isFailed({ context }: BreadcrumbContext): boolean {
  return (context as { status?: unknown } | null)?.status === 'failed';
}

function toMessage(each: BreadcrumbContext): ModelMessage[] {
  const { context } = each;
  const content = textOf(context);
  if (content === null || isFailed(each)) return [];
  return [{ role: isAnswer(each) ? 'assistant' : 'user', content }];
}

function stepMessages({ answer }: Step, calls: readonly ToolCallRecord[]): ModelMessage[] {
  const { text, tool_calls, provider_turn } = answer;
  const said: ModelMessage = {
    role: 'assistant',
    content: text,
    ...(tool_calls.length > 0 ? { tool_calls } : {}),
    ...(provider_turn ? { provider_turn } : {}),
  };
  const answers = calls.map(({ call_id, tool, output, is_error }): ModelMessage => {
    return {
      role: 'tool',
      tool_call_id: call_id,
      tool,
      output: shorten(output),
      is_error: is_error ?? true,
    };
  });
  return [said, ...answers];
}

function shorten(output: unknown): unknown {
  const json = JSON.stringify(output) ?? 'null';
  if (json.length <= OUTPUT_CHARS) return output;
  return `${json.slice(0, OUTPUT_CHARS).toWellFormed()}… (shortened: the answer has ${json.length} characters)`;
}
