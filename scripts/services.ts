/**
 * `npm run test:services`: the platform's tests on a real PostgreSQL and NATS, the tests of search on a PostgreSQL with
 * pgvector, and the journeys (whole servers and a browser). Servers come from CAIRN_TEST_POSTGRES_URL,
 * CAIRN_TEST_POSTGRES_VECTORS_URL and CAIRN_TEST_NATS_URL, or are started from locally installed programs, or from
 * Docker; what this script started, it ends. The tests read the same variables, and CAIRN_TEST_CHROMIUM for the path of
 * a browser.
 *
 * What cannot be had is named and its tests skip themselves; with `--require-all` that is a failure. Only pgvector may be
 * missing even then, since building it takes a download; when it is there and does not start, that is a failure.
 * Every other argument goes to vitest: `npm run test:services -- packages/server/src/db`.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  findProgram,
  ServiceUnavailable,
  startNats,
  startPostgres,
  type RunningService,
} from './service-processes.ts';
import { startPostgresWithVectors } from './vector-postgres.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const requireAll = process.argv.includes('--require-all');
const vitestArguments = process.argv.slice(2).filter((each) => each !== '--require-all');
const started: RunningService[] = [];
/** What the tests do without, and whether `--require-all` minds. */
const missing: { reason: string; is_required: boolean }[] = [];
let interrupted = false;

/** An address for the tests: the one that was given, or that of a server started now; undefined when there is none. */
async function provide(
  name: string,
  variable: string,
  start: () => Promise<RunningService>,
  is_required = true,
): Promise<string | undefined> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') {
    console.log(`${name}: the address in ${variable}`);
    return given;
  }
  try {
    const service = await start();
    started.push(service);
    console.log(`${name}: started for this run (process ${service.pid})`);
    return service.url;
  } catch (error) {
    // What is not required and does not start fails only the run that wants everything.
    const is_obstacle = error instanceof ServiceUnavailable || (!is_required && !requireAll);
    if (!is_obstacle || !(error instanceof Error)) throw error;
    const reason = `${error.message}; set ${variable} to use one that runs elsewhere`;
    missing.push({ reason, is_required });
    return undefined;
  }
}

function findBrowser(): string | undefined {
  const given = process.env.CAIRN_TEST_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  const found = given ?? names.map((name) => findProgram(name)).find((file) => file !== undefined);
  console.log(`Browser: ${found ?? 'none'}`);
  if (found === undefined) {
    const reason = 'Browser: no chromium in PATH; set CAIRN_TEST_CHROMIUM to the path of one';
    missing.push({ reason, is_required: true });
  }
  return found;
}

/** Runs the tests and resolves with the exit code. */
function runTests(extra: Record<string, string | undefined>): Promise<number> {
  const has_vectors = extra['CAIRN_TEST_POSTGRES_VECTORS_URL'] !== undefined;
  const names = ['platform', 'journeys', ...(has_vectors ? ['vectors'] : [])];
  const projects = names.flatMap((name) => ['--project', name]);
  const child = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...projects, '--passWithNoTests', ...vitestArguments],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...extra } },
  );
  const pass = (signal: NodeJS.Signals): void => {
    interrupted = true;
    child.kill(signal);
  };
  process.on('SIGINT', pass);
  process.on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function main(): Promise<number> {
  try {
    const addresses = {
      CAIRN_TEST_POSTGRES_URL: await provide('PostgreSQL', 'CAIRN_TEST_POSTGRES_URL', () =>
        startPostgres({ is_disposable: true }),
      ),
      CAIRN_TEST_POSTGRES_VECTORS_URL: await provide(
        'PostgreSQL with pgvector',
        'CAIRN_TEST_POSTGRES_VECTORS_URL',
        startPostgresWithVectors,
        false,
      ),
      CAIRN_TEST_NATS_URL: await provide('NATS', 'CAIRN_TEST_NATS_URL', startNats),
      CAIRN_TEST_CHROMIUM: findBrowser(),
    };
    for (const { reason } of missing) console.log(`Skipped: ${reason}`);
    if (requireAll && missing.some(({ is_required }) => is_required)) return 1;
    const code = await runTests(addresses);
    for (const { reason } of missing) console.log(`Skipped: ${reason}`);
    return interrupted ? 130 : code;
  } finally {
    await Promise.all(started.map((service) => service.stop()));
  }
}

process.exitCode = await main();
