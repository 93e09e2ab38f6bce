import type { StreamEvent } from '@cairn/protocol';
import type { CairnClient } from '@cairn/sdk';

const TYPES = ['breadcrumb.updated', 'breadcrumb.deleted', 'agent.delta', 'agent.status'] as const;

/** What is told of a stream while it is followed. */
export interface StreamListener {
  onEvent(event: StreamEvent): void;
  /** The stream stands, after the first try or a later one. */
  onOpen(): void;
  /** The stream broke; the client tries again by itself. */
  onLost(): void;
  /** The stream ended for good. What this throws, `followStream` rejects with. */
  onRefused(error: unknown): void;
}

/** Follows the event stream from after `last_seq` (null: from now) until `abort`; from then on nothing is told. */
export async function followStream(
  client: CairnClient,
  last_seq: number | null,
  abort: AbortSignal,
  listener: StreamListener,
): Promise<void> {
  try {
    const events = client.streamEvents({
      types: TYPES,
      signal: abort,
      ...(last_seq === null ? {} : { last_event_id: last_seq }),
      on_state: (state) => {
        if (abort.aborted || state === 'connecting') return;
        if (state === 'open') listener.onOpen();
        else listener.onLost();
      },
    });
    for await (const event of events) {
      if (abort.aborted) return;
      listener.onEvent(event);
    }
  } catch (error) {
    if (abort.aborted) return;
    listener.onRefused(error);
  }
}
