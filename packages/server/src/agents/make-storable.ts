import { whyNotStorable } from '../base/index.ts';
import type { ModelAnswer, ToolCall } from './models/index.ts';

/** A tool's name is kept up to this length; no tool has a longer one. */
const NAME_CHARS = 200;

/**
 * A model's answer as it can be recorded. What PostgreSQL cannot hold (NUL, halves of surrogate pairs) is replaced in
 * text; arguments of that kind become a `NotStorable`, so that the call can be refused in words.
 */
export function storableAnswer(answer: ModelAnswer): ModelAnswer {
  const { provider_turn, ...rest } = answer;
  const storable: ModelAnswer = {
    ...rest,
    text: storableText(answer.text),
    model: storableText(answer.model),
    tool_calls: answer.tool_calls.map((call) => ({
      id: storableText(call.id),
      name: storableText(call.name).slice(0, NAME_CHARS).toWellFormed(),
      input: storableInput(call.input),
    })),
  };
  const can_keep_turn = provider_turn && whyNotStorable(provider_turn.messages) === null;
  return can_keep_turn ? { ...storable, provider_turn } : storable;
}

/** Why a call cannot be passed on, in words for the model; null when it can. */
export function whyNotStorableCall({ input }: ToolCall): string | null {
  return isNotStorable(input) ? `the arguments cannot be used: ${input.cannot_be_stored}` : null;
}

/** Stands where arguments stood that cannot be stored. */
interface NotStorable {
  readonly cannot_be_stored: string;
}

function storableInput(input: unknown): unknown {
  const why = whyNotStorable(input ?? {});
  return why === null ? (input ?? {}) : ({ cannot_be_stored: why } satisfies NotStorable);
}

function isNotStorable(input: unknown): input is NotStorable {
  return typeof input === 'object' && input !== null && 'cannot_be_stored' in input;
}

function storableText(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}').toWellFormed();
}
