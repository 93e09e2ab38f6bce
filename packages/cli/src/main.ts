import { Command, CommanderError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addApprovalCommands } from './commands/approval.ts';
import { addBreadcrumbCommand } from './commands/breadcrumb.ts';
import { addConfigCommand } from './commands/config.ts';
import { addDatabaseRolesCommand } from './commands/database-roles.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeyCommand } from './commands/key.ts';
import { addSayCommand } from './commands/say.ts';
import { addStartCommand } from './commands/start.ts';
import { addTailCommand } from './commands/tail.ts';
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts';
import { createOutput, table, type Output } from './output.ts';
import { reportError } from './report-error.ts';

/** Runs one command line (without `node` and the script). @returns the exit code; see `EXIT_CODES`. */
export async function run(argv: readonly string[]): Promise<number> {
  // Known before parsing, because errors of parsing are already told in this form.
  const output = createOutput(argv.includes('--json'));
  // The reader of a pipe may leave early (`cairn tail | head`): nobody is left to write for.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT_CODES.ok.code);
  });
  const program = createProgram(output);
  if (argv.length === 0) {
    program.outputHelp();
    return EXIT_CODES.ok.code;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? EXIT_CODES.ok.code);
  } catch (error) {
    // Help and version were asked for, and are no errors.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.ok.code;
    reportError(error, output);
    return exitCodeOf(error);
  }
}

function createProgram(output: Output): Command {
  const program = new Command('cairn')
    .description('Start a Cairn server, talk to its agents, watch what happens.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addOption(
      new Option('--url <address>', 'the server').env('CAIRN_URL').default('http://127.0.0.1:8081'),
    )
    .addOption(
      new Option('--key <key>', 'an API key; a local server in dev mode needs none').env(
        'CAIRN_API_KEY',
      ),
    )
    .option('--json', 'JSON on stdout and nothing else; errors as JSON on stderr')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeErr: (text) => {
        if (!output.is_json) process.stderr.write(text);
      },
    })
    .showHelpAfterError('Add --help to see what the command takes.');
  addStartCommand(program);
  addSayCommand(program, output);
  addTailCommand(program, output);
  addApprovalCommands(program, output);
  addBreadcrumbCommand(program, output);
  addDoctorCommand(program, output);
  addConfigCommand(program, output);
  addDatabaseRolesCommand(program, output);
  addKeyCommand(program, output);
  program.addHelpText('after', `\n${examples()}\n\n${exitCodes()}`);
  return program;
}

function examples(): string {
  const rows = [
    ['  npm start', 'start a server on this machine'],
    ['  cairn say "what is 17% of 2340?"', 'ask an agent'],
    ['  cairn tail', 'watch it work, from another terminal'],
    ['  cairn doctor', 'find out what does not work, and why'],
  ];
  return ['Examples:', ...table(rows)].join('\n');
}

function exitCodes(): string {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning }) => [`  ${code}`, meaning]);
  return ['Exit codes:', ...table(rows)].join('\n');
}
