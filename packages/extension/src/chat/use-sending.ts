import { newId, queryKeys, upsertRecord, useStore, type LiveRecord } from '@cairn/web';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { usePanel } from '../storage/use-panel.ts';
import type { Unsent } from '../storage/panel-state.ts';

/** A message on its way. `error` says why it did not arrive; it is undefined while it may. */
export interface Sending {
  readonly message: Unsent;
  readonly error: unknown;
  readonly is_under_way: boolean;
}

/** Tag of every message that comes from here, as clients of the original write it. */
const CHAT_TAG = 'extension:chat';
/** A message that was written while a page was shared names its breadcrumb. */
const pageTag = (breadcrumb_id: string): string => `page:${breadcrumb_id}`;

/**
 * Sends messages. What the server has not confirmed stands in the panel's state, so that it outlasts a closed panel
 * and a sign-in that ended; sent again, it carries the same key and is stored once.
 */
export function useSending(conversation_id: string) {
  const { client, sharing } = useSession();
  const cache = useQueryClient();
  const { state, change } = usePanel();
  const shared = useStore(sharing.shared);
  const [errors, setErrors] = useState<ReadonlyMap<string, unknown>>(new Map());
  const [under_way, setUnderWay] = useState<ReadonlySet<string>>(new Set());
  const { mutate } = useMutation({
    mutationFn: ({ key, text, conversation_id: id, tags }: Unsent) =>
      client.sendMessage({ content: text, conversation_id: id, tags }, { idempotency_key: key }),
    onMutate: ({ key }) => {
      setErrors((known) => new Map([...known].filter(([each]) => each !== key)));
      setUnderWay((known) => new Set([...known, key]));
    },
    onSuccess: (stored, { key, conversation_id: id }) => {
      cache.setQueryData<readonly LiveRecord[]>(
        queryKeys.conversation(id),
        (known) => known && upsertRecord(known, stored),
      );
      change((now) => ({ unsent: now.unsent.filter((each) => each.key !== key) }));
    },
    onError: (error, { key }) => setErrors((known) => new Map([...known, [key, error]])),
    onSettled: (_stored, _error, { key }) =>
      setUnderWay((known) => new Set([...known].filter((each) => each !== key))),
  });

  function send(text: string): void {
    const tags = [CHAT_TAG, ...(shared === null ? [] : [pageTag(shared.breadcrumb_id)])];
    const message: Unsent = { key: newId(), conversation_id, text, tags };
    change((now) => ({ unsent: [...now.unsent, message] }));
    mutate(message);
  }

  const sending = state.unsent
    .filter((each) => each.conversation_id === conversation_id)
    .map((message): Sending => ({
      message,
      error: errors.get(message.key),
      is_under_way: under_way.has(message.key),
    }));
  return { sending, send, sendAgain: mutate };
}
