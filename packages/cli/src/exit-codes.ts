import { CairnConnectionError, CairnError, CairnTimeoutError } from '@cairn/sdk';
import { CommanderError } from 'commander';
import { isConfigError, isUnreachable, RunFailedError, UsageError } from './errors.ts';

/** What the command ends with, for scripts. The help prints this table; a code never changes its meaning. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'it worked' },
  unexpected: { code: 1, meaning: 'something failed that should not' },
  usage: { code: 2, meaning: 'the command or its options are wrong' },
  unreachable: { code: 3, meaning: 'the server cannot be reached' },
  run_failed: { code: 4, meaning: 'the run of the agent failed' },
  timeout: { code: 5, meaning: 'no answer in time' },
  not_allowed: { code: 6, meaning: 'not allowed, or the key or token is not valid' },
  not_found: { code: 7, meaning: 'there is no such thing' },
  conflict: { code: 8, meaning: 'somebody was faster, or it exists already' },
  api_error: { code: 9, meaning: 'another error answer of the server' },
} as const;

/** The exit code that stands for an error. */
export function exitCodeOf(error: unknown): number {
  return EXIT_CODES[exitNameOf(error)].code;
}

function exitNameOf(error: unknown): keyof typeof EXIT_CODES {
  if (error instanceof UsageError || error instanceof CommanderError) return 'usage';
  if (isConfigError(error)) return 'usage';
  if (error instanceof RunFailedError) return 'run_failed';
  if (error instanceof CairnConnectionError || isUnreachable(error)) return 'unreachable';
  if (error instanceof CairnTimeoutError) return 'timeout';
  if (!(error instanceof CairnError)) return 'unexpected';
  if (error.code === 'validation_failed') return 'usage';
  if (error.status === 401 || error.status === 403) return 'not_allowed';
  if (error.status === 404) return 'not_found';
  if (error.status === 409 || error.status === 412) return 'conflict';
  return 'api_error';
}
