import {
  AgentDefinition,
  assertKnownFields,
  compileSelector,
  type Selector,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { messageOf } from '../base/index.ts';
import { compileOutputSchema } from './check-output.ts';
import { whyNotFollowed } from './context/read-config.ts';
import { whyNoModel } from './models/index.ts';

/** The tools that make agents begin runs of others. */
export const ASK_AGENT = 'ask_agent';
export const HAND_OVER = 'hand_over';

/** What a definition says of its selectors besides; the last two are notes of clients of the original. */
const SELECTOR_EXTRAS = ['role', 'key', 'fetch', 'comment', 'priority'];

/** A definition that can be used, with the selectors by which it is triggered; or why it cannot. */
export type ReadDefinition =
  | { readonly definition: AgentDefinition; readonly triggers: Selector[] }
  | { readonly reason: string };

/** Reads the context of an `agent.def.v1` record of a tenant. */
export function readDefinition(context: unknown, owner_id: string): ReadDefinition {
  if (!Value.Check(AgentDefinition, context)) {
    const first = Value.Errors(AgentDefinition, context)[0];
    return {
      reason: first
        ? `${first.instancePath || 'the context'} ${first.message}`
        : 'it does not fit agent.def.v1',
    };
  }
  const { agents, capabilities, model, output_schema, subscriptions } = context;
  const no_model = model == null ? null : whyNoModel(model);
  if (no_model !== null) return { reason: `/model is ${no_model}` };
  if (agents && agents.length > 0 && capabilities?.can_spawn_agents !== true)
    return { reason: '/agents names agents, but /capabilities/can_spawn_agents is not true' };
  const triggers = subscriptions.selectors
    .filter(({ role }) => role !== 'context')
    .map(({ any_tags, all_tags, schema_name, context_match }) => ({
      any_tags: any_tags ?? null,
      all_tags: all_tags ?? null,
      schema_name: schema_name ?? null,
      context_match: context_match ?? null,
    }));
  try {
    for (const each of subscriptions.selectors) assertKnownFields(each, owner_id, SELECTOR_EXTRAS);
    triggers.forEach(compileSelector);
  } catch (error) {
    return { reason: `/subscriptions/selectors: ${messageOf(error)}` };
  }
  const unmet = context.context ? whyNotFollowed(context.context) : null;
  if (unmet !== null) return { reason: `/context${unmet}` };
  try {
    if (output_schema) compileOutputSchema(output_schema);
  } catch (error) {
    return { reason: `/output_schema ${messageOf(error)}` };
  }
  return { definition: context, triggers };
}

/** The name that a definition gives its agent, as far as there is one. */
export function nameOf(context: unknown, definition_id: string): string {
  const { agent_id } = (context ?? {}) as { agent_id?: unknown };
  if (typeof agent_id !== 'string' || agent_id === '') return definition_id;
  return agent_id.replaceAll('\0', '').slice(0, 100).toWellFormed() || definition_id;
}
