import type { BreadcrumbEvent } from '@cairn/protocol';
import { fieldOf, textOf } from '../live/read-context.ts';

/** One line of the trail: what happened to one version of one breadcrumb. Contexts are not kept, only a short text. */
export interface TrailRow {
  /** Same for the list's row and the event of the same version, so that none is shown twice. */
  readonly key: string;
  readonly id: string;
  readonly action: 'created' | 'updated' | 'deleted';
  readonly title: string;
  readonly summary: string | null;
  /** True for the end of a run, or the answer of a tool, that failed. */
  readonly is_failure: boolean;
  readonly schema_name: string | null;
  readonly tags: readonly string[];
  readonly version: number;
  readonly at: string;
}

/** Rows that the page keeps; older ones stay on the server. */
export const TRAIL_ROWS_KEPT = 500;

const SUMMARY_CHARS = 160;

interface RowSource {
  readonly title: string;
  readonly tags: readonly string[];
  readonly schema_name: string | null;
  readonly version: number;
  readonly updated_at: string;
  readonly context?: unknown;
}

/** The row for a breadcrumb as a list shows it. */
export function rowOfRecord(record: RowSource & { readonly id: string }): TrailRow {
  return makeRow(record.id, record.version === 1 ? 'created' : 'updated', record);
}

/** The row for an event. */
export function rowOfEvent(event: BreadcrumbEvent): TrailRow {
  const action =
    event.type === 'breadcrumb.deleted' ? 'deleted' : event.version === 1 ? 'created' : 'updated';
  return makeRow(event.breadcrumb_id, action, event);
}

function makeRow(id: string, action: TrailRow['action'], source: RowSource): TrailRow {
  const { title, tags, schema_name, version } = source;
  const key = action === 'deleted' ? `${id}:deleted` : `${id}:${version}`;
  const summary = action === 'deleted' ? null : summaryBeside(title, source.context);
  const status = textOf(source.context, 'status');
  const is_failure = status === 'failed' || status === 'error';
  return {
    key,
    id,
    action,
    title,
    summary,
    is_failure,
    schema_name,
    tags,
    version,
    at: source.updated_at,
  };
}

/** A short text of a context to stand below its title. Titles are often its beginning; nothing is said twice. */
export function summaryBeside(title: string, context: unknown): string | null {
  const summary = summarize(context);
  return summary?.startsWith(title.replace(/…$/, '').replaceAll(/\s+/g, ' ').trim())
    ? null
    : summary;
}

/** A short text of a context: what it says, asks or answers. Null where it has nothing short to say. */
export function summarize(context: unknown): string | null {
  const failure = textOf(fieldOf(context, 'error'), 'message') ?? textOf(context, 'error');
  if (failure !== null && failure !== '') return shorten(failure);
  const said = textOf(context, 'content', 'message', 'text', 'description');
  if (said !== null && said !== '') return shorten(said);
  const tool = textOf(context, 'tool');
  const output = fieldOf(context, 'output');
  if (output !== undefined && output !== null)
    return shorten(`${tool ?? 'output'} → ${inline(output)}`);
  const input = fieldOf(context, 'input');
  if (tool !== null) return shorten(input === undefined ? tool : `${tool}(${inline(input)})`);
  return null;
}

/** A value on one line: text as it is, a result or a single field by its value, everything else as compact JSON. */
export function inline(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const fields = Object.values(value);
    const told = fieldOf(value, 'result') ?? (fields.length === 1 ? fields[0] : undefined);
    if (typeof told === 'string' || typeof told === 'number' || typeof told === 'boolean') {
      return String(told);
    }
  }
  return JSON.stringify(value) ?? String(value);
}

function shorten(text: string): string {
  // Cut first: a text may be a megabyte, and only its beginning is looked at.
  const line = text
    .slice(0, SUMMARY_CHARS * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > SUMMARY_CHARS ? `${line.slice(0, SUMMARY_CHARS - 1)}…` : line;
}

/** New rows (newest first) on top of known ones; a row that is known already is not added again. */
export function addRows(
  known: readonly TrailRow[],
  arriving: readonly TrailRow[],
): readonly TrailRow[] {
  const keys = new Set(known.map((row) => row.key));
  const news = arriving.filter((row) => !keys.has(row.key) && keys.add(row.key));
  return news.length === 0 ? known : [...news, ...known].slice(0, TRAIL_ROWS_KEPT);
}

export interface TrailFilter {
  /** Exact schema name; `none` means breadcrumbs without one. */
  readonly schema?: string | undefined;
  /** Every word must occur in the title, the short text, a tag, the schema name or the id. */
  readonly q?: string | undefined;
}

/** The rows that a filter lets through. */
export function filterRows(rows: readonly TrailRow[], filter: TrailFilter): readonly TrailRow[] {
  const words = (filter.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const { schema } = filter;
  if (!schema && words.length === 0) return rows;
  return rows.filter((row) => {
    if (schema && (row.schema_name ?? 'none') !== schema) return false;
    const text = [row.title, row.summary ?? '', row.schema_name ?? '', row.id, ...row.tags]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/**
 * Splits rows at the one that was on top when the list was held. `held` came later and is not shown yet.
 * When that row is gone (the list is full, or was read anew) everything is shown.
 */
export function splitHeld(
  rows: readonly TrailRow[],
  top_key: string | null,
): { readonly shown: readonly TrailRow[]; readonly held: readonly TrailRow[] } {
  const at = top_key === null ? 0 : rows.findIndex((row) => row.key === top_key);
  if (at <= 0) return { shown: rows, held: [] };
  return { shown: rows.slice(at), held: rows.slice(0, at) };
}

/** The schema names that occur, in alphabetical order; `none` stands for rows without one. */
export function schemasOf(rows: readonly TrailRow[]): readonly string[] {
  return [...new Set(rows.map((row) => row.schema_name ?? 'none'))].toSorted();
}
