import type { Command } from 'commander';
import { connect, type GlobalOptions } from '../connect.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { oneLine, type Output } from '../output.ts';
import { readSeconds } from '../read-options.ts';
import { examine, type Finding } from '../examine-server.ts';

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** `cairn doctor`: tries everything that a client needs and says what to do about what does not work. */
export function addDoctorCommand(program: Command, output: Output): void {
  program
    .command('doctor')
    .summary('find out what does not work, and why')
    .description(
      'Try, one after the other, what a client needs of the server. It stores one breadcrumb and deletes it again.',
    )
    .option('--timeout <seconds>', 'how long to wait for an event', readSeconds, 5)
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { timeout: number }>();
      const findings: Finding[] = [];
      for await (const finding of examine(
        options.url,
        () => connect(options),
        options.timeout * 1_000,
      )) {
        findings.push(finding);
        if (!output.is_json) print(finding, output);
      }
      const failed = findings.filter((each) => each.status === 'fail');
      const exit_code = failed[0] ? exitCodeOf(failed[0].error) : 0;
      if (output.is_json) {
        const checks = findings.map(({ error: _error, ...rest }) => rest);
        output.json({ ok: failed.length === 0, exit_code, checks });
      } else {
        output.line(conclusion(findings));
      }
      process.exitCode = exit_code;
    });
}

function print({ status, name, detail, advice }: Finding, output: Output): void {
  const label = output.style(STYLES[status], status.padEnd(4));
  output.line(`${label}  ${name.padEnd(12)}  ${oneLine(detail)}`);
  if (advice !== null) output.line(`${' '.repeat(20)}→ ${oneLine(advice)}`);
}

function conclusion(findings: readonly Finding[]): string {
  const failed = findings.filter((each) => each.status === 'fail').length;
  if (failed > 0)
    return `\n${failed === 1 ? 'One check' : `${failed} checks`} failed. Begin with the first one.`;
  const warned = findings.some((each) => each.status === 'warn');
  return warned ? '\nEverything works; see the warning above.' : '\nEverything works.';
}
