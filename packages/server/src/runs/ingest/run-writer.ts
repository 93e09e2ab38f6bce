import type { Run, RunCreate, RunProgress, RunSource } from '@cairn/protocol';
import { AppError, type Clock } from '../../base/index.ts';
import { GroupCommit, type Handle } from '../../db/index.ts';
import type { IngestStore, RunKey } from '../ingest-store.ts';
import { RollupSums, type Counted } from './contributions.ts';
import {
  addRows,
  answerRun,
  noRows,
  rowsOf,
  type FailureRow,
  type RunRows,
  type StoredRun,
} from './rows.ts';

/** A run that was read, and may be stored. */
export interface Report {
  readonly owner_id: string;
  readonly run: RunCreate;
  /** Canonical hash, in hex, of what was reported: what makes a repeat one. */
  readonly body_hash: string;
  readonly source: RunSource;
  readonly expires_on: string;
}

/** What became of a report. `conflict` is a run of the same id with another body; nothing was stored. */
export interface Created {
  readonly outcome: 'new' | 'same' | 'conflict';
  /** The run as it is answered; null with `conflict`. */
  readonly run: Run | null;
}

/** Something to be done to a run that is there already, or may be. */
export interface RunChange {
  readonly owner_id: string;
  readonly run_id: string;
  /** Which parts of the run have to be read: all, or those with one of these ids or `seq`. */
  readonly needs: 'whole' | { readonly ids: readonly string[]; readonly seqs: readonly number[] };
  /** The day until which it is kept when it is not there yet; null when it has to be there. */
  readonly begins: string | null;
  /** Decides, from what is stored and its key; called again when the transaction has to be repeated. */
  readonly apply: (stored: StoredRun | null, at: string, key: RunKey) => Changed;
}

/** What a change writes: rows that take the place of those that are there. Empty when all is as it should be. */
export interface Changed {
  readonly refused?: AppError;
  readonly rows: RunRows;
  /** The hash, in hex, of the whole run where the key had none yet: from now on a repeat of it is one. */
  readonly body_hash?: string;
  /** Failures that are none any more. */
  readonly gone?: readonly FailureRow[];
  /** Also when it went on before or goes on: contributions know. Null when statistics do not change. */
  readonly counted: { readonly before: Counted | null; readonly after: Counted } | null;
  readonly answer: Run | null;
  readonly progress: RunProgress | null;
}

/** More rows than most runs have: such runs share no transaction with many others. */
const LARGE_ROWS = 300;
const SMALL_MAX = 100;
const LARGE_MAX = 2;
const CHANGES_MAX = 50;

/** Stores runs and what is added to them. Whatever comes at the same time shares transactions. */
export class RunWriter {
  readonly #store: IngestStore;
  readonly #clock: Clock;
  readonly #small: GroupCommit<Report, Created>;
  readonly #large: GroupCommit<Report, Created>;
  readonly #changes: GroupCommit<RunChange, Changed>;

  constructor(ports: { store: IngestStore; clock: Clock; parallel: number }) {
    const { store, clock, parallel } = ports;
    this.#store = store;
    this.#clock = clock;
    const create = {
      parallel,
      commit: (reports: readonly Report[]) => this.#create(reports),
      exclusive_key: ({ owner_id, run }: Report) => `${owner_id}/${run.run_id}`,
    };
    this.#small = new GroupCommit({ ...create, items_max: SMALL_MAX });
    this.#large = new GroupCommit({ ...create, parallel: 1, items_max: LARGE_MAX });
    this.#changes = new GroupCommit({
      parallel,
      items_max: CHANGES_MAX,
      commit: (changes: readonly RunChange[]) => this.#change(changes),
      exclusive_key: ({ owner_id, run_id }) => `${owner_id}/${run_id}`,
    });
  }

  /** Stores a run once; a repeat of the same report is told as such. Resolves when it is committed. */
  create(report: Report): Promise<Created> {
    const { steps, decisions, quality_signals } = report.run;
    const is_large = steps.length + decisions.length + quality_signals.length > LARGE_ROWS;
    return (is_large ? this.#large : this.#small).submit(report);
  }

  /** Changes a run. Resolves when it is committed. @throws AppError what the change itself refused */
  async change(change: RunChange): Promise<Changed> {
    const changed = await this.#changes.submit(change);
    if (changed.refused) throw changed.refused;
    return changed;
  }

  async #create(reports: readonly Report[]): Promise<Created[]> {
    await this.#store.ensurePartitions(reports.map(({ expires_on }) => expires_on));
    const created_at = this.#now();
    return this.#store.transaction(async (tx) => {
      const keys = reports.map((report) => keyOf(report, created_at));
      const taken = byKey(await this.#store.takeKeys(keys, tx));
      const others = keys.filter((key) => !taken.has(nameOf(key)));
      const known = byKey(others.length > 0 ? await this.#store.findKeys(others, tx) : []);
      const sums = new RollupSums();
      const rows = noRows();
      const results = reports.map((report, index): Created => {
        const key = keys[index] as RunKey;
        const { source } = report;
        if (taken.has(nameOf(key))) {
          const own = rowsOf(report.run, { ...key, source, heard_at: created_at });
          addRows(rows, own);
          sums.add(report.owner_id, report.run);
          return { outcome: 'new', run: answerRun(own) };
        }
        const first = known.get(nameOf(key));
        if (!first || first.body_hash !== key.body_hash) return { outcome: 'conflict', run: null };
        // The same body, so the same rows: who may only write need not read them.
        const stored = { ...first, source, heard_at: created_at };
        return { outcome: 'same', run: answerRun(rowsOf(report.run, stored)) };
      });
      await this.#store.insertRows(rows, tx);
      await this.#store.addUp(sums.rollups(), sums.groups(), tx);
      return results;
    });
  }

  async #change(changes: readonly RunChange[]): Promise<Changed[]> {
    await this.#store.ensurePartitions(changes.flatMap(({ begins }) => begins ?? []));
    const at = this.#now();
    return this.#store.transaction(async (tx) => {
      const asked = changes.map(({ owner_id, run_id, begins }) => ({
        owner_id,
        run_id,
        body_hash: null,
        created_at: at,
        expires_on: begins ?? at.slice(0, 10),
      }));
      const known = byKey(await this.#store.findKeys(asked, tx));
      const wanted = asked.filter((key, index) => changes[index]?.begins || known.has(nameOf(key)));
      const locked = byKey(wanted.length > 0 ? await this.#store.lockKeys(wanted, tx) : []);
      const stored = await this.#read(changes, locked, tx);
      const sums = new RollupSums();
      const rows = noRows();
      const gone: FailureRow[] = [];
      const whole: RunKey[] = [];
      const results = changes.map((change, index): Changed => {
        const name = nameOf(asked[index] as RunKey);
        const key = locked.get(name);
        if (!key) return unknown(change.run_id);
        const changed = change.apply(stored.get(name) ?? null, at, key);
        if (changed.refused) return changed;
        if (changed.body_hash) whole.push({ ...key, body_hash: changed.body_hash });
        addRows(rows, changed.rows);
        gone.push(...(changed.gone ?? []));
        if (changed.counted?.before) sums.take(change.owner_id, changed.counted.before);
        if (changed.counted) sums.add(change.owner_id, changed.counted.after);
        return changed;
      });
      if (whole.length > 0) await this.#store.setHashes(whole, tx);
      await this.#store.upsertRows(rows, gone, tx);
      await this.#store.addUp(sums.rollups(), sums.groups(), tx);
      return results;
    });
  }

  async #read(
    changes: readonly RunChange[],
    locked: ReadonlyMap<string, RunKey>,
    tx: Handle,
  ): Promise<Map<string, StoredRun>> {
    const whole: RunKey[] = [];
    const partly: RunKey[] = [];
    const ids: string[] = [];
    const seqs: number[] = [];
    for (const { needs, ...change } of changes) {
      const key = locked.get(nameOf(change));
      if (!key) continue;
      if (needs === 'whole') whole.push(key);
      else {
        partly.push(key);
        ids.push(...needs.ids);
        seqs.push(...needs.seqs);
      }
    }
    const runs = [
      ...(await this.#store.readRuns(whole, null, tx)),
      ...(await this.#store.readRuns(partly, { ids, seqs }, tx)),
    ];
    return new Map(runs.map((run) => [nameOf(run), run]));
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/** What is said of a run that is not there; in the words that clients of the original know. */
export function unknown(run_id: string): Changed {
  const refused = new AppError('not_found', `Run ${run_id} not found`);
  return { refused, rows: noRows(), counted: null, answer: null, progress: null };
}

function keyOf({ owner_id, run, expires_on, body_hash }: Report, created_at: string): RunKey {
  return { owner_id, run_id: run.run_id, expires_on, body_hash, created_at };
}

function nameOf({ owner_id, run_id }: { owner_id: string; run_id: string }): string {
  return `${owner_id}/${run_id}`;
}

function byKey(keys: readonly RunKey[]): Map<string, RunKey> {
  return new Map(keys.map((key) => [nameOf(key), key]));
}
