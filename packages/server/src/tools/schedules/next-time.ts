import { Cron } from 'croner';

/** Of times that were missed by more than this, as when the server was down, none fires. */
const MISSED_MS = 3_600_000;
/** A single time may have passed while the request for it was under way: it fires at once. */
const JUST_PASSED_MS = 60_000;
/** Firings of one schedule are at least so far apart. */
export const SPACING_MS = 10_000;

export interface Times {
  readonly kind: 'cron' | 'every' | 'at';
  /** A cron expression, seconds, or a time. */
  readonly spec: string;
  readonly timezone: string;
}

/**
 * The first time at which a schedule fires, or a sentence that says why it never does. All in milliseconds since 1970.
 */
export function firstTime({ kind, spec, timezone }: Times, now: number): number | string {
  if (kind === 'every') {
    const seconds = Number(spec);
    return seconds * 1_000 >= SPACING_MS ? now + seconds * 1_000 : 'the seconds are too few';
  }
  if (kind === 'at') {
    const at = /^\d{4}-\d\d-\d\dT/.test(spec) ? Date.parse(spec) : Number.NaN;
    if (Number.isNaN(at)) return `${spec} is no time such as 2027-01-31T08:00:00Z`;
    return at > now - JUST_PASSED_MS ? at : `${spec} has passed`;
  }
  try {
    const cron = new Cron(spec, { timezone, paused: true });
    const [first, ...later] = cron.nextRuns(3, new Date(now));
    if (!first) return `${spec} names no time to come`;
    const times = [first, ...later].map((each) => each.getTime());
    const is_close = times.some((each, at) => at > 0 && each - (times[at - 1] ?? 0) < SPACING_MS);
    return is_close
      ? `${spec} fires more often than every ${SPACING_MS / 1_000} seconds`
      : first.getTime();
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read';
    return `the cron expression ${spec} in the timezone ${timezone} cannot be used: ${why}`;
  }
}

/** The time after `due`, null when there is none. What was missed for long is passed over. */
export function nextTime({ kind, spec, timezone }: Times, due: number, now: number): number | null {
  if (kind === 'at') return null;
  const after = Math.max(due, now - MISSED_MS);
  if (kind === 'every') {
    const step = Number(spec) * 1_000;
    return due + Math.max(1, Math.floor((after - due) / step) + 1) * step;
  }
  const cron = new Cron(spec, { timezone, paused: true });
  return cron.nextRun(new Date(after))?.getTime() ?? null;
}
