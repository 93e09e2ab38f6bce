import type { AgentDefinition, BreadcrumbContext, BreadcrumbFull } from '@cairn/protocol';
import type { Clock, Log } from '../../base/index.ts';
import type { Breadcrumbs, Search } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import type { ContextStore } from './context-store.ts';

/** What contexts are gathered with. */
export interface AssemblePorts {
  readonly breadcrumbs: Pick<Breadcrumbs, 'listWithContext' | 'showToModel'>;
  readonly search: Pick<Search, 'find'>;
  readonly store: Pick<ContextStore, 'facts'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What was said in a conversation, as the reader may know it. */
  history(about: { reader: Principal; conversation_id: string }): Promise<BreadcrumbContext[]>;
}

/** For whom a context is assembled, and what it is to answer. */
export interface Asked {
  readonly owner_id: string;
  readonly agent_id: string;
  readonly definition: AgentDefinition;
  readonly model: string;
  readonly conversation_id: string;
  readonly trigger: BreadcrumbFull;
  readonly reader: Principal;
}
