import { CairnError } from '@cairn/sdk';
import { CommanderError } from 'commander';
import { adviceFor } from './advise.ts';
import { isConfigError, RunFailedError, UsageError } from './errors.ts';
import { exitCodeOf } from './exit-codes.ts';
import { printable, type Output } from './output.ts';

/** Writes what went wrong to stderr: a sentence and what to do, or with `--json` a problem (RFC 9457) with `exit_code`. */
export function reportError(error: unknown, output: Output): void {
  if (output.is_json) return output.error(JSON.stringify(asProblem(error)));
  // Commander has written its own message already, with the hint to the help.
  if (error instanceof CommanderError) return;
  const is_run = error instanceof RunFailedError;
  const label = output.styleNote('red', is_run ? 'The run failed:' : 'error:');
  output.error(`${label} ${printable(messageOf(error))}`);
  if (error instanceof CairnError) {
    for (const { path, message } of error.problem?.errors ?? []) {
      // Where one field is wrong, the sentence is that one already.
      if (messageOf(error).includes(message)) continue;
      output.error(`  ${printable(path)}: ${printable(message)}`);
    }
  }
  const advice = adviceFor(error);
  if (advice !== null) output.error(advice);
  const is_known = error instanceof CairnError || error instanceof UsageError || is_run;
  if (!is_known && error instanceof Error && exitCodeOf(error) === 1) {
    output.error(output.styleNote('dim', error.stack ?? ''));
  }
}

function asProblem(error: unknown): Record<string, unknown> {
  const exit_code = exitCodeOf(error);
  if (error instanceof CairnError && error.problem !== null) return { ...error.problem, exit_code };
  const detail = messageOf(error);
  const code = codeOf(error);
  return {
    type: `urn:cairn:error:${code}`,
    title: detail,
    ...(error instanceof CairnError ? { status: error.status } : {}),
    detail,
    code,
    error: detail,
    ...(error instanceof RunFailedError ? { response: error.response } : {}),
    exit_code,
  };
}

function codeOf(error: unknown): string {
  if (error instanceof CommanderError || error instanceof UsageError) return 'usage';
  if (isConfigError(error)) return 'usage';
  if (error instanceof RunFailedError) return 'run_failed';
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code;
  return 'unexpected';
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^error: /, '');
}
