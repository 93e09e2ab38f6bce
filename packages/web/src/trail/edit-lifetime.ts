import type { BreadcrumbCreate, BreadcrumbFull, TtlConfig } from '@cairn/protocol';
import { formatMoment } from '../ui/format-time.ts';

/** How a breadcrumb ends, as it is edited: every field as text. Which of them count, the kind says. */
export interface LifetimeDraft {
  /** Empty for what is usual: what its schema says, or its kind. */
  readonly ttl_kind: string;
  /** Empty, or what an input of the type `datetime-local` holds, in the time of the browser. */
  readonly ttl: string;
  /** Such as `2h`. */
  readonly ttl_lasts: string;
  readonly ttl_reads: string;
  /** Whether the first or the last of both limits ends it. */
  readonly ttl_mode: string;
}

/** The ends that can be chosen. */
export const LIFETIMES = [
  { value: '', name: 'as usual for its schema' },
  { value: 'never', name: 'never' },
  { value: 'datetime', name: 'at a time' },
  { value: 'duration', name: 'after a duration' },
  { value: 'usage', name: 'after so many reads' },
  { value: 'hybrid', name: 'by time and reads' },
] as const;

/** What a new breadcrumb begins with. */
export const USUAL_LIFETIME: LifetimeDraft = {
  ttl_kind: '',
  ttl: '',
  ttl_lasts: '',
  ttl_reads: '',
  ttl_mode: 'any',
};

type Stored = Pick<BreadcrumbFull, 'ttl' | 'ttl_type' | 'ttl_config' | 'read_count'>;
type Lifetime = Pick<BreadcrumbCreate, 'ttl' | 'ttl_type' | 'ttl_config'>;

/** The lifetime of a breadcrumb that is there. A duration without its parts has become the time at which it ends. */
export function lifetimeDraftOf({ ttl, ttl_type, ttl_config }: Stored): LifetimeDraft {
  const config = configOf(ttl_config);
  const ttl_lasts = lastsOf(config);
  const has_time = ttl_lasts === '' || ttl_type === 'datetime';
  const ends_at = ttl ?? config.ends_at ?? null;
  return {
    ttl_kind: ttl_type === 'duration' && ttl_lasts === '' ? 'datetime' : ttl_type,
    ttl: ends_at === null || !has_time ? '' : localMoment(new Date(ends_at)),
    ttl_lasts,
    ttl_reads: config.max_reads === undefined ? '' : String(config.max_reads),
    ttl_mode: config.hybrid_mode ?? 'any',
  };
}

/** What is wrong with the draft of a lifetime, by field. */
export type LifetimeFaults = Readonly<Partial<Record<keyof LifetimeDraft, string>>>;

/** Reads the draft of a lifetime: what to send, or what is wrong. */
export function readLifetimeDraft(
  draft: LifetimeDraft,
): { readonly lifetime: Lifetime } | { readonly faults: LifetimeFaults } {
  const ttl_type = LIFETIMES.find(({ value }) => value === draft.ttl_kind)?.value ?? '';
  if (ttl_type === '') return { lifetime: {} };
  if (ttl_type === 'never') return { lifetime: { ttl_type, ttl: null, ttl_config: null } };
  const faults: Partial<Record<keyof LifetimeDraft, string>> = {};
  const lasts = draft.ttl_lasts.replaceAll(/\s/g, '').toLowerCase();
  const takes_lasts = ttl_type === 'duration' || (ttl_type === 'hybrid' && lasts !== '');
  const takes_time = ttl_type === 'datetime' || (ttl_type === 'hybrid' && !takes_lasts);
  const takes_reads = ttl_type === 'usage' || ttl_type === 'hybrid';
  const max_reads = Number(draft.ttl_reads);
  const time = new Date(draft.ttl);
  if (takes_lasts && !/^[1-9][0-9]{0,9}[smhd]$/.test(lasts))
    faults.ttl_lasts = 'A number of s, m, h or d, such as 30m or 2h';
  if (takes_time && Number.isNaN(time.getTime()))
    faults.ttl = ttl_type === 'hybrid' ? 'It needs a time or a duration' : 'This is no time';
  if (takes_reads && !(Number.isInteger(max_reads) && max_reads > 0))
    faults.ttl_reads = 'A whole number, from 1';
  if (Object.keys(faults).length > 0) return { faults };
  const ttl_config: TtlConfig = {
    ...(takes_lasts ? { duration: lasts } : {}),
    ...(takes_reads ? { max_reads } : {}),
    ...(ttl_type === 'hybrid' ? { hybrid_mode: draft.ttl_mode === 'all' ? 'all' : 'any' } : {}),
  };
  return {
    lifetime: {
      ttl_type,
      ttl: takes_time ? time.toISOString() : null,
      ttl_config: Object.keys(ttl_config).length > 0 ? ttl_config : null,
    },
  };
}

/** When and by what a breadcrumb ends, in words; null when it does not. */
export function describeLifetime({ ttl, ttl_type, ttl_config, read_count }: Stored): string | null {
  const { max_reads, hybrid_mode, ends_at } = configOf(ttl_config);
  const at = ttl ?? ends_at;
  const time = at == null ? null : formatMoment(Date.parse(at));
  if (max_reads === undefined || (ttl_type !== 'usage' && ttl_type !== 'hybrid'))
    return time === null ? null : `deleted ${time}`;
  const reads = `after ${max_reads} ${max_reads === 1 ? 'read' : 'reads'}, ${read_count} so far`;
  if (time === null) return `deleted ${reads}`;
  return hybrid_mode === 'all'
    ? `deleted ${reads}, but not before ${time}`
    : `deleted ${reads}, at the latest ${time}`;
}

/** Whether a read of a breadcrumb by an agent brings its end nearer. */
export function isUsedUpByReads({ ttl_type }: Pick<Stored, 'ttl_type'>): boolean {
  return ttl_type === 'usage' || ttl_type === 'hybrid';
}

/** As the server stores it, with the time of a hybrid that waits for both. */
interface StoredConfig extends TtlConfig {
  readonly ends_at?: string;
}

function configOf(ttl_config: unknown): StoredConfig {
  return typeof ttl_config === 'object' && ttl_config !== null ? ttl_config : {};
}

const SECONDS = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 } as const;
const UNITS = [
  ['d', SECONDS.days],
  ['h', SECONDS.hours],
  ['m', SECONDS.minutes],
  ['s', SECONDS.seconds],
] as const;

/** The parts of a duration as one number of the largest unit that divides it; empty where there are none. */
function lastsOf(config: TtlConfig): string {
  const parts = Object.entries(SECONDS) as [keyof typeof SECONDS, number][];
  const seconds = Math.round(
    parts.reduce((sum, [part, size]) => sum + (config[part] ?? 0) * size, 0),
  );
  const unit = UNITS.find(([, size]) => seconds > 0 && seconds % size === 0);
  return unit === undefined ? '' : `${seconds / unit[1]}${unit[0]}`;
}

function localMoment(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
