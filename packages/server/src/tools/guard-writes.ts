import { AgentDefinition, SCHEMAS } from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError } from '../base/index.ts';
import { isDefining, type Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Principal } from '../http/index.ts';
import type { RunnableTool } from './read-definition.ts';
import type { WorkflowConsents } from './workflow/contract.ts';

/** What a person says by it counts, and so a tool may not say it for anybody. */
const DECIDES: ReadonlySet<string> = new Set([SCHEMAS.approval_response]);

/** Where it stands what an agent is. Without `consents` nobody stands for any. */
interface AgentPorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly consents?: Pick<WorkflowConsents, 'standing'>;
}

/** In whose name a tool runs. */
export interface Asked {
  /** Never a curator; `is_curator` says that whoever asked is one. */
  readonly caller: Principal;
  readonly is_curator: boolean;
  /** The definition of the agent that asked; null when no agent of ours did. */
  readonly agent: AgentDefinition | null;
}

/** A record as far as it decides who may change it. */
interface Changed {
  readonly schema_name: string | null;
  readonly created_by: string | null;
}

/**
 * What tools may write for whoever asked, besides what its roles allow. A definition in the name of a curator would
 * count, though no curator has seen it, and an approval in the name of a person would be one: no tool makes these. What
 * an agent's definition forbids the agent, no tool does for it.
 */
export class WriteGuard {
  readonly #asked: Asked;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** @throws AppError forbidden */
  assertCreate(schema_name: string | null | undefined): void {
    if (this.#asked.agent?.capabilities?.can_create_breadcrumbs === false)
      throw refused('create breadcrumbs (can_create_breadcrumbs)');
    this.#assertSchema(schema_name);
  }

  /** @throws AppError forbidden */
  assertUpdate(record: Changed, to_schema: string | null | undefined): void {
    this.#assertOwn(record, this.#asked.agent?.capabilities?.can_update_own ?? true, 'update');
    this.#assertSchema(record.schema_name);
    this.#assertSchema(to_schema);
  }

  /** @throws AppError forbidden */
  assertDelete(record: Changed): void {
    this.#assertOwn(record, this.#asked.agent?.capabilities?.can_delete_own ?? false, 'delete');
    this.#assertSchema(record.schema_name);
  }

  /** An agent changes what is its own, if that; for others their roles say what they may. */
  #assertOwn({ created_by }: Changed, may: boolean, what: 'update' | 'delete'): void {
    const { agent, caller } = this.#asked;
    if (!agent) return;
    if (!may) throw refused(`${what} breadcrumbs (can_${what}_own)`);
    if (created_by !== caller.agent_id) throw refused(`${what} breadcrumbs of others`);
  }

  #assertSchema(schema_name: string | null | undefined): void {
    if (schema_name == null) return;
    if (this.#asked.is_curator && isDefining(schema_name))
      throw new AppError(
        'forbidden',
        `a tool that acts for a curator may not write ${schema_name}: it would count as the curator's own`,
      );
    if (DECIDES.has(schema_name))
      throw new AppError('forbidden', `no tool may write ${schema_name}`);
  }
}

function refused(what: string): AppError {
  return new AppError('forbidden', `the definition of this agent does not let it ${what}`);
}

/** Whether a person has to consent to each call of a tool by an agent; null stands for no agent of ours. */
export function needsConsent({ definition }: RunnableTool, agent: AgentDefinition | null): boolean {
  const consent = agent?.approvals?.tools ?? [];
  const is_named = consent === '*' || consent.includes(definition.name);
  return definition.requires_approval === true || is_named;
}

/** Whether what a definition says of its agent's tools lets it use this one. */
export function mayUse({ capabilities, tools }: AgentDefinition, name: string): boolean {
  return capabilities?.can_use_tools !== false && tools?.includes(name) !== false;
}

/**
 * The definition of the agent that asked, whose id is that of its record; null when no agent of ours did. What holds is
 * what a curator stands for: who changed or deleted its own definition may do nothing until one does.
 * @throws Error when it was changed a moment ago and the log has not told of that yet
 */
export async function readAgentDefinition(
  { breadcrumbs, consents }: AgentPorts,
  { owner_id, agent_id }: Principal,
): Promise<AgentDefinition | null> {
  const standing = (await consents?.standing(owner_id, agent_id)) ?? null;
  if (standing === 'none') return POWERLESS;
  const reader: Principal = { owner_id, agent_id, roles: ['curator'] };
  const record = await breadcrumbs.getFull(reader, agent_id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
  const is_defined = record?.schema_name === SCHEMAS.agent_definition;
  // The log told of whatever was there before the request.
  if (standing === null) return is_defined ? POWERLESS : null;
  if (!is_defined) return POWERLESS;
  if (record.version !== standing)
    throw new Error(`the definition ${agent_id} was changed a moment ago`);
  return Value.Check(AgentDefinition, record.context) ? record.context : POWERLESS;
}

/** Of an agent whose definition nobody stands for, or is not valid any more. */
const POWERLESS: AgentDefinition = {
  agent_id: '-',
  system_prompt: '',
  tools: [],
  capabilities: {
    can_use_tools: false,
    can_create_breadcrumbs: false,
    can_update_own: false,
    can_delete_own: false,
  },
  subscriptions: { selectors: [] },
};
