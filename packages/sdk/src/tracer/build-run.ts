import { SANITIZED_MESSAGE } from './keep-private.ts';
import type {
  EndStatus,
  WireFailure,
  WireHeader,
  WireRecord,
  WireRun,
  WireStep,
} from './tracer-types.ts';

/** What is known of one run. `failure` is the last one that was recorded. */
export interface RunRecords {
  steps: WireStep[];
  decisions: WireRecord[];
  quality_signals: WireRecord[];
  failure: WireFailure | null;
}

/** Nothing recorded yet. */
export function noRecords(): RunRecords {
  return { steps: [], decisions: [], quality_signals: [], failure: null };
}

/** The body of `POST /v1/runs`. `seq` is made gapless, and a reference to a step that never was becomes null. */
export function buildRun(
  header: WireHeader,
  records: RunRecords,
  status: EndStatus,
  ended_at: string,
): WireRun {
  const steps = records.steps
    .toSorted((a, b) => a.seq - b.seq)
    .map((step, seq) => (step.seq === seq ? step : { ...step, seq }));
  const known = new Set(steps.map((step) => step.step_id));
  const linked = <T extends { readonly step_id: string | null }>(record: T): T =>
    record.step_id === null || known.has(record.step_id) ? record : { ...record, step_id: null };
  const { decisions, quality_signals } = records;
  return {
    ...header,
    status,
    ended_at,
    steps,
    failure: records.failure ? linked(records.failure) : missingFailure(status),
    ...(decisions.length > 0 ? { decisions: decisions.map(linked) } : {}),
    ...(quality_signals.length > 0 ? { quality_signals: quality_signals.map(linked) } : {}),
  };
}

/** A failed run must say why. */
function missingFailure(status: EndStatus): WireFailure | null {
  if (status !== 'failure') return null;
  return {
    step_id: null,
    failure_type: 'orchestration',
    failure_code: 'unspecified',
    message: 'The run was marked as failed without a recorded failure',
  };
}

/** One line of the journal of a run. */
export type JournalEntry =
  | { readonly kind: 'run'; readonly value: WireHeader }
  | { readonly kind: 'step'; readonly value: WireStep }
  | { readonly kind: 'decision'; readonly value: WireRecord }
  | { readonly kind: 'quality_signal'; readonly value: WireRecord }
  | { readonly kind: 'failure'; readonly value: WireFailure };

/** The run of a process that died, from its journal; null when not even its first line can be read. */
export function partialRun(lines: readonly string[]): WireRun | null {
  let header: WireHeader | null = null;
  let ended_at = '';
  const records = noRecords();
  for (const line of lines) {
    const entry = readEntry(line);
    if (entry === null) continue;
    if (entry.kind === 'run') {
      header = entry.value;
      if (header.started_at > ended_at) ended_at = header.started_at;
    } else if (entry.kind === 'step') {
      records.steps.push(entry.value);
      if (entry.value.ended_at > ended_at) ended_at = entry.value.ended_at;
    } else if (entry.kind === 'decision') records.decisions.push(entry.value);
    else if (entry.kind === 'quality_signal') records.quality_signals.push(entry.value);
    else if (entry.kind === 'failure') records.failure = entry.value;
  }
  if (header === null) return null;
  records.failure ??= {
    step_id: null,
    failure_type: 'orchestration',
    failure_code: 'process_died',
    message: 'The process ended before the run did',
  };
  return buildRun(header, records, 'partial', ended_at);
}

/** Null for the line that was being written when the process died. */
function readEntry(line: string): JournalEntry | null {
  try {
    const entry: unknown = JSON.parse(line);
    const is_entry = typeof entry === 'object' && entry !== null && 'kind' in entry;
    return is_entry && 'value' in entry ? (entry as JournalEntry) : null;
  } catch {
    return null;
  }
}

/** The same run without metadata, candidates and the words of its failure; null when it has none of these. */
export function reduceRun(run: WireRun): WireRun | null {
  const smaller: WireRun = {
    ...run,
    ...(run['metadata'] === undefined ? {} : { metadata: {} }),
    steps: run.steps.map(bareStep),
    failure: run.failure && { ...run.failure, message: SANITIZED_MESSAGE },
    ...(run.decisions ? { decisions: run.decisions.map(bareRecord) } : {}),
    ...(run.quality_signals ? { quality_signals: run.quality_signals.map(bareRecord) } : {}),
  };
  return JSON.stringify(smaller) === JSON.stringify(run) ? null : smaller;
}

/** A step without its metadata. */
export function bareStep(step: WireStep): WireStep {
  return { ...step, metadata: {} };
}

/** A decision or signal without its metadata and candidates. */
export function bareRecord(record: WireRecord): WireRecord {
  const { candidates: _, ...rest } = record;
  return { ...rest, step_id: record.step_id, metadata: {} };
}

/** A UUID of version 7: it begins with the time, so that rows that are written together lie together. */
export function newRunId(now_ms: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(now_ms / 2 ** 32) & 0xffff);
  view.setUint32(2, now_ms >>> 0);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
