import { LIMITS } from '@cairn/protocol';
import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import type { ChatContext } from './earlier-messages.ts';
import { ChatError } from './chat-error.ts';

/** Earlier messages of a request that an agent is shown, the newest. */
const HISTORY_MAX = 40;
const CONVERSATION_CHARS = LIMITS.tag_chars - 'session:'.length;

const Part = Type.Object({ type: Type.String(), text: Type.Optional(Type.String()) });
const Message = Type.Object({
  role: Type.String({ maxLength: 50, description: 'system, developer, user or assistant' }),
  content: Type.Optional(
    Type.Union([Type.String(), Type.Array(Part, { maxItems: 1_000 }), Type.Null()]),
  ),
});

/** Body of `POST /v1/chat/completions`. What is not named here is left to the agent's definition. */
export const ChatCompletionRequest = Type.Object({
  model: Type.String({ minLength: 1, maxLength: 200, description: 'The short name of an agent' }),
  messages: Type.Array(Message, { minItems: 1, maxItems: 5_000 }),
  stream: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  stream_options: Type.Optional(
    Type.Union([
      Type.Object({ include_usage: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])) }),
      Type.Null(),
    ]),
  ),
  n: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  tools: Type.Optional(Type.Unknown()),
  functions: Type.Optional(Type.Unknown()),
  response_format: Type.Optional(
    Type.Union([Type.Object({ type: Type.String({ maxLength: 50 }) }), Type.Null()]),
  ),
  user: Type.Optional(
    Type.Union([Type.String({ maxLength: 500 }), Type.Null()], {
      description: 'Keeps the conversations of several users of one key apart',
    }),
  ),
  metadata: Type.Optional(
    Type.Union([
      Type.Object({
        conversation_id: Type.Optional(
          Type.String({ minLength: 1, maxLength: CONVERSATION_CHARS }),
        ),
      }),
      Type.Null(),
    ]),
  ),
});
export type ChatCompletionRequest = Static<typeof ChatCompletionRequest>;

/** What a request asks for. */
export interface ChatQuestion {
  /** What the user says now. */
  readonly text: string;
  readonly conversation_id: string;
  readonly chat: ChatContext;
}

/**
 * Reads a request. A client of this wire sends its whole conversation each time, so what stands before the last message
 * is the history, exactly as sent: a message that was edited or answered anew brings nothing back. Only a request that
 * names its conversation and has no earlier messages goes on with what is recorded.
 * @throws ChatError for what an agent cannot be asked in this way
 */
export function readChatRequest(
  body: ChatCompletionRequest,
  about: { principal_id: string; named: string | null },
): ChatQuestion {
  refuseForeign(body);
  const said = body.messages.map(({ role, content }, place) => {
    if (!ROLES.has(role)) throw unfit('messages', whyNotRole(role, place));
    return { role, content: textOf(content ?? '', place) };
  });
  const last = said.at(-1);
  if (!last || last.role !== 'user' || last.content.trim() === '')
    throw unfit('messages', 'the last message must be one of the user, with text');
  const wishes = said.filter(({ role }) => role === 'system' || role === 'developer');
  const instructions = wishes.map(({ content }) => content).join('\n\n') || null;
  const earlier = said.slice(0, -1).filter(({ role }) => role === 'user' || role === 'assistant');
  const named = about.named ?? body.metadata?.conversation_id ?? null;
  const first = said.find(({ role }) => role === 'user')?.content ?? '';
  const opening = [about.principal_id, body.user ?? null, body.model, instructions, first];
  const history =
    named !== null && earlier.length === 0
      ? null
      : earlier
          .filter(({ content }) => content.trim() !== '')
          .slice(-HISTORY_MAX)
          .map(({ role, content }) => ({ role: role as 'user' | 'assistant', content }));
  return {
    text: last.content,
    conversation_id: named ?? `chat:${fingerprint(opening)}`,
    chat: { history, instructions },
  };
}

const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant']);

function whyNotRole(role: string, place: number): string {
  const what = `messages[${place}] has the role ${role}`;
  return role === 'tool' || role === 'function'
    ? `${what}: an agent runs its tools itself and takes no results of tools`
    : `${what}; known are ${[...ROLES].join(', ')}`;
}

function refuseForeign({ n, tools, functions, response_format }: ChatCompletionRequest): void {
  if ((n ?? 1) !== 1)
    throw unfit('n', 'an agent gives one answer to a message: leave n out, or set it to 1');
  const given = (list: unknown) => list !== undefined && list !== null && !isEmptyList(list);
  if (given(tools) || given(functions))
    throw unfit(
      given(tools) ? 'tools' : 'functions',
      'an agent has the tools that its definition names, and takes none from a request: leave them out',
    );
  if (response_format && response_format.type !== 'text')
    throw unfit(
      'response_format',
      'the form of the answers is a matter of the agent’s definition (output_schema): leave response_format out',
    );
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function textOf(content: string | Static<typeof Part>[], place: number): string {
  if (typeof content === 'string') return content;
  return content
    .map(({ type, text }) => {
      if (type === 'text' && text !== undefined) return text;
      throw unfit(
        'messages',
        `messages[${place}] has a part of the type ${type.slice(0, 50)}; agents are sent text`,
      );
    })
    .join('\n');
}

/** The same opening of the same principal is the same conversation, so that a client's later requests stay in it. */
function fingerprint(opening: unknown): string {
  return createHash('sha256').update(JSON.stringify(opening)).digest('hex').slice(0, 32);
}

function unfit(param: string, message: string): ChatError {
  return new ChatError(400, 'invalid_request', message, { param });
}
