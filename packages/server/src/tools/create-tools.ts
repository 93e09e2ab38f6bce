import { SCHEMAS } from '@cairn/protocol';
import { newId, type Clock, type Log } from '../base/index.ts';
import type { Breadcrumbs, Search } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import type { Dispatcher } from '../events/index.ts';
import type { GuardedFetch } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import type { SecretAccess } from '../secrets/index.ts';
import { BUILTIN_TOOLS, type AnyBuiltin } from './builtin/index.ts';
import { ToolSchemas } from './compile-schemas.ts';
import { DefinitionStore } from './definition-store.ts';
import { ToolDefinitions, type ToolSource } from './find-definition.ts';
import { Sandbox } from './sandbox/index.ts';
import { ScheduleStore } from './schedules/schedule-store.ts';
import { Schedules } from './schedules/schedules.ts';
import {
  TOOL_DEFINITIONS,
  TOOL_REQUESTS,
  toGoneDelivery,
  ToolRunner,
  TOOLS_QUEUE,
  toToolDelivery,
  type ToolRunnerPorts,
} from './tool-runner.ts';
import { WorkflowStore } from './workflow-store.ts';
import type { WorkflowConsents } from './workflow/contract.ts';
import { Workflows } from './workflow/workflows.ts';

export interface ToolsPorts {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly identity: IdentityStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly deliveries: DeliveryStore;
  readonly secret_access: SecretAccess | null;
  readonly search: Search | null;
  /** For tools: to the hosts that each may reach. */
  readonly fetch: GuardedFetch;
  readonly timeout_ms: number;
  readonly fetch_hosts: readonly string[];
  readonly sandbox_threads: number;
  /** The built-in tools of the server when absent. */
  readonly builtins?: readonly AnyBuiltin[];
  readonly sources?: readonly ToolSource[];
  /** How steps of workflows ask for consent; without it those that need one are refused. */
  readonly consents?: WorkflowConsents;
  readonly observe?: NonNullable<ToolRunnerPorts['observe']>;
}

/** Tools as the program puts them together. */
export interface ToolParts {
  readonly definitions: ToolDefinitions;
  /** To be stopped with the program; its threads start when they are needed. */
  readonly sandbox: Sandbox;
  readonly schedules: Schedules;
  readonly workflows: Workflows;
  readonly deliveries: DeliveryStore;
  readonly runner: ToolRunner;
}

/** Makes the parts of this module and connects them. */
export function createTools(ports: ToolsPorts): ToolParts {
  const { db, clock, log, breadcrumbs, identity, deliveries } = ports;
  const store = new DefinitionStore(db);
  const schemas = new ToolSchemas();
  const builtins = ports.builtins ?? BUILTIN_TOOLS;
  const withheld = new Map(ports.fetch_hosts.length > 0 ? [] : [['http_fetch', NO_HOSTS]]);
  const sources = ports.sources ?? [];
  const definitions = new ToolDefinitions({ store, builtins, schemas, sources, withheld });
  const sandbox = new Sandbox({ clock, log, threads: ports.sandbox_threads, uuid: newId });
  const schedules = new Schedules({
    store: new ScheduleStore(db),
    deliveries,
    breadcrumbs,
    identity,
    clock,
    log,
    queue: TOOLS_QUEUE,
  });
  const workflows = new Workflows({
    store: new WorkflowStore(db),
    breadcrumbs,
    definitions,
    deliveries,
    consents: ports.consents ?? null,
    timeout_ms: ports.timeout_ms,
  });
  const checks = { store, definitions, breadcrumbs, identity, sandbox };
  const runner = new ToolRunner({
    ...ports,
    definitions,
    sandbox,
    schemas,
    schedules,
    workflows,
    checks,
  });
  return { definitions, sandbox, schedules, workflows, deliveries, runner };
}

const NO_HOSTS =
  'the tool http_fetch is not offered: the administrator of this server has listed no hosts in TOOL_FETCH_HOSTS';

/** Lets requests be run, definitions be looked at, and workflows go on. */
export function registerTools(
  dispatcher: Dispatcher,
  { workflows, deliveries }: Pick<ToolParts, 'workflows' | 'deliveries'>,
): void {
  dispatcher.defineQueue(TOOLS_QUEUE, toToolDelivery);
  dispatcher.route(TOOL_REQUESTS, TOOLS_QUEUE);
  for (const selector of TOOL_DEFINITIONS) dispatcher.route(selector, TOOLS_QUEUE);
  // Deletions are told to projections alone.
  for (const selector of TOOL_DEFINITIONS)
    dispatcher.project(selector, async (tx, event) => {
      const gone = toGoneDelivery(event);
      if (gone) await deliveries.enqueue([gone], tx);
      return gone ? [TOOLS_QUEUE] : [];
    });
  dispatcher.project({ schema_name: SCHEMAS.tool_response }, async (tx, event) =>
    (await workflows.hear(tx, event)) ? [TOOLS_QUEUE] : [],
  );
}
