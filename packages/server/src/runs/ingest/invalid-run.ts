import { AppError } from '../../base/index.ts';
import type { Misfit } from './read-fields.ts';

/** The refusal of a report, with all that does not fit in it. Nothing of it was stored. */
export function invalidRun(misfits: readonly Misfit[]): AppError {
  const [first] = misfits;
  const { path = '', message = 'does not fit' } = first ?? {};
  const more = misfits.length > 1 ? ` (and ${misfits.length - 1} more)` : '';
  const place = path === '' ? 'the body' : path;
  return new AppError('invalid_run', `${place}: ${message}${more}`, { errors: [...misfits] });
}
