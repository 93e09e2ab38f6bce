import {
  ContextBlacklist,
  SCHEMAS,
  type AgentDefinition,
  type BreadcrumbContext,
  type ContextConfig,
  type ContextPlan,
  type ContextSource,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import type { IdentityStore } from '../../identity/index.ts';
import type { DefinitionStore } from '../definition-store.ts';
import type { ContextStore } from './context-store.ts';
import { readConfig } from './read-config.ts';

/** Configurations and blacklists of one tenant that are read at most, those changed last. */
const CONFIGS_MAX = 200;

/** What is gathered for an agent, and what is left out whatever finds it. */
export interface Plan extends ContextPlan {
  readonly excluded_schemas: ReadonlySet<string>;
}

interface PlanPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly identity: IdentityStore;
  readonly definitions: DefinitionStore;
  readonly store: ContextStore;
}

/**
 * What is to be gathered for an agent; null for one that nobody configured, which sees its conversation. The first
 * there is counts: a `context.config.v1` for its name or its id, `context` of its definition, its selectors with the
 * role `context`. Configurations and blacklists count when a curator changed them last.
 */
export async function findPlan(
  ports: PlanPorts,
  agent: { owner_id: string; agent_id: string; definition: AgentDefinition },
): Promise<Plan | null> {
  const { owner_id, agent_id, definition } = agent;
  // Settings are read as definitions are: whoever is guarded from them is meant by them all the same.
  const curator: Principal = { owner_id, agent_id, roles: ['curator'] };
  const rows = await ports.breadcrumbs.listWithContext(curator, {
    schema_names: [SCHEMAS.context_config, SCHEMAS.context_blacklist],
    limit: CONFIGS_MAX,
  });
  const is_consumer = ({ consumer_id }: ContextConfig) =>
    consumer_id === definition.agent_id || consumer_id === agent_id;
  const configs = rows.filter(({ schema_name, context }) => {
    if (schema_name !== SCHEMAS.context_config) return false;
    const read = readConfig(context);
    return 'config' in read && is_consumer(read.config);
  });
  const own = definition.context ?? planOfSelectors(definition);
  if (configs.length === 0 && own === null) return null;
  const blacklists = rows.filter(({ schema_name }) => schema_name === SCHEMAS.context_blacklist);
  const approved = await ofCurators(ports, owner_id, [...configs, ...blacklists]);
  const config = configs.find(({ id }) => approved.has(id))?.context as ContextConfig | undefined;
  const plan: ContextPlan | null = config ?? own;
  if (plan === null) return null;
  const excluded = blacklists.filter(({ id }) => approved.has(id)).flatMap(excludedBy);
  return {
    ...plan,
    excluded_schemas: new Set([...excluded, ...(plan.exclude?.schema_names ?? [])]),
  };
}

function excludedBy({ context }: BreadcrumbContext): string[] {
  if (!Value.Check(ContextBlacklist, context)) return [];
  return context.excluded_schemas.map((each) =>
    typeof each === 'string' ? each : each.schema_name,
  );
}

/** The ids of the records whose last change a curator made; agents by definition never are that. */
export async function ofCurators(
  { identity, definitions, store }: Omit<PlanPorts, 'breadcrumbs'>,
  owner_id: string,
  rows: readonly { readonly id: string }[],
): Promise<ReadonlySet<string>> {
  const ids = rows.map(({ id }) => id);
  const facts = [...(await store.facts(owner_id, ids)).values()];
  const authors = new Set(facts.flatMap(({ updated_by }) => updated_by ?? []));
  const curators = new Set<string>();
  for (const author of authors) {
    if (await definitions.isAgent(owner_id, author)) continue;
    const roles = await identity.agentRoles(owner_id, author);
    if (roles?.includes('curator')) curators.add(author);
  }
  return new Set(
    facts.filter(({ updated_by }) => curators.has(updated_by ?? '')).map(({ id }) => id),
  );
}

/** What a definition's selectors with the role `context` ask for; null when it has none. */
export function planOfSelectors({ subscriptions }: AgentDefinition): ContextPlan | null {
  const selectors = subscriptions.selectors.filter(({ role }) => role === 'context');
  if (selectors.length === 0) return null;
  const sources = selectors.slice(0, 20).map((selector): ContextSource => {
    const { key, schema_name, any_tags, all_tags, context_match, fetch } = selector;
    return {
      ...(key ? { key } : {}),
      ...(schema_name === undefined ? {} : { schema_name }),
      ...fetch,
      filters: {
        ...(any_tags === undefined ? {} : { any_tags }),
        ...(all_tags === undefined ? {} : { all_tags }),
        ...(context_match === undefined ? {} : { context_match }),
      },
    };
  });
  return { sources };
}
