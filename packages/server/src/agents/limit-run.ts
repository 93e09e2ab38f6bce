import type { AgentDefinition } from '@cairn/protocol';
import type { Limits, RunState, RunStop, Spent } from './contract.ts';

/** What holds where a definition says nothing. */
const DEFAULTS = { model_calls: 16, tool_calls: 64, wall_time_s: 3_600, depth: 8 } as const;
const TREE_DEFAULTS = { model_calls: 256, tool_calls: 1_024 } as const;

/** The limits of a definition, with the defaults; those of no definition are the defaults. */
export function limitsOf(definition: AgentDefinition | null): Limits {
  const given = definition?.limits ?? {};
  return {
    model_calls: given.model_calls ?? DEFAULTS.model_calls,
    tool_calls: given.tool_calls ?? DEFAULTS.tool_calls,
    tokens: given.tokens ?? null,
    cost_usd: given.cost_usd ?? null,
    wall_time_s: given.wall_time_s ?? DEFAULTS.wall_time_s,
    depth: given.depth ?? DEFAULTS.depth,
    tree: {
      model_calls: given.tree?.model_calls ?? TREE_DEFAULTS.model_calls,
      tool_calls: given.tree?.tool_calls ?? TREE_DEFAULTS.tool_calls,
      tokens: given.tree?.tokens ?? null,
      cost_usd: given.tree?.cost_usd ?? null,
    },
    day: given.day ?? null,
  };
}

/**
 * Why a run may not call its model again, or null. `root` are the limits of the run at the root of the tree, `today` is
 * what the agent spent in 24 hours, when it has a limit on that.
 */
export function whyNoModelCall(
  state: RunState,
  own: Limits,
  root: Limits,
  today: Spent | null,
): RunStop | null {
  if (state.run.depth > root.depth)
    return stop(
      'depth',
      `agents began each other's runs more than ${root.depth} deep, which is the limit; it looks like a loop`,
    );
  if (state.elapsed_ms >= own.wall_time_s * 1_000)
    return stop('budget_time', `it was stopped after ${own.wall_time_s} s, the limit of one run`);
  return (
    overModelCalls(state.own.model_calls, own.model_calls, 'one run') ??
    overMeans(state.own, own, 'one run') ??
    overModelCalls(state.tree.model_calls, root.tree.model_calls, 'a run and all it began') ??
    overMeans(state.tree, root.tree, 'a run and all it began') ??
    (today && own.day
      ? (overModelCalls(today.model_calls, own.day.model_calls ?? null, 'the agent in a day') ??
        overMeans(today, own.day, 'the agent in a day'))
      : null)
  );
}

/** Why a run may not ask for so many tools, or null. */
export function whyNoTools(
  wanted: number,
  state: RunState,
  own: Limits,
  root: Limits,
): RunStop | null {
  const over = (used: number, limit: number, of: string) =>
    used + wanted > limit
      ? stop(
          'budget_tool_calls',
          `it wanted ${wanted} tool calls after ${used}, and ${limit} is the limit of ${of}`,
        )
      : null;
  return (
    over(state.own.tool_calls, own.tool_calls, 'one run') ??
    over(state.tree.tool_calls, root.tree.tool_calls, 'a run and all it began')
  );
}

function overModelCalls(used: number, limit: number | null, of: string): RunStop | null {
  if (limit === null || used < limit) return null;
  return stop(
    'budget_model_calls',
    `it was stopped after ${used} model calls without an answer; ${limit} is the limit of ${of}`,
  );
}

function overMeans(
  used: Spent,
  limits: { tokens?: number | null; cost_usd?: number | null },
  of: string,
): RunStop | null {
  const { tokens = null, cost_usd = null } = limits;
  if (tokens !== null && used.tokens >= tokens)
    return stop(
      'budget_tokens',
      `it was stopped after ${used.tokens} tokens; ${tokens} is the limit of ${of}`,
    );
  if (cost_usd !== null && used.cost_usd >= cost_usd)
    return stop(
      'budget_cost',
      `it was stopped after ${used.cost_usd.toFixed(4)} US dollars; ${cost_usd} is the limit of ${of}`,
    );
  return null;
}

function stop(error_class: RunStop['error_class'], message: string): RunStop {
  return { error_class, message };
}
