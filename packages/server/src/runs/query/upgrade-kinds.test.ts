import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Database } from '../../db/index.ts';
import { aDecision, aFailure, aRun, aSignal, openTestRuns } from './testing.ts';

const MIGRATIONS = new URL('../../../migrations/', import.meta.url);

/** What the migration does to runs that are there already. */
function readUpgrade(): string {
  const name = readdirSync(MIGRATIONS).find((each) => each.endsWith('_runs_failure_kinds.sql'));
  const text = readFileSync(new URL(name ?? '', MIGRATIONS), 'utf8');
  return text.slice(text.indexOf('-- What is stored already.'));
}

async function rowsOf(db: Database, table: string) {
  const { rows } = await db.query<{ row: string }>({
    text: `select t::text as row from ${table} t`,
  });
  return rows.map(({ row }) => row).toSorted();
}

it('runs that were stored by a release before count as if they came now', async () => {
  const { db, owner, write, get } = await openTestRuns();
  const failing = (started_at: string, agent_version: string) =>
    aRun({
      started_at,
      agent_version,
      status: 'failure',
      failures: [aFailure()],
      decisions: [aDecision()],
      quality_signals: [aSignal()],
    });
  const running = aRun({ status: 'running', ended_at: null, failures: [aFailure()] });
  await write(owner, [
    failing('2026-03-08T09:10:00Z', '1'),
    failing('2026-03-08T09:20:00Z', '1'),
    failing('2026-03-10T09:10:00Z', '2'),
    running,
  ]);
  const tables = ['run_failure_hours', 'run_failure_days'];
  const before = await Promise.all(tables.map((table) => rowsOf(db, table)));
  expect(before.map((rows) => rows.length)).toEqual([2, 2]);
  await db.exec(
    `delete from run_failure_hours; delete from run_failure_days;
    update run_decisions set recorded_at = created_at; update run_signals set recorded_at = created_at`,
  );
  await db.exec(readUpgrade());
  expect(await Promise.all(tables.map((table) => rowsOf(db, table)))).toEqual(before);
  const day = 'start_time=2026-03-08&end_time=2026-03-08T23:59:59Z';
  expect((await get(`/v1/decisions?${day}`)).body).toHaveLength(2);
  expect((await get(`/v1/signals?${day}`)).body).toHaveLength(2);
});
