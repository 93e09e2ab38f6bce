import { onTestFinished } from 'vitest';
import { AppError, ManualClock, newId, silentLog } from '../../base/index.ts';
import type { Database } from '../../db/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { createHttpServer, type HttpServer } from '../../http/index.ts';
import { createIngest, type IngestParts } from '../create-ingest.ts';
import { PolicyStore } from '../policy-store.ts';
import { policyRoutes } from './policy-routes.ts';
import { ingestRoutes } from './routes.ts';
import { tracesRoutes } from './traces-routes.ts';

/** An answer whose shape the test knows. */
export type Json = ReturnType<typeof JSON.parse>;

export const NOW_MS = Date.parse('2026-03-10T12:30:00Z');
export const OWNER_ID = '00000000-0000-0000-0000-00000000aaaa';

export interface TestIngest extends IngestParts {
  readonly db: Database;
  readonly clock: ManualClock;
  readonly server: HttpServer;
  /** Sends JSON, or a body as it is. The tenant is `OWNER_ID` unless the headers name another as `x-owner`. */
  post(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Json }>;
  count(table: string): Promise<number>;
}

/** The real routes on a database of the test's own. */
export async function openTestIngest(
  options: { db?: Database; privacy?: 'reject' | 'redact' | 'allow' } = {},
): Promise<TestIngest> {
  const db = options.db ?? (await openTestDatabase());
  const clock = new ManualClock(NOW_MS);
  const settings = { privacy: options.privacy ?? 'reject', retention_days: 90 };
  const parts = createIngest({ db, clock, settings });
  const server = await createHttpServer(
    {
      version: '1.2.3',
      log: silentLog,
      trust: { is_local_only: false, origins: [] },
      async authenticate({ headers }) {
        if (headers['x-owner'] === 'nobody') throw new AppError('unauthenticated', 'nobody');
        const owner_id = String(headers['x-owner'] ?? OWNER_ID);
        return { owner_id, agent_id: newId(), roles: ['curator'] };
      },
      authorize: () => {},
    },
    [],
    [
      ingestRoutes(parts.ingest),
      tracesRoutes(parts.ingest),
      policyRoutes(new PolicyStore(db), parts.policies),
    ],
  );
  onTestFinished(() => server.close());
  return {
    ...parts,
    db,
    clock,
    server,
    async post(url, body, headers = {}) {
      const is_raw = typeof body === 'string' || Buffer.isBuffer(body);
      const payload = is_raw ? body : JSON.stringify(body);
      const response = await server.inject({
        method: 'POST',
        url,
        payload,
        headers: { 'content-type': 'application/json', ...headers },
      });
      return { status: response.statusCode, body: JSON.parse(response.payload) };
    },
    async count(table) {
      const { rows } = await db.query<{ n: number }>({
        text: `select count(*)::int as n from ${table}`,
      });
      return rows[0]?.n ?? -1;
    },
  };
}

/** A run with two steps, one decision and one signal, as a client sends it. */
export function runBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const first = newId();
  const step = (seq: number, step_id: string) => ({
    step_id,
    seq,
    step_type: seq === 0 ? 'plan' : 'tool',
    name: `step ${seq}`,
    latency_ms: 5 + seq,
    started_at: '2026-01-01T00:00:00+00:00',
    ended_at: '2026-01-01T00:00:00.005000+00:00',
    metadata: { attempt: 1 },
  });
  return {
    run_id: newId(),
    agent_id: 'support',
    agent_version: '1.0.0',
    environment: 'test',
    status: 'success',
    started_at: '2026-01-01T00:00:00+00:00',
    ended_at: '2026-01-01T00:00:02.500000+00:00',
    steps: [step(1, newId()), step(0, first)],
    failure: null,
    decisions: [
      {
        decision_id: newId(),
        step_id: first,
        decision_type: 'tool_selection',
        selected: 'search',
        reason_code: 'fresh_data_required',
        candidates: ['search', 'cache'],
        confidence: 0.9,
        metadata: { tools: 2 },
      },
    ],
    quality_signals: [
      {
        signal_id: newId(),
        step_id: null,
        signal_type: 'tool_success',
        signal_code: 'first_attempt',
        value: true,
        weight: 0.5,
      },
    ],
    ...changes,
  };
}
