import { join, resolve } from 'node:path';
import { AGENTS_SETTINGS } from '../agents/index.ts';
import {
  choiceSetting,
  ConfigError,
  readSlice,
  textSetting,
  type Setting,
  type Slice,
  type Values,
} from '../base/index.ts';
import { HYGIENE_SETTINGS, SEARCH_SETTINGS } from '../breadcrumbs/index.ts';
import { BUS_SETTINGS } from '../bus/index.ts';
import { DB_SETTINGS } from '../db/index.ts';
import { HTTP_SETTINGS, isLoopbackAddress } from '../http/index.ts';
import { IDENTITY_SETTINGS } from '../identity/index.ts';
import { QUEUE_SETTINGS } from '../queue/index.ts';
import { RUNS_SETTINGS } from '../runs/index.ts';
import { SECRETS_SETTINGS } from '../secrets/index.ts';
import { WEBHOOKS_SETTINGS } from '../webhooks/index.ts';
import { MCP_SETTINGS, TOOLS_SETTINGS } from '../tools/index.ts';
import { METRICS_SETTINGS, TRACING_SETTINGS } from './observe-config.ts';
import { isForRunsOnly, ROLES_OF_PROCESS, type ProcessRole } from './roles.ts';

const APP_SETTINGS = {
  data_dir: textSetting({
    env: 'CAIRN_DATA_DIR',
    description: 'Folder for embedded data and generated keys.',
    fallback: '.cairn',
  }),
  roles: textSetting({
    env: 'CAIRN_ROLES',
    description: `What this process does, comma separated: ${ROLES_OF_PROCESS.join(', ')}, or all.`,
    fallback: 'all',
  }),
  log_level: choiceSetting({
    env: 'LOG_LEVEL',
    description: 'Lines below this level are not logged.',
    fallback: 'warn',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
  }),
};

/** Every setting, by module. */
const SLICES = {
  app: APP_SETTINGS,
  http: HTTP_SETTINGS,
  identity: IDENTITY_SETTINGS,
  db: DB_SETTINGS,
  bus: BUS_SETTINGS,
  queue: QUEUE_SETTINGS,
  agents: AGENTS_SETTINGS,
  tools: TOOLS_SETTINGS,
  mcp: MCP_SETTINGS,
  secrets: SECRETS_SETTINGS,
  webhooks: WEBHOOKS_SETTINGS,
  search: SEARCH_SETTINGS,
  hygiene: HYGIENE_SETTINGS,
  metrics: METRICS_SETTINGS,
  tracing: TRACING_SETTINGS,
  runs: RUNS_SETTINGS,
} satisfies Record<string, Slice>;

export interface Config extends Omit<
  { readonly [M in keyof typeof SLICES]: Values<(typeof SLICES)[M]> },
  'app'
> {
  readonly data_dir: string;
  readonly roles: ReadonlySet<ProcessRole>;
  readonly log_level: Values<typeof APP_SETTINGS>['log_level'];
  readonly auth_mode: 'dev' | 'strict';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads all settings once. @throws ConfigError that tells every problem at once */
export function readConfig(environment: Environment): Config {
  const problems: string[] = [];
  const read = <S extends Slice>(slice: S) => readSlice(slice, environment, problems);
  const app = read(SLICES.app);
  const http = read(SLICES.http);
  const identity = read(SLICES.identity);
  const db = read(SLICES.db);
  const runs = read(SLICES.runs);
  const roles = readRoles(app.roles, problems);
  const is_local = isLoopbackAddress(http.host);
  const auth_mode = identity.auth_mode ?? (is_local ? 'dev' : 'strict');
  if (auth_mode === 'dev' && !is_local) {
    problems.push(
      `AUTH_MODE: dev gives a token to anybody who can reach ${http.host}; listen on 127.0.0.1, or set AUTH_MODE=strict and use the admin key`,
    );
  }
  const has_databases =
    db.url !== null ||
    (isForRunsOnly(roles) &&
      (runs.ingest_url !== null || !roles.has('ingest')) &&
      (runs.query_url !== null || !roles.has('query')));
  if (!has_databases && roles.size < ROLES_OF_PROCESS.length) {
    problems.push(
      'CAIRN_ROLES: the embedded database serves one process; set DATABASE_URL to split roles, or leave them all together',
    );
  }
  const rest = {
    bus: read(SLICES.bus),
    queue: read(SLICES.queue),
    agents: read(SLICES.agents),
    tools: read(SLICES.tools),
    mcp: read(SLICES.mcp),
    search: read(SLICES.search),
    hygiene: read(SLICES.hygiene),
    metrics: read(SLICES.metrics),
    tracing: read(SLICES.tracing),
    secrets: read(SLICES.secrets),
    webhooks: read(SLICES.webhooks),
  };
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.freeze({
    data_dir: resolve(app.data_dir),
    roles,
    log_level: app.log_level,
    auth_mode,
    http,
    identity,
    db,
    runs,
    ...rest,
  });
}

function readRoles(text: string, problems: string[]): ReadonlySet<ProcessRole> {
  const names = text.split(',').map((each) => each.trim());
  if (names.includes('all')) return new Set(ROLES_OF_PROCESS);
  const unknown = names.filter((name) => !(ROLES_OF_PROCESS as readonly string[]).includes(name));
  if (unknown.length > 0) {
    problems.push(
      `CAIRN_ROLES: "${unknown.join(', ')}" is not a role; roles are ${ROLES_OF_PROCESS.join(', ')}, or all`,
    );
  }
  return new Set(names as ProcessRole[]);
}

/** A setting as `cairn config` shows it. */
export interface DescribedSetting {
  readonly name: string;
  readonly value: string;
  readonly source: 'environment' | 'default';
  readonly description: string;
}

/** The settings in force, without variables of the operating system. Of a secret, only whether it is set. */
export function describeSettings(environment: Environment): DescribedSetting[] {
  const settings = Object.values<Slice>(SLICES)
    .flatMap((slice) => Object.values<Setting<unknown>>(slice))
    .filter(({ is_of_system }) => !is_of_system);
  return settings.map(({ env, description, fallback, is_secret }) => {
    const text = environment[env]?.trim();
    const is_set = text !== undefined && text !== '';
    const value = is_set ? (is_secret ? '(set)' : text) : showFallback(fallback);
    return { name: env, value, source: is_set ? 'environment' : 'default', description };
  });
}

function showFallback(fallback: unknown): string {
  if (Array.isArray(fallback)) return fallback.join(', ') || '(not set)';
  return typeof fallback === 'string' || typeof fallback === 'number'
    ? String(fallback)
    : '(not set)';
}

/** Where the embedded database keeps its files. */
export function embeddedFolder(data_dir: string): string {
  return join(data_dir, 'pgdata');
}
