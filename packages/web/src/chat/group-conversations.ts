import { conversationOf, createdAt, type LiveRecord } from '../live/record.ts';
import { textOf } from '../live/read-context.ts';

/** One line of the list of conversations. */
export interface ConversationSummary {
  readonly id: string;
  /** Beginning of the first message that is known. */
  readonly title: string;
  /** Ids of the known messages, so that none is counted twice. */
  readonly message_ids: readonly string[];
  readonly first_at: number;
  /** Time of the newest message, in milliseconds. */
  readonly last_at: number;
}

const TITLE_CHARS = 80;

/** Groups messages by conversation, the one with the newest message first. Messages outside any are left out. */
export function groupConversations(
  messages: readonly LiveRecord[],
): readonly ConversationSummary[] {
  return addMessages([], messages);
}

/** The list after more messages, of which some may be known already: looked up, since there can be thousands. */
export function addMessages(
  conversations: readonly ConversationSummary[],
  messages: readonly LiveRecord[],
): readonly ConversationSummary[] {
  const by_id = new Map(conversations.map((each) => [each.id, each]));
  const known = new Set(conversations.flatMap(({ message_ids }) => message_ids));
  const news = Map.groupBy(
    messages.filter(({ id }) => !known.has(id)),
    conversationOf,
  );
  for (const [id, added] of news) {
    if (id !== null) by_id.set(id, withMessages(by_id.get(id), id, added));
  }
  return [...by_id.values()].toSorted((a, b) => b.last_at - a.last_at);
}

function withMessages(
  known: ConversationSummary | undefined,
  id: string,
  added: readonly LiveRecord[],
): ConversationSummary {
  const first = added.reduce((a, b) => (createdAt(b) < createdAt(a) ? b : a));
  const last_at = added.reduce((at, each) => Math.max(at, createdAt(each)), 0);
  const first_at = createdAt(first);
  const message_ids = [...new Set(added.map((each) => each.id))];
  if (known === undefined) return { id, title: titleOf(first), message_ids, first_at, last_at };
  return {
    id,
    title: first_at < known.first_at ? titleOf(first) : known.title,
    message_ids: [...known.message_ids, ...message_ids],
    first_at: Math.min(first_at, known.first_at),
    last_at: Math.max(last_at, known.last_at),
  };
}

/** The list after one more message; the same array when it was known already. */
export function addMessage(
  conversations: readonly ConversationSummary[],
  message: LiveRecord,
): readonly ConversationSummary[] {
  const id = conversationOf(message);
  if (id === null) return conversations;
  const at = createdAt(message);
  const title = titleOf(message);
  const known = conversations.find((each) => each.id === id);
  if (known?.message_ids.includes(message.id)) return conversations;
  const next: ConversationSummary =
    known === undefined
      ? { id, title, message_ids: [message.id], first_at: at, last_at: at }
      : {
          id,
          title: at < known.first_at ? title : known.title,
          message_ids: [...known.message_ids, message.id],
          first_at: Math.min(at, known.first_at),
          last_at: Math.max(at, known.last_at),
        };
  return [next, ...conversations.filter((each) => each.id !== id)].toSorted(
    (a, b) => b.last_at - a.last_at,
  );
}

/** The list without a message that was deleted; a conversation without messages disappears. */
export function removeMessage(
  conversations: readonly ConversationSummary[],
  message_id: string,
): readonly ConversationSummary[] {
  if (!conversations.some((each) => each.message_ids.includes(message_id))) return conversations;
  return conversations
    .map((each) => ({
      ...each,
      message_ids: each.message_ids.filter((known) => known !== message_id),
    }))
    .filter((each) => each.message_ids.length > 0);
}

function titleOf(message: LiveRecord): string {
  const text = textOf(message.context, 'content', 'message') ?? message.title;
  const line = text
    .slice(0, TITLE_CHARS * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (line === '') return 'Empty message';
  return line.length > TITLE_CHARS ? `${line.slice(0, TITLE_CHARS - 1)}…` : line;
}
