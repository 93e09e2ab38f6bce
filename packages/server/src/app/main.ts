import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Beside what npm installed, so that a fresh install begins afresh. */
const COMPILE_CACHE = fileURLToPath(
  new URL('../../../../node_modules/.cache/cairn', import.meta.url),
);

const USAGE =
  'Usage: npm start -- [--role api,agents,tools] [--port 8081] [--host 127.0.0.1] [--data-dir .cairn]';

const HINT =
  'Everything else is set in the environment: `npx cairn config` lists the settings, `npx cairn --help` the commands.';

/** What the command line says goes before what the environment says. */
export interface StartArguments {
  readonly role?: string | undefined;
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly data_dir?: string | undefined;
}

/** `cairn start` and `npm start`. */
export async function startFromCommandLine({
  role,
  port,
  host,
  data_dir,
}: StartArguments): Promise<void> {
  // Compiled code is kept between starts: without, half of a start goes into reading our sources and libraries.
  enableCompileCache(COMPILE_CACHE);
  const { runInTerminal } = await import('./run.ts');
  await runInTerminal({
    ...process.env,
    ...(role === undefined ? {} : { CAIRN_ROLES: role }),
    ...(port === undefined ? {} : { PORT: port }),
    ...(host === undefined ? {} : { HOST: host }),
    ...(data_dir === undefined ? {} : { CAIRN_DATA_DIR: data_dir }),
  });
}

if (import.meta.main) {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: {
        role: text,
        port: text,
        host: text,
        'data-dir': text,
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) process.stdout.write(`${USAGE}\n\n${HINT}\n`);
    else await startFromCommandLine({ ...values, data_dir: values['data-dir'] });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exitCode = 2;
  }
}
