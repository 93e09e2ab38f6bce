import {
  type FullRun,
  type FullStep,
  type Run,
  RUN_LIMITS,
  RUN_SOURCES,
  RUN_STATUSES,
  type RunSummary,
} from '@cairn/protocol';
import type { RunQueryStore } from '../query-store.ts';
import type { PartBounds, RunKey, RunRow } from './contract.ts';
import {
  readListFilter,
  readOffset,
  readPlace,
  writePlace,
  type RunListQuery,
} from './read-query.ts';
import {
  viewDecision,
  viewFailure,
  viewFullRun,
  viewFullStep,
  viewRun,
  viewSignal,
  viewStep,
  viewSummary,
  type RunParts,
} from './view-runs.ts';

/** How far `count=true` counts. */
export const COUNT_MAX = 10_000;
/** Rows of one list on one page, shared out evenly among its runs. */
const PAGE_ROWS = 20_000;
/** Rows of one list of one run on a page, when nothing else is asked for. */
const RUN_ROWS = 1_000;
/** Bytes of one list in an answer; the row that passes them is its last. */
const LIST_BYTES = 16 * 1_048_576;

const NOTHING: PartRows = { run_id: '', bytes_so_far: 0 };

interface PartRows {
  readonly run_id: string;
  readonly bytes_so_far: number;
}

/** A page of runs. */
export interface RunPage {
  readonly runs: (Run | FullRun | RunSummary)[];
  /** Where the next page goes on; null when this is the last. */
  readonly cursor: string | null;
  /** The lists that were cut short: of some run there is more. */
  readonly cut: string[];
  /** How many there are, up to `COUNT_MAX`; null when it was not asked for. */
  readonly total: number | null;
}

/** A run, and which of its lists were cut short. */
export interface FoundRun {
  readonly run: Run | FullRun;
  readonly cut: string[];
}

/** Reads runs of one tenant. A page is six statements at most, however long it is. */
export class RunQueries {
  readonly #store: RunQueryStore;

  constructor(store: RunQueryStore) {
    this.#store = store;
  }

  /** @throws AppError invalid_cursor, bad_request, validation_failed */
  async page(owner_id: string, query: RunListQuery): Promise<RunPage> {
    const { page = 1, page_size = RUN_LIMITS.page_size_default, count = false } = query;
    const filter = readListFilter(query);
    const after = readPlace(query.cursor);
    const offset = after ? 0 : readOffset(page, page_size);
    const is_known = isOneOf(RUN_STATUSES, filter.status) && isOneOf(RUN_SOURCES, filter.source);
    if (!is_known) return { runs: [], cursor: null, cut: [], total: count ? 0 : null };
    const with_metadata = query.view === 'full' && query.fields === undefined;
    const [rows, total] = await Promise.all([
      this.#store.page(owner_id, filter, { limit: page_size + 1, offset, after }, with_metadata),
      count ? this.#store.count(owner_id, filter, COUNT_MAX) : null,
    ]);
    const shown = rows.slice(0, page_size);
    const last = shown.at(-1);
    const cursor =
      last && rows.length > page_size ? writePlace(last.started_at, last.run_id) : null;
    const bounds = {
      rows: Math.min(query.steps_max ?? RUN_ROWS, Math.floor(PAGE_ROWS / page_size)),
      bytes: LIST_BYTES,
    };
    if (query.fields === 'summary')
      return { runs: await this.#summaries(owner_id, shown), cursor, cut: [], total };
    const { parts, cut } = await this.#partsOf(owner_id, shown, bounds);
    const view = query.view === 'full' ? viewFullRun : viewRun;
    return { runs: shown.map((row) => view(row, parts(row.run_id))), cursor, cut, total };
  }

  /** A run with its lists; null when there is none. */
  async find(
    owner_id: string,
    run_id: string,
    { view, steps_max }: Pick<RunListQuery, 'view' | 'steps_max'>,
  ): Promise<FoundRun | null> {
    const row = await this.#store.find(owner_id, run_id);
    if (!row) return null;
    const bounds = { rows: steps_max ?? RUN_LIMITS.steps, bytes: LIST_BYTES };
    const { parts, cut } = await this.#partsOf(owner_id, [row], bounds);
    const run = (view === 'full' ? viewFullRun : viewRun)(row, parts(run_id));
    return { run, cut };
  }

  /** Steps of a run by seq; none when there is no such run. */
  async steps(owner_id: string, run_id: string, is_full: boolean) {
    const rows = await this.#store.steps(owner_id, await this.#keysOf(owner_id, run_id), WHOLE);
    const view: (row: (typeof rows)[number]) => FullStep | ReturnType<typeof viewStep> = is_full
      ? viewFullStep
      : viewStep;
    return rows.map((row) => view(row));
  }

  async failures(owner_id: string, run_id: string) {
    const keys = await this.#keysOf(owner_id, run_id);
    return (await this.#store.failures(owner_id, keys, WHOLE)).map(viewFailure);
  }

  async decisions(owner_id: string, run_id: string) {
    const keys = await this.#keysOf(owner_id, run_id);
    return (await this.#store.decisions(owner_id, keys, WHOLE)).map(viewDecision);
  }

  async signals(owner_id: string, run_id: string) {
    const keys = await this.#keysOf(owner_id, run_id);
    return (await this.#store.signals(owner_id, keys, WHOLE)).map(viewSignal);
  }

  async #keysOf(owner_id: string, run_id: string): Promise<RunKey[]> {
    const key = await this.#store.findKey(owner_id, run_id);
    return key ? [key] : [];
  }

  async #summaries(owner_id: string, rows: readonly RunRow[]): Promise<RunSummary[]> {
    const counts = await this.#store.counts(owner_id, rows);
    const by_run = new Map(counts.map((each) => [each.run_id, each]));
    return rows.map((row) => viewSummary(row, by_run.get(row.run_id)));
  }

  async #partsOf(owner_id: string, keys: readonly RunKey[], bounds: PartBounds) {
    const [steps, failures, decisions, signals] = await Promise.all([
      this.#store.steps(owner_id, keys, bounds),
      this.#store.failures(owner_id, keys, bounds),
      this.#store.decisions(owner_id, keys, bounds),
      this.#store.signals(owner_id, keys, bounds),
    ]);
    const lists = {
      steps: divide(steps, bounds),
      failures: divide(failures, bounds),
      decisions: divide(decisions, bounds),
      quality_signals: divide(signals, bounds),
    };
    const parts = (run_id: string): RunParts => ({
      steps: lists.steps.by_run.get(run_id) ?? [],
      failures: lists.failures.by_run.get(run_id) ?? [],
      decisions: lists.decisions.by_run.get(run_id) ?? [],
      signals: lists.quality_signals.by_run.get(run_id) ?? [],
    });
    const cut = Object.entries(lists)
      .filter(([, { is_cut }]) => is_cut)
      .map(([name]) => name);
    return { parts, cut };
  }
}

/** A list asked for by itself is as long as a run's may be. */
const WHOLE: PartBounds = { rows: RUN_LIMITS.steps, bytes: 4 * LIST_BYTES };

function isOneOf(known: readonly string[], text: string | undefined): boolean {
  return text === undefined || known.includes(text);
}

/** Rows by run, without the one of each run that only shows that there are more. */
function divide<Row extends PartRows>(rows: readonly Row[], bounds: PartBounds) {
  const by_run = new Map<string, Row[]>();
  let is_cut = (rows.at(-1) ?? NOTHING).bytes_so_far > bounds.bytes;
  for (const row of rows) {
    const list = by_run.get(row.run_id) ?? [];
    by_run.set(row.run_id, list);
    if (list.length < bounds.rows) list.push(row);
    else is_cut = true;
  }
  return { by_run, is_cut };
}
