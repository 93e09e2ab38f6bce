import type { Clock, Log } from '../base/index.ts';
import type { Breadcrumbs, Search } from '../breadcrumbs/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import type { Dispatcher, EventStore } from '../events/index.ts';
import type { Routes } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import type { DeliveryStore } from '../queue/index.ts';
import type { ToolDefinitions } from '../tools/index.ts';
import { AgentChores } from './agent-chores.ts';
import { AgentRunner, type AgentObserver } from './agent-runner.ts';
import { ApprovalStore } from './approval-store.ts';
import { Approvals } from './approvals.ts';
import { breakCircuits } from './break-circuit.ts';
import { CatalogStore } from './catalog/catalog-store.ts';
import { Catalogs } from './catalog/write-catalogs.ts';
import { CircuitStore } from './circuit-store.ts';
import { ContextStore } from './context/context-store.ts';
import { ContextPreparer } from './context/prepare-contexts.ts';
import { DefinitionStore } from './definition-store.ts';
import { LiveTraces } from './live-traces.ts';
import type { ModelGateway } from './models/index.ts';
import type { Price } from './price-answer.ts';
import { registerAgents } from './register-agents.ts';
import { RunControl } from './run-control.ts';
import { runControlRoutes } from './run-routes.ts';
import { RunStops } from './run-stops.ts';
import { StopStore } from './stop-store.ts';
import { RunStore } from './store.ts';
import { retellTrace, writeTrace, type TraceSink } from './trace-run.ts';
import { TraceStore } from './trace-store.ts';

export interface AgentsPorts {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventStore;
  readonly deliveries: DeliveryStore;
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly tools: ToolDefinitions;
  readonly search: Search;
  /** As providers are called; here a used up quota comes to stand between. */
  readonly models: ModelGateway;
  fingerprintOf(model: string): string | null;
  /** Where the traces of runs go. */
  readonly traces: TraceSink;
  readonly tool_timeout_ms: number;
  readonly offered_max: number;
  /** Where a provider does not tell what a call cost. */
  readonly prices: readonly Price[];
  readonly observe?: AgentObserver;
}

/** The parts of the module, put together. */
export interface Agents {
  readonly models: ModelGateway;
  /** Works on `AGENTS_QUEUE`. */
  readonly runner: AgentRunner;
  /** Works on `AGENT_CHORES_QUEUE`. */
  readonly chores: AgentChores;
  /** Works on `CONTEXTS_QUEUE`. */
  readonly preparer: ContextPreparer;
  readonly run_stops: RunStops;
  /** Tells of runs while they go on, where runs are worked on. */
  readonly live: LiveTraces;
  readonly definitions: DefinitionStore;
  readonly runs: RunStore;
  readonly routes: Routes;
  /** Lets the dispatcher tell agents of events. */
  register(dispatcher: Dispatcher): void;
  /** Has a run told of anew, as it is now. Says whether it was: not when it is gone, or what it says is refused. */
  readonly retell: (owner_id: string, run_id: string) => Promise<boolean>;
}

/** Puts the module together; nothing runs yet. */
export function createAgents(given: AgentsPorts): Agents {
  const { db, bus, clock, log, breadcrumbs } = given;
  const models = breakCircuits(given.models, {
    log,
    store: new CircuitStore(db),
    fingerprintOf: (model) => given.fingerprintOf(model),
  });
  const stops = new StopStore(db);
  const traces = { store: new TraceStore(db), sink: given.traces };
  const live = new LiveTraces({ ...traces, clock, log });
  const stores = {
    stops,
    runs: new RunStore(db),
    definitions: new DefinitionStore(db),
    approvals: new ApprovalStore(db),
    contexts: new ContextStore(db),
  };
  const run_stops = new RunStops({ bus, clock, log, store: stops });
  const parts = { ...given, ...stores, models, run_stops, live };
  const approvals = new Approvals(parts);
  return {
    models,
    run_stops,
    live,
    retell: (owner_id, run_id) => retellTrace(owner_id, run_id, traces),
    definitions: stores.definitions,
    runs: stores.runs,
    runner: new AgentRunner(parts),
    chores: new AgentChores({
      ...parts,
      catalogs: new Catalogs({ ...given, definitions: given.tools, store: new CatalogStore(db) }),
      writeTrace: (owner_id, run_id) => writeTrace(owner_id, run_id, traces),
    }),
    preparer: new ContextPreparer(parts),
    routes: runControlRoutes({
      approvals,
      breadcrumbs,
      control: new RunControl(parts),
      circuits: new CircuitStore(db),
    }),
    register: (dispatcher) => registerAgents(dispatcher, { ...parts, approvals }),
  };
}
