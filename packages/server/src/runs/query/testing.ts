import type {
  DecisionCreate,
  FailureCreate,
  RunCreate,
  RunSource,
  SignalCreate,
  StepCreate,
} from '@cairn/protocol';
import { onTestFinished } from 'vitest';
import { checksum, ManualClock, newId, silentLog } from '../../base/index.ts';
import type { Database } from '../../db/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { createHttpServer, type Principal } from '../../http/index.ts';
import { authorize } from '../../identity/index.ts';
import { RunWriter } from '../ingest/run-writer.ts';
import { IngestStore } from '../ingest-store.ts';
import { runQueryRoutes } from '../query-routes.ts';

/** An answer whose shape the test knows. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Json;
  /** Where the next page is. */
  readonly next: string | null;
}

/** The real routes on a database of the test's own, and the writer of the module to fill it. */
export interface TestRuns {
  readonly db: Database;
  readonly clock: ManualClock;
  readonly owner: Principal;
  readonly stranger: Principal;
  write(owner: Principal, runs: readonly RunCreate[], source?: RunSource): Promise<void>;
  get(path: string, principal?: Principal): Promise<Answer>;
  /** How many statements the work took. */
  countStatements(work: () => Promise<unknown>): Promise<number>;
}

export const NOW_MS = Date.parse('2026-03-10T12:30:00Z');

export async function openTestRuns(): Promise<TestRuns> {
  const real = await openTestDatabase();
  let statements = 0;
  const db: Database = {
    ...real,
    query(statement) {
      statements++;
      return real.query(statement);
    },
  };
  const clock = new ManualClock(NOW_MS);
  const writer = new RunWriter({ store: new IngestStore(real), clock, parallel: 1 });
  const owner: Principal = { owner_id: newId(), agent_id: newId(), roles: ['subscriber'] };
  const stranger: Principal = { owner_id: newId(), agent_id: newId(), roles: ['curator'] };
  const get = await openApi(db, clock);
  return {
    db,
    clock,
    owner,
    stranger,
    async write({ owner_id }, runs, source = 'api') {
      const expires_on = '2026-06-30';
      for (let at = 0; at < runs.length; at += 100)
        await Promise.all(
          runs
            .slice(at, at + 100)
            .map((run) =>
              writer.create({ owner_id, run, body_hash: checksum(run), source, expires_on }),
            ),
        );
    },
    get: (path, principal = owner) => get(principal, path),
    async countStatements(work) {
      const before = statements;
      await work();
      return statements - before;
    },
  };
}

async function openApi(db: Database, clock: ManualClock) {
  const principals = new Map<string, Principal>();
  const server = await createHttpServer(
    {
      version: '0.0.0',
      log: silentLog,
      trust: { is_local_only: false, origins: [] },
      authenticate: async ({ headers }) => principals.get(headers.authorization ?? '') as Principal,
      authorize,
    },
    [],
    [runQueryRoutes({ db, clock })],
  );
  onTestFinished(() => server.close());
  return async (principal: Principal, url: string): Promise<Answer> => {
    const token = newId();
    principals.set(token, principal);
    const response = await server.inject({ url, headers: { authorization: token } });
    const link = response.headers.link;
    return {
      status: response.statusCode,
      headers: response.headers,
      body: JSON.parse(response.body),
      next: /^<(.+)>; rel="next"$/.exec(String(link))?.[1] ?? null,
    };
  };
}

/** A run as it was read; what is not said is of no interest to the test. */
export function aRun(fields: Partial<RunCreate> = {}): RunCreate {
  const { started_at = '2026-03-10T10:00:00Z' } = fields;
  return {
    run_id: newId(),
    agent_id: 'planner',
    agent_version: '1.0.0',
    environment: 'production',
    status: 'success',
    started_at,
    ended_at: new Date(Date.parse(started_at) + 1_000).toISOString(),
    steps: [],
    failures: [],
    decisions: [],
    quality_signals: [],
    ...fields,
  };
}

export function aStep(seq: number, fields: Partial<StepCreate> = {}): StepCreate {
  return {
    step_id: newId(),
    seq,
    step_type: 'tool',
    name: `step ${seq}`,
    latency_ms: 10,
    started_at: '2026-03-10T10:00:00Z',
    ended_at: '2026-03-10T10:00:00.010000Z',
    metadata: {},
    ...fields,
  };
}

export function aFailure(fields: Partial<FailureCreate> = {}): FailureCreate {
  return {
    step_id: null,
    failure_type: 'tool',
    failure_code: 'timeout',
    message: 'no answer',
    ...fields,
  };
}

export function aDecision(fields: Partial<DecisionCreate> = {}): DecisionCreate {
  return {
    decision_id: newId(),
    step_id: null,
    decision_type: 'tool_selection',
    selected: 'search',
    reason_code: 'fresh_data_required',
    confidence: 0.5,
    metadata: {},
    ...fields,
  };
}

export function aSignal(fields: Partial<SignalCreate> = {}): SignalCreate {
  return {
    signal_id: newId(),
    step_id: null,
    signal_type: 'schema_valid',
    signal_code: 'full_match',
    value: true,
    weight: null,
    metadata: {},
    ...fields,
  };
}
