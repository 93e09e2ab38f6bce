import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { queryKeys } from '../live/query-keys.ts';
import { upsertRecord, type LiveRecord } from '../live/record.ts';
import { useSession } from '../session/session.ts';
import type { Outgoing } from './outgoing-message.tsx';

/**
 * The messages of this conversation that the server has not confirmed yet, and `deliver`, which sends one, for the
 * first time or again. `deliver` never rejects: what went wrong stands in the `error` of the message.
 */
export function useOutgoing(conversation_id: string | null) {
  const { client } = useSession();
  const cache = useQueryClient();
  const [unconfirmed, setUnconfirmed] = useState<readonly Outgoing[]>([]);

  async function deliver(message: Outgoing): Promise<void> {
    const { key, text: content, conversation_id: id } = message;
    setUnconfirmed((known) => [
      ...known.filter((each) => each.key !== key),
      { ...message, error: null },
    ]);
    try {
      // The key of the message: sent again after an answer that was lost, it is still stored once.
      const stored = await client.sendMessage(
        { content, conversation_id: id },
        { idempotency_key: key },
      );
      cache.setQueryData<readonly LiveRecord[]>(
        queryKeys.conversation(id),
        (known) => known && upsertRecord(known, stored),
      );
      setUnconfirmed((known) => known.filter((each) => each.key !== key));
    } catch (error) {
      setUnconfirmed((known) =>
        known.map((each) => (each.key === key ? { ...each, error } : each)),
      );
    }
  }

  const outgoing = unconfirmed.filter((each) => each.conversation_id === conversation_id);
  return { outgoing, deliver };
}
