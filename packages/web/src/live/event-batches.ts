import type { StreamEvent } from '@cairn/protocol';

/** Events are applied together, at most this often: a fast model writes more than a hundred pieces a second. */
const BATCH_MS = 40;

/** Gathers events, so that many cost one rendering. */
export interface EventBatches {
  /** Adds an event to the batch that waits. */
  push(event: StreamEvent): void;
  /** Applies what waits at once; nothing happens when nothing waits. */
  flush(): void;
}

/** Makes the gatherer; `apply` gets each batch in the order of arrival, and never an empty one. */
export function createEventBatches(apply: (events: readonly StreamEvent[]) => void): EventBatches {
  let queue: StreamEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (queue.length === 0) return;
    const events = queue;
    queue = [];
    apply(events);
  }

  return {
    push(event) {
      queue.push(event);
      timer ??= setTimeout(flush, BATCH_MS);
    },
    flush,
  };
}
