import type { AgentDefinition } from '@cairn/protocol';
import type { Principal } from '../http/index.ts';
import {
  namesFound,
  narrowTools,
  timeLimitOf,
  TOOL_SEARCH,
  type RunnableTool,
  type ToolDefinitions,
} from '../tools/index.ts';
import type { ToolCallRecord } from './contract.ts';
import type { ModelTool } from './models/index.ts';
import { ASK_AGENT, HAND_OVER } from './read-definition.ts';

/** A tool as an agent is offered it. */
export interface OfferedTool extends ModelTool {
  readonly kind: 'tool' | 'ask' | 'hand_over' | 'search';
  /** How long a call may take, in milliseconds; null is as long as the run has left. */
  readonly limit_ms: number | null;
  /** Who may answer besides the tools runner. */
  readonly responder: string | null;
  readonly needs_approval: boolean;
}

/** Names that mean something of ours, whatever a definition says. */
const OWN_NAMES: ReadonlySet<string> = new Set([ASK_AGENT, HAND_OVER, TOOL_SEARCH.name]);

/** Tools that do what a capability is about. */
const CAPABILITY_OF: Readonly<
  Record<string, 'can_create_breadcrumbs' | 'can_update_own' | 'can_delete_own'>
> = {
  breadcrumb_create: 'can_create_breadcrumbs',
  breadcrumb_update: 'can_update_own',
  breadcrumb_delete: 'can_delete_own',
};
const GRANTED_BY_DEFAULT = {
  can_create_breadcrumbs: true,
  can_update_own: true,
  can_delete_own: false,
} as const;

/** What an agent may use in a step. */
export interface Offer {
  /** What the model is told of. */
  readonly offered: readonly OfferedTool[];
  /** What `tool_search` looks through; more than what is offered when there are many. */
  readonly all: readonly OfferedTool[];
}

/**
 * The tools that an agent may use: those of the tenant that its definition allows, and its ways to other agents. Of more
 * than `offered_max` it is offered those that are built in or that its definition names, and those that its searches in
 * this run (`calls`) found.
 */
export async function offerTools(
  definition: AgentDefinition,
  tools: Pick<ToolDefinitions, 'list'>,
  principal: Principal,
  {
    calls,
    offered_max,
    tool_timeout_ms,
  }: { calls: readonly ToolCallRecord[]; offered_max: number; tool_timeout_ms: number },
): Promise<Offer> {
  const ways = waysToAgents(definition);
  if (definition.capabilities?.can_use_tools === false) return { offered: ways, all: ways };
  const listed = await tools.list(principal);
  const all = allowedTools(definition, listed, tool_timeout_ms);
  const searches = calls.filter(
    ({ tool, is_error }) => tool === TOOL_SEARCH.name && is_error === false,
  );
  const ours = listed.filter(
    ({ definition: { implementation } }) => implementation.type === 'builtin',
  );
  const narrowed = narrowTools(all, {
    offered_max,
    found: namesFound(searches.map(({ output }) => output)),
    always: new Set([...(definition.tools ?? []), ...ours.map(({ definition: { name } }) => name)]),
  });
  const search = narrowed.is_searched ? [SEARCH] : [];
  return { offered: [...narrowed.tools, ...search, ...ways], all: [...all, ...ways] };
}

const SEARCH: OfferedTool = {
  ...TOOL_SEARCH,
  input_schema: { ...TOOL_SEARCH.input_schema },
  kind: 'search',
  limit_ms: null,
  responder: null,
  needs_approval: false,
};

function allowedTools(
  definition: AgentDefinition,
  listed: readonly RunnableTool[],
  tool_timeout_ms: number,
): OfferedTool[] {
  const { capabilities = {}, approvals } = definition;
  const needsApproval = (name: string) =>
    approvals?.tools === '*' || (approvals?.tools.includes(name) ?? false);
  return listed
    .filter(
      ({ definition: { name } }) =>
        definition.tools === undefined || definition.tools.includes(name),
    )
    .filter(({ definition: { name } }) => !OWN_NAMES.has(name))
    .filter(({ definition: { name } }) => {
      const capability = Object.hasOwn(CAPABILITY_OF, name) ? CAPABILITY_OF[name] : undefined;
      return !capability || (capabilities[capability] ?? GRANTED_BY_DEFAULT[capability]);
    })
    .map((found): OfferedTool => {
      const { definition: tool } = found;
      return {
        kind: 'tool',
        limit_ms: timeLimitOf(found, tool_timeout_ms),
        name: tool.name,
        description: tool.description,
        input_schema: tool.definition.inputSchema,
        responder: tool.responder ?? null,
        needs_approval: tool.requires_approval === true || needsApproval(tool.name),
      };
    });
}

function waysToAgents({ agents = [], capabilities }: AgentDefinition): OfferedTool[] {
  if (agents.length === 0 || capabilities?.can_spawn_agents !== true) return [];
  // Somebody who was asked thinks as long as it may.
  const common = { responder: null, needs_approval: false, limit_ms: null } as const;
  const agent = { type: 'string', enum: agents, description: 'The name of the agent' };
  return [
    {
      ...common,
      kind: 'ask',
      name: ASK_AGENT,
      description: `Asks another agent and waits for its answer. The agents are: ${agents.join(', ')}.`,
      input_schema: {
        type: 'object',
        required: ['agent', 'message'],
        properties: {
          agent,
          message: { type: 'string', description: 'What it is asked; it knows nothing else' },
        },
      },
    },
    {
      ...common,
      kind: 'hand_over',
      name: HAND_OVER,
      description: `Lets another agent answer this message instead of you. The agents are: ${agents.join(', ')}.`,
      input_schema: {
        type: 'object',
        required: ['agent', 'reason'],
        properties: { agent, reason: { type: 'string', description: 'What it should know' } },
      },
    },
  ];
}
