import { RUN_LIMITS } from '@cairn/protocol';
import { Type, type Static } from 'typebox';
import { AppError, isUuid } from '../../base/index.ts';
import { decodeCursor, encodeCursor } from '../../http/index.ts';
import type { Place, RunFilter, RunListFilter } from './contract.ts';
import { readTime, toWireTime } from './instant.ts';
import type { TimeRange } from './split-range.ts';

const Text = (maxLength: number, description?: string) =>
  Type.Optional(Type.String({ maxLength, ...(description ? { description } : {}) }));
const Time = (description: string) => Text(40, description);

/** The queries of runs and of statistics share these. An empty text is as if it were not there. */
export const FILTER_QUERY = {
  agent_id: Text(RUN_LIMITS.agent_id_chars),
  agent_version: Text(RUN_LIMITS.agent_version_chars),
  environment: Text(RUN_LIMITS.environment_chars),
  start_time: Time('Runs that began then or later; without an offset it is UTC'),
  end_time: Time('Runs that began then or sooner'),
};
const FilterQuery = Type.Object(FILTER_QUERY);
export type FilterQuery = Static<typeof FilterQuery>;

export const PAGE_SIZE = {
  page_size: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: RUN_LIMITS.page_size,
      default: RUN_LIMITS.page_size_default,
    }),
  ),
  cursor: Text(500, 'Where the page before ended: from its Link header'),
};

/** Rows that a page may lie behind; further on one needs the cursor. */
const OFFSET_MAX = 100_000;

export const RunListQuery = Type.Object({
  ...FILTER_QUERY,
  status: Text(50),
  source: Text(50),
  parent_run_id: Text(45),
  breadcrumb_id: Text(45),
  conversation_id: Text(250),
  q: Text(
    200,
    "Beginning of a run's id, or part of an agent's name or of a failure's code or message",
  ),
  ...PAGE_SIZE,
  page: Type.Optional(
    Type.Integer({ minimum: 1, maximum: OFFSET_MAX, description: 'Ignored beside a cursor' }),
  ),
  count: Type.Optional(
    Type.Boolean({ description: 'Also X-Total-Count: how many there are, counted up to 10,000' }),
  ),
  fields: Type.Optional(Type.Enum(['summary'], { description: 'Counts in place of the lists' })),
  view: Type.Optional(Type.Enum(['full'], { description: 'With all that is known of a run' })),
  steps_max: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: RUN_LIMITS.steps,
      description:
        'Rows of each list of a run. A page holds 20,000 rows of each list at most: 200 a run when it has 100 runs',
    }),
  ),
});
export type RunListQuery = Static<typeof RunListQuery>;

export function readFilter(query: FilterQuery): RunFilter {
  return {
    agent_id: given(query.agent_id),
    agent_version: given(query.agent_version),
    environment: given(query.environment),
    range: readRange(query),
  };
}

export function readListFilter(query: RunListQuery): RunListFilter {
  return {
    ...readFilter(query),
    status: given(query.status),
    source: given(query.source),
    parent_run_id: readOptionalId('parent_run_id', query.parent_run_id),
    breadcrumb_id: readOptionalId('breadcrumb_id', query.breadcrumb_id),
    conversation_id: given(query.conversation_id),
    q: given(query.q?.trim()),
  };
}

function readRange({ start_time, end_time }: FilterQuery): TimeRange {
  return {
    from: start_time ? readTime('start_time', start_time) : undefined,
    to: end_time ? readTime('end_time', end_time) : undefined,
  };
}

/** Undefined for an empty text too: forms send those for fields that were left alone. */
export function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** @throws AppError bad_request when the page lies further back than can be counted off */
export function readOffset(page: number, page_size: number): number {
  const offset = (page - 1) * page_size;
  if (offset <= OFFSET_MAX) return offset;
  throw new AppError(
    'bad_request',
    `page ${page} lies behind more than ${OFFSET_MAX} runs; narrow the time, or follow the Link header of each page`,
  );
}

/** The id of a run in its usual form; without hyphens it is one too. @throws AppError invalid_run */
export function readRunId(text: string): string {
  const id = toId(text);
  if (id) return id;
  const message = 'the id of a run must be a UUID';
  throw new AppError('invalid_run', message, { errors: [{ path: 'id', message }] });
}

function readOptionalId(name: string, text: string | undefined): string | undefined {
  if (!text) return undefined;
  const id = toId(text);
  if (id) return id;
  const message = 'must be a UUID';
  throw new AppError('validation_failed', `${name} ${message}`, {
    errors: [{ path: name, message }],
  });
}

function toId(text: string): string | null {
  const digits = text.toLowerCase().replaceAll('-', '');
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isUuid(id) && (isUuid(text) || text.length === 32) ? id : null;
}

/** A time as this server writes it into cursors. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z$/;

/** @throws AppError invalid_cursor */
export function readPlace(cursor: string | undefined): Place | undefined {
  if (!cursor) return undefined;
  const [time, id] = decodeCursor(cursor, (place): place is [string, string] => {
    if (!Array.isArray(place) || place.length !== 2) return false;
    const [at, key] = place as unknown[];
    if (typeof at !== 'string' || typeof key !== 'string') return false;
    return TIME.test(at) && !at.startsWith('0000') && !Number.isNaN(Date.parse(at)) && isUuid(key);
  });
  return { time, id };
}

/** The cursor that leads on from a row; `stored_time` is the database's text. */
export function writePlace(stored_time: string, id: string): string {
  return encodeCursor([toWireTime(stored_time), id]);
}
