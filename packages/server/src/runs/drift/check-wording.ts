import { invalidRun } from '../ingest/invalid-run.ts';
import { namesContent, scanText } from '../privacy/index.ts';

/** What people write about a baseline. */
interface Wording {
  readonly description: string | null;
  /** A name or an address of a person, who wants to be known by it. */
  readonly approved_by: string | null;
}

/**
 * Refuses words about a baseline that are not for statistics to keep, whatever the policy for reports is: a baseline can
 * not be changed later. A description has no private data and none of the words for what was said; who approved may be
 * an e-mail address. The refusal does not repeat what came.
 * @throws AppError invalid_run
 */
export function checkWording({ description, approved_by }: Wording): void {
  const misfits = [];
  if (description !== null) {
    const path = 'description';
    const { findings } = scanText(description, 'name', 'reject');
    if (namesContent(description))
      misfits.push({ path, message: 'Baseline description contains forbidden keywords' });
    for (const { rule } of findings)
      misfits.push({ path, message: `must not hold what looks private (${rule})` });
  }
  if (approved_by !== null && scanText(approved_by, 'name', 'allow').findings.length > 0)
    misfits.push({ path: 'approved_by', message: 'must not hold what looks like a credential' });
  if (misfits.length > 0) throw invalidRun(misfits);
}
