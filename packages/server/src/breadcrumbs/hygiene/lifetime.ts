import { TtlConfig, type TtlType } from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError } from '../../base/index.ts';

/**
 * When a record ends, as it is stored. `ttl` is the moment from which nobody sees it, as far as that is known: null
 * while it depends on reads. Every read path asks for `ttl` alone; a read that uses a record up sets it.
 */
export interface Lifetime {
  readonly ttl: string | null;
  readonly ttl_type: TtlType;
  readonly ttl_config: StoredConfig | null;
  readonly ttl_source: TtlSource | null;
}

/** A configuration as it is stored. `ends_at` is the time of a hybrid that wants all of its limits reached. */
export interface StoredConfig extends TtlConfig {
  readonly ends_at?: string;
}

/** Who gave a record its TTL; null when nobody did. */
export type TtlSource = 'explicit' | 'manual' | 'schema-default' | 'auto-applied';

/** The part of a create or a patch that speaks of the TTL. */
export interface AskedLifetime {
  readonly ttl?: string | null | undefined;
  readonly ttl_type?: TtlType | undefined;
  readonly ttl_config?: TtlConfig | null | undefined;
}

/** A record that does not end by itself. */
export const WITHOUT_END: Lifetime = {
  ttl: null,
  ttl_type: 'never',
  ttl_config: null,
  ttl_source: null,
};

/** Whether a request speaks of the TTL at all; `ttl: null` does, and says that there is none. */
export function asksForLifetime({ ttl, ttl_type, ttl_config }: AskedLifetime): boolean {
  return ttl !== undefined || ttl_type !== undefined || (ttl_config ?? null) !== null;
}

/** Whether reads of such a record are counted. */
export function countsReads({ ttl_type }: { readonly ttl_type: string }): boolean {
  return ttl_type === 'usage' || ttl_type === 'hybrid';
}

/**
 * The lifetime that a request asks for. Durations begin at `now_ms`.
 * @throws AppError validation_failed when the parts do not make one
 */
export function readLifetime(asked: AskedLifetime, now_ms: number, source: TtlSource): Lifetime {
  const { ttl = null } = asked;
  const ttl_config = asked.ttl_config == null ? null : readTtlConfig(asked.ttl_config);
  if (asked.ttl_type === undefined && hasParts(ttl_config))
    throw misfit('ttl_config needs a ttl_type: duration, usage or hybrid', 'ttl_type');
  const ttl_type = asked.ttl_type ?? (ttl === null ? 'never' : 'datetime');
  assertBelongs(ttl_type, ttl, ttl_config ?? {});
  if (ttl_type === 'never') return WITHOUT_END;
  const ends_at = endOf(ttl_type, ttl, ttl_config ?? {}, now_ms);
  return { ttl_type, ttl_source: source, ...endings(ttl_type, ends_at, ttl_config ?? {}) };
}

/** Gives a duration in words its parts. @throws AppError validation_failed */
export function readTtlConfig({ duration, ...parts }: TtlConfig): TtlConfig {
  if (duration !== undefined && hasDurations(parts))
    throw misfit('give either duration or its parts: they may contradict', 'ttl_config.duration');
  const unit = UNITS[duration?.at(-1) ?? ''];
  const config =
    duration === undefined || unit === undefined
      ? parts
      : { ...parts, [unit]: Number(duration.slice(0, -1)) };
  if ((duration !== undefined && unit === undefined) || !Value.Check(TtlConfig, config))
    throw misfit(
      'ttl_config has durations of at most a hundred years, max_reads and hybrid_mode',
      'ttl_config',
    );
  return config;
}

/** How a kind that has these limits is stored. */
export function endings(
  ttl_type: TtlType,
  ends_at: string | null,
  { max_reads, hybrid_mode, ...rest }: TtlConfig,
): Pick<Lifetime, 'ttl' | 'ttl_config'> {
  const durations = pickDurations(rest);
  const stored: StoredConfig = {
    ...durations,
    ...(max_reads === undefined ? {} : { max_reads }),
    ...(ttl_type === 'hybrid' ? { hybrid_mode: hybrid_mode ?? 'any' } : {}),
  };
  const ttl_config = Object.keys(stored).length > 0 ? stored : null;
  if (ttl_type !== 'hybrid' || hybrid_mode !== 'all') return { ttl: ends_at, ttl_config };
  // The time alone does not end it, so it must not stand where every reader looks.
  return { ttl: null, ttl_config: ends_at === null ? stored : { ...stored, ends_at } };
}

/** Milliseconds that the parts of a duration come to. */
export function durationMs({ days = 0, hours = 0, minutes = 0, seconds = 0 }: TtlConfig): number {
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000);
}

/** A time as it is stored. @throws AppError validation_failed */
export function readTime(ttl: string): string {
  const time = new Date(ttl);
  // RFC 3339 has leap seconds and a year 0, which dates here or in the database have not.
  const year = time.getUTCFullYear();
  if (!(year >= 1 && year <= 9999))
    throw misfit('ttl must be a time from the year 1 to 9999, without a leap second', 'ttl');
  return time.toISOString();
}

const DURATIONS = ['days', 'hours', 'minutes', 'seconds'] as const;
const UNITS: Readonly<Record<string, (typeof DURATIONS)[number]>> = {
  s: 'seconds',
  m: 'minutes',
  h: 'hours',
  d: 'days',
};

function pickDurations(config: TtlConfig): TtlConfig {
  return Object.fromEntries(
    DURATIONS.flatMap((part) => (config[part] === undefined ? [] : [[part, config[part]]])),
  );
}

function hasParts(config: TtlConfig | null): boolean {
  if (config === null) return false;
  return config.max_reads !== undefined || config.hybrid_mode !== undefined || hasDurations(config);
}

function hasDurations(config: TtlConfig): boolean {
  return DURATIONS.some((part) => config[part] !== undefined);
}

/** What a kind has no use for is refused: whoever sent it meant another kind. */
function assertBelongs(ttl_type: TtlType, ttl: string | null, config: TtlConfig): void {
  const is_timed = ttl_type === 'duration' || ttl_type === 'hybrid';
  if (ttl !== null && (ttl_type === 'never' || ttl_type === 'usage'))
    throw misfit(`ttl is a time, which ttl_type ${ttl_type} has none of`, 'ttl');
  if (hasDurations(config) && !is_timed)
    throw misfit(`ttl_type ${ttl_type} takes no durations`, 'ttl_config');
  if (config.max_reads !== undefined && !countsReads({ ttl_type }))
    throw misfit(
      `ttl_type ${ttl_type} counts no reads; usage and hybrid do`,
      'ttl_config.max_reads',
    );
  if (config.max_reads === undefined && countsReads({ ttl_type }))
    throw misfit(`ttl_type ${ttl_type} needs max_reads`, 'ttl_config.max_reads');
  if (config.hybrid_mode !== undefined && ttl_type !== 'hybrid')
    throw misfit(`ttl_type ${ttl_type} has no hybrid_mode`, 'ttl_config.hybrid_mode');
}

function endOf(
  ttl_type: TtlType,
  ttl: string | null,
  config: TtlConfig,
  now_ms: number,
): string | null {
  if (ttl_type === 'usage') return null;
  if (hasDurations(config)) {
    if (ttl !== null)
      throw misfit('give either ttl or durations in ttl_config: they may contradict', 'ttl');
    const lasts_ms = durationMs(config);
    if (lasts_ms < 1_000) throw misfit('the durations come to less than a second', 'ttl_config');
    return new Date(now_ms + lasts_ms).toISOString();
  }
  if (ttl === null) {
    const durations = ttl_type === 'datetime' ? '' : ', or days, hours, minutes in ttl_config';
    throw misfit(`ttl_type ${ttl_type} needs ttl${durations}`, 'ttl');
  }
  return readTime(ttl);
}

function misfit(why: string, path: string): AppError {
  return new AppError('validation_failed', why, { errors: [{ path, message: why }] });
}
