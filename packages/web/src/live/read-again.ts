import type { CairnClient } from '@cairn/sdk';
import type { QueryClient } from '@tanstack/react-query';
import { lookAt } from './look-at-breadcrumb.ts';
import { queryKeys } from './query-keys.ts';
import { upsertRecord, type LiveRecord } from './record.ts';

/** Has all that is shown read again, and the rest when it is next shown: some events may have been missed. */
export function readListsAgain(cache: QueryClient): void {
  void cache.invalidateQueries();
}

/** What could not be read while the server was gone can be read now. */
export function readFailedAgain(cache: QueryClient): void {
  void cache.refetchQueries({ predicate: ({ state }) => state.status === 'error' });
}

/** Fetches the one record whose context was too large for its event. Never rejects. */
export async function readWholeRecord(
  client: CairnClient,
  cache: QueryClient,
  { id, conversation_id }: { readonly id: string; readonly conversation_id: string },
): Promise<void> {
  try {
    const record = await lookAt(client, id);
    cache.setQueryData<readonly LiveRecord[]>(
      queryKeys.conversation(conversation_id),
      (known) => known && upsertRecord(known, record),
    );
  } catch {
    // It may be gone by now; the next read of the conversation settles it.
  }
}
