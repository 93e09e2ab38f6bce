import type { MetricSample } from './parse-metrics.ts';

/** The metrics of one moment. */
export interface Reading {
  /** Milliseconds. */
  readonly at: number;
  readonly samples: readonly MetricSample[];
}

/** What a reading says, and what happened since the one before. Null is what was not measured. */
export interface Figures {
  readonly at: number;
  readonly requests_per_s: number | null;
  readonly requests_total: number;
  readonly server_errors_total: number;
  /** Of the requests since the reading before, or of all when there were none. */
  readonly mean_ms: number | null;
  readonly p95_ms: number | null;
  readonly memory_bytes: number | null;
  readonly heap_bytes: number | null;
  /** Of one core: 1 is a whole one. */
  readonly cpu_share: number | null;
  readonly event_loop_p99_ms: number | null;
  readonly uptime_ms: number | null;
  readonly streams: number | null;
  readonly waiting: number | null;
  readonly running: number | null;
  readonly dead: number | null;
  /** Of the readers of the event log, how many events each is behind. */
  readonly lags: readonly { readonly reader: string; readonly lag: number }[];
  readonly embeddings_waiting: number | null;
  readonly model_calls: number;
  readonly model_failures: number;
  readonly tool_calls: number;
  readonly tool_failures: number;
  readonly webhooks_sent: number;
  readonly webhook_failures: number;
  readonly node_version: string | null;
}

const SECOND_MS = 1_000;
/** An open stream is one long answer: its time says nothing about the server. */
const STREAM = /\/events\/stream$/;

type Choice = (labels: MetricSample['labels']) => boolean;
const all: Choice = () => true;
const isAnswer: Choice = ({ path = '' }) => !STREAM.test(path);

/** What stands in a reading, compared with the one before where there is one. */
export function readFigures(now: Reading, before: Reading | null): Figures {
  const figure = (name: string): number | null => now.samples.find(named(name))?.value ?? null;
  const total = (name: string, is_meant = all): number => sumOf(now, name, is_meant) ?? 0;
  const rate = (name: string): number | null => ratePerSecond(now, before, name);
  const started_s = figure('process_start_time_seconds');
  const deliveries = (state: string): number | null =>
    figure('queue_deliveries') === null && !now.samples.some(named('event_streams'))
      ? null
      : total('queue_deliveries', (labels) => labels['state'] === state);
  return {
    at: now.at,
    requests_per_s: rate('http_requests_total'),
    requests_total: total('http_requests_total'),
    server_errors_total: total('http_requests_total', ({ status = '' }) => status.startsWith('5')),
    ...readLatency(now, before),
    memory_bytes: figure('process_resident_memory_bytes'),
    heap_bytes: figure('nodejs_heap_size_used_bytes'),
    cpu_share: rate('process_cpu_seconds_total'),
    event_loop_p99_ms: inMs(figure('nodejs_eventloop_lag_p99_seconds')),
    uptime_ms: started_s === null ? null : Math.max(0, now.at - started_s * SECOND_MS),
    streams: figure('event_streams'),
    waiting: deliveries('pending'),
    running: deliveries('running'),
    dead: deliveries('dead'),
    lags: now.samples
      .filter(named('log_lag'))
      .map(({ labels, value }) => ({ reader: labels['reader'] ?? '', lag: value })),
    embeddings_waiting: figure('embeddings_waiting'),
    model_calls: total('agent_llm_calls_total'),
    model_failures: total('agent_llm_calls_total', ({ status }) => status !== 'success'),
    tool_calls: total('tool_executions_total'),
    tool_failures: total('tool_executions_total', ({ status }) => status !== 'success'),
    webhooks_sent: total('webhook_delivery_total'),
    webhook_failures: total('webhook_delivery_total', ({ result }) => result !== 'success'),
    node_version: now.samples.find(named('nodejs_version_info'))?.labels['version'] ?? null,
  };
}

const named =
  (name: string) =>
  (sample: MetricSample): boolean =>
    sample.name === name;

/** Null when there is no such metric. */
function sumOf({ samples }: Reading, name: string, is_meant: Choice = all): number | null {
  const found = samples.filter(named(name));
  if (found.length === 0) return null;
  return found.filter(({ labels }) => is_meant(labels)).reduce((sum, { value }) => sum + value, 0);
}

/** By how much a counter has grown since; null without a reading before, or when the server began anew since. */
function growth(
  now: Reading,
  before: Reading | null,
  name: string,
  is_meant: Choice = all,
): number | null {
  const [to, from] = [sumOf(now, name, is_meant), before && sumOf(before, name, is_meant)];
  return to === null || from === null || to < from ? null : to - from;
}

function ratePerSecond(now: Reading, before: Reading | null, name: string): number | null {
  const grown = growth(now, before, name);
  const ms = before === null ? 0 : now.at - before.at;
  return grown === null || ms <= 0 ? null : grown / (ms / SECOND_MS);
}

function inMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * SECOND_MS;
}

const TOOK = 'http_request_duration_seconds';

function readLatency(now: Reading, before: Reading | null): Pick<Figures, 'mean_ms' | 'p95_ms'> {
  // Where nothing was answered since, what was before has to do.
  const is_busy = (growth(now, before, `${TOOK}_count`, isAnswer) ?? 0) > 0;
  const since = is_busy ? before : null;
  const grown = (name: string, is_meant: Choice): number =>
    (sumOf(now, name, is_meant) ?? 0) - (since === null ? 0 : (sumOf(since, name, is_meant) ?? 0));
  const count = grown(`${TOOK}_count`, isAnswer);
  if (count <= 0) return { mean_ms: null, p95_ms: null };
  const bounds = new Set(
    now.samples.filter(named(`${TOOK}_bucket`)).map(({ labels }) => labels['le'] ?? ''),
  );
  const buckets = [...bounds].map((le) => ({
    bound: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
    count: grown(`${TOOK}_bucket`, (labels) => labels['le'] === le && isAnswer(labels)),
  }));
  return {
    mean_ms: (grown(`${TOOK}_sum`, isAnswer) / count) * SECOND_MS,
    p95_ms: inMs(estimateQuantile(buckets, 0.95)),
  };
}

/**
 * The value below which the share `q` of what was observed lies, as well as cumulative buckets tell it: within a bucket
 * it is taken to grow evenly. Beyond the last bound that bound is the answer; null when nothing was observed.
 */
export function estimateQuantile(
  buckets: readonly { readonly bound: number; readonly count: number }[],
  q: number,
): number | null {
  const sorted = buckets.toSorted((a, b) => a.bound - b.bound);
  const wanted = (sorted.at(-1)?.count ?? 0) * q;
  if (wanted <= 0) return null;
  const at = sorted.findIndex(({ count }) => count >= wanted);
  const found = sorted[at];
  const below = sorted[at - 1] ?? { bound: 0, count: 0 };
  if (found === undefined) return null;
  if (!Number.isFinite(found.bound)) return at === 0 ? null : below.bound;
  const share = (wanted - below.count) / (found.count - below.count);
  return below.bound + (found.bound - below.bound) * share;
}
