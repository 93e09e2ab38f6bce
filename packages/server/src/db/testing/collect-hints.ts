/** A listener that collects what it hears, and waits until something has come. */
export interface HintCollector {
  readonly seen: (string | null)[];
  readonly receive: (payload: string | null) => void;
  /** Resolves once `payload` has come `times`. */
  until(payload: string | null, times?: number): Promise<void>;
}

export function collectHints(): HintCollector {
  const seen: (string | null)[] = [];
  const waiting = new Set<() => void>();
  return {
    seen,
    receive(payload) {
      seen.push(payload);
      for (const wake of waiting) wake();
      waiting.clear();
    },
    async until(payload, times = 1) {
      while (seen.filter((each) => each === payload).length < times)
        await new Promise<void>((resolve) => waiting.add(resolve));
    },
  };
}
