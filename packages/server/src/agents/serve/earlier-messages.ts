import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { ModelMessage } from '../models/index.ts';

/**
 * `chat` in the context of a `user.message.v1`: what a client sent with its message that is no record here.
 * `history` stands in place of the recorded conversation; null where that is to be used.
 */
export const ChatContext = Type.Object({
  history: Type.Union([
    Type.Array(Type.Object({ role: Type.Enum(['user', 'assistant']), content: Type.String() }), {
      maxItems: 200,
    }),
    Type.Null(),
  ]),
  instructions: Type.Union([Type.String(), Type.Null()]),
});
export type ChatContext = Static<typeof ChatContext>;

/**
 * What the client of a message brought with it, as a model is shown it. Only a definition speaks as the system: what a
 * client wants for all answers is said by the user.
 */
export function broughtAlong(context: unknown): {
  history: ModelMessage[] | null;
  instructions: ModelMessage[];
} {
  const { chat } = (context ?? {}) as { chat?: unknown };
  if (!Value.Check(ChatContext, chat)) return { history: null, instructions: [] };
  const { history, instructions } = chat;
  const text = `This is asked of all your answers here:\n${instructions ?? ''}`;
  return { history, instructions: instructions === null ? [] : [{ role: 'user', content: text }] };
}
