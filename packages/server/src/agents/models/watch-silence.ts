import type { Clock } from '../../base/index.ts';

/** One attempt may last this many times the longest silence. */
const WHOLE_ATTEMPT = 10;

/** A guard over one attempt: `signal` aborts when the provider falls silent, goes on for ever, or the caller stops. */
export interface SilenceWatch {
  readonly signal: AbortSignal;
  /** True once the guard itself ended the attempt. */
  readonly hasTimedOut: boolean;
  /** Something came. */
  heard(): void;
  /** Ends the attempt because nobody wants the rest: a stream that is only left would keep its socket. */
  hangUp(): void;
  stop(): void;
}

/**
 * Starts the guard. A stream that thinks for minutes but sends its pings is alive; one that pings without end is not,
 * hence the second limit.
 */
export function watchSilence(clock: Clock, silence_ms: number, caller: AbortSignal): SilenceWatch {
  const ours = new AbortController();
  let hasTimedOut = false;
  const end = () => {
    if (!ours.signal.aborted) hasTimedOut = true;
    ours.abort(new DOMException('The provider took too long', 'TimeoutError'));
  };
  const cancelWhole = clock.after(silence_ms * WHOLE_ATTEMPT, end);
  let cancelSilence = clock.after(silence_ms, end);
  return {
    signal: AbortSignal.any([caller, ours.signal]),
    get hasTimedOut() {
      return hasTimedOut;
    },
    heard() {
      cancelSilence();
      cancelSilence = clock.after(silence_ms, end);
    },
    hangUp() {
      ours.abort();
    },
    stop() {
      cancelSilence();
      cancelWhole();
    },
  };
}
