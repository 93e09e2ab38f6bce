import {
  RUN_LIMITS,
  type Run,
  type RunBatchResult,
  type RunCreate,
  type RunSource,
  type RunProgress,
} from '@cairn/protocol';
import { AppError, checksum, newId, type Clock } from '../../base/index.ts';
import type { OtlpSpan } from '../otlp/index.ts';
import { scanRun, type PrivacyFinding, type PrivacyPolicy } from '../privacy/index.ts';
import type { IngestStore } from '../ingest-store.ts';
import { append, closeSilent, end, partsFor } from './change-run.ts';
import type { ReportCounts } from './count-reports.ts';
import { fitColumns } from './fit-columns.ts';
import { invalidRun } from './invalid-run.ts';
import type { Policies } from './policies.ts';
import { isFields, type Misfit } from './read-fields.ts';
import { readAdditions, readEnd, readRun, readStart, type Reading } from './read-run.ts';
import type { Created, Report, RunWriter } from './run-writer.ts';
import { takeOwnRun } from './take-own-run.ts';
import { takeTraces, type TracesTaken } from './take-traces.ts';

export interface IngestPorts {
  readonly store: IngestStore;
  readonly writer: RunWriter;
  readonly policies: Policies;
  readonly counts: ReportCounts;
  readonly clock: Clock;
  /** What holds where a tenant has not said. */
  readonly privacy: PrivacyPolicy;
}

/** A run that was stored, now or before. */
export interface Accepted {
  readonly is_new: boolean;
  readonly run: Run;
}

/** Takes reports of runs: reads them, keeps private data out, and stores them. */
export class Ingest {
  readonly #ports: IngestPorts;

  constructor(ports: IngestPorts) {
    this.#ports = ports;
  }

  /** A whole run. @throws AppError invalid_run, conflict */
  report(owner_id: string, body: unknown): Promise<Accepted> {
    return this.#counting(async () => {
      const run = readable(readRun(body, newId));
      return this.#create(owner_id, run, checksum(run));
    });
  }

  /**
   * A whole run of this program's own, whether or not it was told of while it went on. The same again changes nothing.
   * @throws AppError invalid_run, conflict
   */
  record(owner_id: string, run: RunCreate): Promise<Accepted> {
    return this.#counting(async () => {
      const body_hash = checksum(run);
      const report = await this.#report(owner_id, run, body_hash, 'cairn');
      const created = await this.#store(report);
      if (created.outcome !== 'conflict') return accepted(created, run.run_id);
      // Seldom, and then mostly a run that lasted long: so the others need not look first.
      return this.#takeOwn(report);
    });
  }

  /**
   * What is known so far of a run of this program's own that goes on. Once it was told whole, nothing changes it.
   * @throws AppError invalid_run, conflict when somebody else reported a run of this id
   */
  recordOpen(owner_id: string, run: RunCreate): Promise<Accepted> {
    return this.#counting(async () =>
      this.#takeOwn(await this.#report(owner_id, run, '', 'cairn')),
    );
  }

  /** Many whole runs, each by itself. @throws AppError invalid_run when the body is no list of runs, or too long a one */
  async batch(owner_id: string, body: unknown): Promise<RunBatchResult[]> {
    const runs = isFields(body) ? body['runs'] : undefined;
    if (!Array.isArray(runs)) throw invalidRun([{ path: 'runs', message: 'must be a list' }]);
    if (runs.length > RUN_LIMITS.batch_runs) {
      const message = `must not have more than ${RUN_LIMITS.batch_runs} entries`;
      throw invalidRun([{ path: 'runs', message }]);
    }
    return Promise.all((runs as unknown[]).map((run) => this.#batched(owner_id, run)));
  }

  /** The beginning of a run that is reported in pieces. @throws AppError invalid_run, conflict */
  begin(owner_id: string, body: unknown): Promise<Accepted> {
    return this.#counting(async () => {
      const run = readable(readStart(body, newId));
      return this.#create(owner_id, run, checksum({ begun: run }));
    });
  }

  /** More of a run that goes on. @throws AppError invalid_run, not_found, conflict */
  append(owner_id: string, run_id: string, body: unknown): Promise<RunProgress> {
    return this.#counting(async () => {
      const given = readable(readAdditions(body, run_id));
      const environment = await this.#environmentOf(owner_id, run_id);
      const additions = await this.#clean(owner_id, environment, given);
      const { progress } = await this.#ports.writer.change({
        owner_id,
        run_id,
        begins: null,
        needs: partsFor(additions),
        apply: (stored, at) => append(run_id, additions, stored, at),
      });
      return known(progress);
    });
  }

  /** The end of a run that was begun. @throws AppError invalid_run, not_found, conflict */
  end(owner_id: string, run_id: string, body: unknown): Promise<Run> {
    return this.#counting(async () => {
      const given = readable(readEnd(body));
      const environment = await this.#environmentOf(owner_id, run_id);
      const report = await this.#clean(owner_id, environment, given);
      const { answer } = await this.#ports.writer.change({
        owner_id,
        run_id,
        begins: null,
        needs: 'whole',
        apply: (stored, at) => end(run_id, report, stored, at),
      });
      return known(answer);
    });
  }

  /** Spans; each trace is a run. */
  traces(owner_id: string, spans: readonly OtlpSpan[]): Promise<TracesTaken> {
    return this.#counting(() => takeTraces(owner_id, spans, this.#ports));
  }

  /** Closes a run as partial when nothing was heard of it since `before`. Says whether it did. */
  async close(owner_id: string, run_id: string, before: string, reason: string): Promise<boolean> {
    const { answer } = await this.#ports.writer.change({
      owner_id,
      run_id,
      begins: null,
      needs: 'whole',
      apply: (stored, at) => closeSilent(before, reason, stored, at),
    });
    return answer !== null;
  }

  async #create(
    owner_id: string,
    given: RunCreate,
    body_hash: string,
    source: RunSource = 'api',
  ): Promise<Accepted> {
    const report = await this.#report(owner_id, given, body_hash, source);
    return accepted(await this.#store(report), given.run_id);
  }

  async #report(
    owner_id: string,
    given: RunCreate,
    body_hash: string,
    source: RunSource,
  ): Promise<Report> {
    const { policies } = this.#ports;
    const run = await this.#clean(owner_id, given.environment, given);
    const expires_on = policies.expiry(await policies.of(owner_id, run.environment));
    return { owner_id, run, body_hash, expires_on, source };
  }

  async #store(report: Report): Promise<Created> {
    const { writer, counts } = this.#ports;
    const created = await writer.create(report);
    if (created.outcome === 'new') counts.ingested++;
    if (created.outcome === 'same') counts.duplicate++;
    return created;
  }

  async #takeOwn(report: Report): Promise<Accepted> {
    const { writer, counts } = this.#ports;
    const { owner_id, expires_on, run } = report;
    const changed = await writer.change({
      owner_id,
      run_id: run.run_id,
      begins: expires_on,
      needs: 'whole',
      apply: (stored, at, key) => takeOwnRun(report, stored, at, key),
    });
    const is_new = changed.body_hash !== undefined;
    if (is_new) counts.ingested++;
    return { is_new, run: known(changed.answer) };
  }

  /** The environment of a run that was begun; only looked for where it makes a difference. */
  async #environmentOf(owner_id: string, run_id: string): Promise<string> {
    const { policies, store } = this.#ports;
    if (!(await policies.differ(owner_id))) return '';
    return (await store.environmentOf(owner_id, run_id)) ?? '';
  }

  /** A report without private data. @throws AppError invalid_run when the policy is to refuse such reports */
  async #clean<T extends object>(owner_id: string, environment: string, given: T): Promise<T> {
    const { policies, privacy } = this.#ports;
    const policy = (await policies.of(owner_id, environment)).privacy ?? privacy;
    const { clean, findings } = scanRun(given, policy);
    if (findings.length === 0) return clean;
    if (policy === 'reject') throw invalidRun(findings.map(toMisfit));
    return fitColumns(clean);
  }

  async #batched(owner_id: string, body: unknown): Promise<RunBatchResult> {
    try {
      const { is_new, run } = await this.report(owner_id, body);
      return { run_id: run.run_id, status: is_new ? 201 : 200 };
    } catch (error) {
      const given = isFields(body) ? body['run_id'] : undefined;
      const run_id = typeof given === 'string' && given.length <= 100 ? given : null;
      const { status, message, extra } =
        error instanceof AppError
          ? error
          : new AppError('internal_error', 'something failed on our side; send this run again');
      const errors = extra.errors ? { errors: extra.errors } : {};
      return { run_id, status, error: message, ...errors };
    }
  }

  /** Faults of ours are counted; refusals are not. */
  async #counting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError)) this.#ports.counts.failed++;
      throw error;
    }
  }
}

/** In the names of the body: one failure comes, and candidates beside the metadata that they are stored in. */
function toMisfit({ path, message }: PrivacyFinding): Misfit {
  const inBody = (text: string) =>
    text.replace('failures[0]', 'failure').replace('.metadata.candidates[', '.candidates[');
  return { path: inBody(path), message: inBody(message) };
}

function readable<T>(reading: Reading<T>): T {
  if (!reading.ok) throw invalidRun(reading.misfits);
  return reading.value;
}

function accepted({ outcome, run }: Created, run_id: string): Accepted {
  if (run === null)
    throw new AppError('conflict', `Run ${run_id} exists already with another body`);
  return { is_new: outcome === 'new', run };
}

function known<T>(answer: T | null): T {
  if (answer === null) throw new Error('a change of a run was not answered');
  return answer;
}
