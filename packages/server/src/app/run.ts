import {
  ConfigError,
  createLog,
  messageOf,
  startAll,
  stopAll,
  keepAlive,
  systemClock,
  type Service,
} from '../base/index.ts';
import { adminKeyFile } from './admin-key-file.ts';
import { compose, type Program } from './compose.ts';
import { readConfig, type Config } from './config.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { isForRunsOnly } from './roles.ts';

/** Stopping takes less than this, or the process ends without waiting longer. */
const STOP_MS = 4_500;
/** After its start, when whoever waited for it has had their first answers. */
const SETTLED_MS = 2_000;

/** A program that runs. */
export interface RunningProgram {
  readonly config: Config;
  readonly address: string | null;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/** Reads the configuration, puts the program together and starts it. */
export async function startProgram(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunningProgram & { program: Program }> {
  const config = readConfig(environment);
  const log = createLog(config.log_level);
  const program = await compose(config, log);
  const services: Service[] = [...program.services];
  try {
    await startAll(services);
  } catch (error) {
    await program.close();
    throw error;
  }
  let stopping: Promise<void> | null = null;
  return {
    config,
    program,
    address: program.address(),
    stop() {
      stopping ??= stopAll(services).finally(() => program.close());
      return stopping;
    },
  };
}

/** Starts the program for a person at a terminal: says where it is and how it is set up, and stops on Ctrl-C. */
export async function runInTerminal(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  let running: Awaited<ReturnType<typeof startProgram>>;
  try {
    running = await startProgram(environment);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
    return;
  }
  const { config, program, address } = running;
  process.stdout.write(`${banner(config, program, address)}\n`);
  systemClock.after(SETTLED_MS, giveBackMemory);
  // It ends when it is told to, not when its last connection is lost.
  keepAlive();
  const stop = () => {
    // A second signal does not wait.
    process.once('SIGINT', () => process.exit(130));
    systemClock.after(STOP_MS, () => process.exit(1));
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${messageOf(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function banner(config: Config, { db, models }: Program, address: string | null): string {
  const { model, is_demo } = models.describe();
  const roles = [...config.roles].join(', ');
  if (isForRunsOnly(config.roles))
    return `Cairn takes care of runs (${roles}) at ${address} · ${config.auth_mode} mode · ${db.capabilities.label}\n  Stop: Ctrl-C`;
  const first = `Cairn ${address ? `at ${address}` : `works as ${roles}`} · ${config.auth_mode} mode · ${db.capabilities.label}`;
  // The command looks there by itself.
  const port = address?.endsWith(':8081') ? '' : ` --url ${address}`;
  const more = [
    is_demo
      ? 'Answers come from the demo stand-in, which is not an AI. Set OPENROUTER_API_KEY, or see `npx cairn config`.'
      : `Answers come from ${model}.`,
    ...(config.auth_mode === 'strict' && address
      ? [`Tokens are given for API keys; the first key is in ${adminKeyFile(config.data_dir)}`]
      : []),
    address ? `Try: npx cairn say "what is 17% of 2340?"${port}   Stop: Ctrl-C` : 'Stop: Ctrl-C',
  ];
  return [first, ...more.map((line) => `  ${line}`)].join('\n');
}

function explain(error: unknown): string {
  if (error instanceof ConfigError)
    return `Cairn cannot start with these settings:\n${error.message.replace(/^/gm, '  ')}`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return 'Cairn cannot start: the port is taken. Stop what listens there, or set PORT to another.';
  return `Cairn cannot start: ${messageOf(error)}`;
}
