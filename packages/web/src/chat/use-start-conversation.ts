import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { beginConversation } from '../live/queries.ts';
import { queryKeys } from '../live/query-keys.ts';
import { upsertRecord, type LiveRecord } from '../live/record.ts';
import { useSession } from '../session/session.ts';
import { newId } from '../ui/new-id.ts';

/**
 * Begins a conversation from outside of the chat. `start` answers its id once the first message is stored, or null with
 * `error` set. `tags` are those that the message has besides the usual ones.
 */
export function useStartConversation() {
  const { client, live } = useSession();
  const cache = useQueryClient();
  const [error, setError] = useState<unknown>(null);

  async function start(content: string, tags: readonly string[] = []): Promise<string | null> {
    const conversation_id = newId();
    setError(null);
    beginConversation(cache, live, conversation_id);
    try {
      const stored = await client.sendMessage({ content, conversation_id, tags });
      cache.setQueryData<readonly LiveRecord[]>(
        queryKeys.conversation(conversation_id),
        (known) => known && upsertRecord(known, stored),
      );
      return conversation_id;
    } catch (thrown) {
      setError(thrown);
      return null;
    }
  }

  return { start, error };
}
