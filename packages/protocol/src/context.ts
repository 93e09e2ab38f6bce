import { Type, type Static } from 'typebox';
import { LIMITS } from './limits.ts';
import { ContextRule } from './selector.ts';

/**
 * What an agent is shown besides its message: `context.config.v1` says what to gather for a consumer, and
 * `agent.context.v1` is what was gathered, exactly as the model sees it.
 */

const SchemaName = Type.String({ minLength: 1, maxLength: LIMITS.schema_name_chars });
const Tag = Type.String({ minLength: 1, maxLength: LIMITS.tag_chars });
const TagList = Type.Array(Tag, { maxItems: LIMITS.selector_tags });
const Count = Type.Integer({ minimum: 1, maximum: 100 });

/**
 * How a source finds its records: `recent` and `latest` by the time of their last change, `tagged` by tags, `search`
 * by words and meaning (`vector` and `hybrid` are other names of it). `event_data` is the message itself.
 */
export const CONTEXT_METHODS = [
  'recent',
  'latest',
  'tagged',
  'search',
  'vector',
  'hybrid',
  'event_data',
] as const;
export type ContextMethod = (typeof CONTEXT_METHODS)[number];

/** How a selector with the role `context` fetches its records. */
export const ContextFetch = Type.Object({
  method: Type.Enum(['event_data', 'latest', 'recent', 'vector']),
  limit: Type.Optional(Count),
  nn: Type.Optional(Count),
});
export type ContextFetch = Static<typeof ContextFetch>;

/** One place that a context is gathered from. */
export const ContextSource = Type.Object({
  /** What it is called in the result; the schema or the method where it has no name. */
  key: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  schema_name: Type.Optional(Type.Union([SchemaName, Type.Null()])),
  method: Type.Optional(Type.Enum([...CONTEXT_METHODS], { default: 'recent' })),
  /** Records at most: 20, and 1 of `latest`. */
  limit: Type.Optional(Count),
  /** Of a search: 10. */
  nn: Type.Optional(Count),
  /** What is searched for, instead of the words of the message. */
  query: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000 })),
  filters: Type.Optional(
    Type.Object({
      tag: Type.Optional(Type.Union([Tag, TagList])),
      any_tags: Type.Optional(Type.Union([TagList, Type.Null()])),
      all_tags: Type.Optional(Type.Union([TagList, Type.Null()])),
      context_match: Type.Optional(
        Type.Union([Type.Array(ContextRule, { maxItems: LIMITS.selector_rules }), Type.Null()]),
      ),
    }),
  ),
  /** `current`: only what belongs to the conversation of the message. */
  conversation_scope: Type.Optional(Type.Enum(['current', 'all'], { default: 'all' })),
  /** What is left of the budget goes to higher ones first; equal ones in the order of the list. */
  priority: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000, default: 0 })),
  /** The weight of its fair share of the budget. */
  share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000, default: 1 })),
});
export type ContextSource = Static<typeof ContextSource>;

/** What is gathered for an agent. `context` of `agent.def.v1` has this shape. */
export const ContextPlan = Type.Object({
  sources: Type.Array(ContextSource, { maxItems: 20 }),
  /**
   * The conversation is a source of its own, before all others, unless this is false or a source of the list has
   * `conversation_scope: current`.
   */
  conversation: Type.Optional(Type.Boolean({ default: true })),
  exclude: Type.Optional(
    Type.Object({
      schema_names: Type.Optional(Type.Array(SchemaName, { maxItems: 100 })),
      tags: Type.Optional(TagList),
    }),
  ),
  output: Type.Optional(
    Type.Object({
      /** `agent.context.v1`; a plan that wants another does not count. */
      schema_name: Type.Optional(SchemaName),
      tags: Type.Optional(Type.Array(Tag, { maxItems: 20 })),
      ttl_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_153_600_000 })),
    }),
  ),
  formatting: Type.Optional(
    Type.Object({
      /** Of the whole context, the message included: 8,000. */
      max_tokens: Type.Optional(Type.Integer({ minimum: 256, maximum: 200_000, default: 8_000 })),
      /** Likeness of two texts, by their words, from which on the second is left out. */
      deduplication_threshold: Type.Optional(
        Type.Number({ minimum: 0.5, maximum: 1, default: 0.95 }),
      ),
      /** Whether a model is told ids and times. */
      include_metadata: Type.Optional(Type.Boolean({ default: true })),
      /** Nothing is summed up; a plan that wants it does not count. */
      enable_summarization: Type.Optional(Type.Boolean({ default: false })),
    }),
  ),
  /** A context is gathered for each `user.message.v1`; a plan that wants it at other times does not count. */
  update_triggers: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 50 })),
});
export type ContextPlan = Static<typeof ContextPlan>;

/** Context of `context.config.v1`. It counts when a curator changed it last. */
export const ContextConfig = Type.Object({
  /** The name or the id of an agent. */
  consumer_id: Type.String({ minLength: 1, maxLength: 100 }),
  ...ContextPlan.properties,
});
export type ContextConfig = Static<typeof ContextConfig>;

/** Context of `context.status.v1`: whether a configuration counts. There is one where one does not, or did not. */
export interface ContextConfigStatus {
  consumer_id: string;
  config_id: string;
  config_version: number;
  /** `proposed`: it was last changed by somebody who is no curator, and waits for one. */
  state: 'active' | 'invalid' | 'proposed';
  reason: string | null;
}

/** Context of `context.blacklist.v1`: what goes into no context. It counts when a curator changed it last. */
export const ContextBlacklist = Type.Object({
  excluded_schemas: Type.Array(Type.Union([SchemaName, Type.Object({ schema_name: SchemaName })]), {
    maxItems: 1_000,
  }),
});
export type ContextBlacklist = Static<typeof ContextBlacklist>;

/** A record as a model sees it. */
export const ContextItem = Type.Object({
  id: Type.String(),
  schema_name: Type.Union([Type.String(), Type.Null()]),
  created_at: Type.String(),
  /** Its context as its `llm_hints`, or those of its schema, show it; of what was said in the conversation the words. */
  content: Type.Unknown(),
  /** Who said it, of what is part of the conversation; it is then shown as a turn of it. */
  role: Type.Optional(Type.Enum(['user', 'assistant'])),
  /** The source that found it. */
  source: Type.Optional(Type.String()),
});
export type ContextItem = Static<typeof ContextItem>;

/** Why a record that was found is not shown. */
export const DROP_REASONS = ['similar', 'budget', 'gone', 'failed', 'excluded'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Context of `agent.context.v1`. */
export const AgentContext = Type.Object({
  consumer_id: Type.String(),
  /** The message that it was gathered for: the last of `breadcrumbs`. */
  trigger_event_id: Type.String(),
  trigger_version: Type.Optional(Type.Integer()),
  assembled_at: Type.String(),
  /** Counted with the tokens of OpenAI's models; for others with a surcharge, since they cut texts finer. */
  token_estimate: Type.Number(),
  /** Sources that gave something. */
  sources_assembled: Type.Number(),
  /** In the order in which they are shown. */
  breadcrumbs: Type.Array(ContextItem),
  dropped: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), reason: Type.Enum([...DROP_REASONS]) })),
  ),
  /** Sources that could not be read, and why. */
  failed_sources: Type.Optional(
    Type.Array(Type.Object({ source: Type.String(), reason: Type.String() })),
  ),
  /** False: the model is told no ids and times. */
  include_metadata: Type.Optional(Type.Boolean()),
  /** Who wrote the message, and in which run. */
  caused_by: Type.Optional(
    Type.Object({
      author: Type.Union([Type.String(), Type.Null()]),
      run_id: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
export type AgentContext = Static<typeof AgentContext>;

/** The tag under which the contexts of one consumer are found. */
export const consumerTag = (consumer_id: string): string => `consumer:${consumer_id}`;
