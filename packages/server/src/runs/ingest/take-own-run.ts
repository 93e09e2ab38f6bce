import type { RunKey } from '../ingest-store.ts';
import { conflict, contentOfStep, unchanged } from './change-run.ts';
import { answerRun, rowsOf, type RunRows, type StoredRun } from './rows.ts';
import type { Changed, Report } from './run-writer.ts';

/**
 * Puts what is told of a run of this program's own in the place of what was told before: as far as it came, any number of
 * times, and whole once. Until then its key has no hash, so nobody's report is a repeat of it. A run that was closed since
 * nothing was heard of it goes on when something is, and statistics forget how it was closed.
 */
export function takeOwnRun(
  report: Report,
  stored: StoredRun | null,
  at: string,
  key: RunKey,
): Changed {
  const { run, body_hash } = report;
  const is_open = run.status === 'running';
  const is_whole = key.body_hash !== null;
  const is_other = stored
    ? stored.source !== 'cairn' || (is_whole && !is_open && key.body_hash !== body_hash)
    : is_whole;
  if (is_other) return conflict(`Run ${run.run_id} exists already with another body`);
  // Read before the end and told after it; or one process has told what another read later.
  const is_late = is_whole || (is_open && stored && stored.steps_count > run.steps.length);
  if (stored && is_late) return unchanged(stored);
  const told = rowsToldAt(at, report, stored, key);
  return {
    rows: { ...told, run_steps: newsOf(told, stored) },
    ...(is_open ? {} : { body_hash }),
    counted: { before: stored, after: run },
    answer: answerRun(told),
    progress: null,
  };
}

/** The rows of a run as it is told now; what was stored before keeps the time of that. */
function rowsToldAt(
  at: string,
  { owner_id, run }: Report,
  stored: StoredRun | null,
  { expires_on }: RunKey,
): RunRows {
  const rows = rowsOf(run, {
    owner_id,
    expires_on,
    source: 'cairn',
    heard_at: at,
    created_at: at,
  });
  if (!stored) return rows;
  const known = new Map(stored.steps.map(({ step_id, created_at }) => [step_id, created_at]));
  return {
    ...rows,
    runs: rows.runs.map((row) => ({ ...row, created_at: stored.created_at })),
    run_steps: rows.run_steps.map((step) => ({
      ...step,
      created_at: known.get(step.step_id) ?? at,
    })),
  };
}

/** Steps that are not stored as they are told: a long run is not written anew with each of its steps. */
function newsOf({ run_steps }: RunRows, stored: StoredRun | null): RunRows['run_steps'] {
  const known = new Map(stored?.steps.map((step) => [step.step_id, contentOfStep(step, true)]));
  return run_steps.filter((step) => known.get(step.step_id) !== contentOfStep(step, true));
}
