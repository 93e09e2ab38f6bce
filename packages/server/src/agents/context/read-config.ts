import { ContextConfig, SCHEMAS, type ContextPlan } from '@cairn/protocol';
import { Value } from 'typebox/value';

/** A configuration that can be followed, or why it cannot. */
export type ReadConfig = { readonly config: ContextConfig } | { readonly reason: string };

/** Reads the context of a `context.config.v1` record. */
export function readConfig(context: unknown): ReadConfig {
  if (!Value.Check(ContextConfig, context)) {
    const first = Value.Errors(ContextConfig, context)[0];
    const reason = first ? `${first.instancePath || 'the context'} ${first.message}` : null;
    return { reason: reason ?? 'it does not fit context.config.v1' };
  }
  const reason = whyNotFollowed(context);
  return reason === null ? { config: context } : { reason };
}

/**
 * Why a plan asks for something that is not done here; null when all of it is. To follow the rest of it would show its
 * agent something else than what was asked for.
 */
export function whyNotFollowed({
  update_triggers = [],
  output,
  formatting,
}: ContextPlan): string | null {
  const place = update_triggers.findIndex((each) => schemaOf(each) !== SCHEMAS.user_message);
  if (place >= 0)
    return `/update_triggers/${place}: a context is gathered when a ${SCHEMAS.user_message} comes, and at no other time`;
  const written = output?.schema_name ?? SCHEMAS.agent_context;
  if (written !== SCHEMAS.agent_context)
    return `/output/schema_name: contexts are written as ${SCHEMAS.agent_context}, and not as ${written}`;
  if (formatting?.enable_summarization === true)
    return '/formatting/enable_summarization: nothing is summed up; what is beyond max_tokens is shortened or left out';
  return null;
}

/** What a trigger waits for: it is a selector, or the name of a schema alone. */
function schemaOf(trigger: unknown): unknown {
  if (typeof trigger !== 'object' || trigger === null) return trigger;
  return (trigger as { schema_name?: unknown }).schema_name;
}
