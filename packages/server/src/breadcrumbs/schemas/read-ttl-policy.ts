import {
  assertKnownFields,
  compileSelector,
  Selector,
  TtlConfig,
  type CompiledSelector,
} from '@cairn/protocol';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { durationMs, readTtlConfig } from '../hygiene/lifetime.ts';

const PolicyConfig = Type.Object({
  ...TtlConfig.properties,
  datetime: Type.Optional(Type.String()),
});

const Rule = Type.Object({
  type: Type.Union(
    (['never', 'datetime', 'duration', 'usage', 'hybrid'] as const).map((each) =>
      Type.Literal(each),
    ),
  ),
  config: Type.Optional(PolicyConfig),
});

const Condition = Type.Pick(Selector, ['any_tags', 'all_tags', 'context_match']);

/** A rule of its own for records that a selector matches, which may stand under either name. */
const Conditional = Type.Object({
  ...Rule.properties,
  when: Type.Optional(Condition),
  condition: Type.Optional(Condition),
});

const Policy = Type.Object({
  ...Rule.properties,
  allow_override: Type.Optional(Type.Boolean()),
  conditional_policies: Type.Optional(
    Type.Union([Type.Array(Conditional, { maxItems: 50 }), Type.Null()]),
  ),
});

/** When records end. */
export interface TtlRule {
  readonly type: 'never' | 'datetime' | 'duration' | 'usage' | 'hybrid';
  /** Seconds from the creation; for duration and hybrid, else null. */
  readonly duration_s: number | null;
  /** RFC 3339; for datetime, else null. */
  readonly datetime: string | null;
  /** Reads after which the record is done with; for usage and hybrid, else null. */
  readonly max_reads: number | null;
  /** Whether a hybrid ends with the first of its limits or the last. */
  readonly hybrid_mode: 'any' | 'all';
}

/** How long records of a schema live when they do not say so themselves. */
export interface TtlPolicy extends TtlRule {
  /** Whether a record's own TTL counts more than the policy. */
  readonly allow_override: boolean;
  /** Rules for some of the records, the first that matches instead of the policy's own; absent when there are none. */
  readonly conditional?: readonly ConditionalRule[];
}

/** A rule, and the records that it is for. */
export interface ConditionalRule {
  readonly when: CompiledSelector;
  readonly rule: TtlRule;
}

/**
 * Reads `lifecycle.ttl_policy` of a definition. Null when there is none, and when it or one of its conditional policies
 * lacks what it needs: a record is not deleted for a policy that nobody can be sure of.
 */
export function readTtlPolicy(lifecycle: unknown): TtlPolicy | null {
  if (typeof lifecycle !== 'object' || lifecycle === null || !('ttl_policy' in lifecycle))
    return null;
  const policy = lifecycle.ttl_policy;
  if (!Value.Check(Policy, policy)) return null;
  const own = readRule(policy);
  const conditional = (policy.conditional_policies ?? []).map(readConditional);
  if (own === null) return null;
  const rules = conditional.filter((each) => each !== null);
  if (rules.length < conditional.length) return null;
  return {
    ...own,
    allow_override: policy.allow_override ?? true,
    ...(rules.length > 0 ? { conditional: rules } : {}),
  };
}

/** The policy in the context of a definition, or null. */
export function readTtlPolicyOf(context: unknown): TtlPolicy | null {
  const has_lifecycle = typeof context === 'object' && context !== null && 'lifecycle' in context;
  return has_lifecycle ? readTtlPolicy(context.lifecycle) : null;
}

function readConditional(given: Static<typeof Conditional>): ConditionalRule | null {
  const selector = given.when ?? given.condition;
  const rule = readRule(given);
  // Without a condition it would be for all records, and make the policy's own rule pointless.
  const says_nothing = Object.values(selector ?? {}).every((part) => part === null);
  if (!selector || says_nothing || rule === null) return null;
  try {
    assertKnownFields(selector, '');
    return { when: compileSelector(selector), rule };
  } catch {
    return null;
  }
}

function readRule({ type, config: given = {} }: Static<typeof Rule>): TtlRule | null {
  const { datetime, ...limits } = given;
  const config = partsOf(limits);
  if (config === null) return null;
  const { max_reads } = config;
  const duration_s = Math.round(durationMs(config) / 1_000);
  const lasts = type === 'duration' || type === 'hybrid';
  const counts = type === 'usage' || type === 'hybrid';
  const ends = type === 'datetime';
  if (lasts && duration_s < 1) return null;
  if (counts && max_reads === undefined) return null;
  if (ends && !isTime(datetime)) return null;
  return {
    type,
    duration_s: lasts ? duration_s : null,
    datetime: ends ? new Date(datetime ?? '').toISOString() : null,
    max_reads: counts ? (max_reads ?? null) : null,
    hybrid_mode: config.hybrid_mode ?? 'any',
  };
}

/** A duration in words as its parts, which records take too; null when it contradicts itself. */
function partsOf(config: TtlConfig): TtlConfig | null {
  try {
    return readTtlConfig(config);
  } catch {
    return null;
  }
}

/** Whether it is a time that the database can hold. */
function isTime(text: string | undefined): boolean {
  const year = new Date(text ?? '').getUTCFullYear();
  return year >= 1 && year <= 9999;
}
