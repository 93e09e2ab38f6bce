import { Type } from 'typebox';
import { Value } from 'typebox/value';

const Amount = Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e9 }));

const Policy = Type.Object({
  type: Type.Union(
    (['never', 'datetime', 'duration', 'usage', 'hybrid'] as const).map((each) =>
      Type.Literal(each),
    ),
  ),
  config: Type.Optional(
    Type.Object({
      days: Amount,
      hours: Amount,
      minutes: Amount,
      seconds: Amount,
      datetime: Type.Optional(Type.String()),
      max_reads: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
      hybrid_mode: Type.Optional(Type.Union([Type.Literal('any'), Type.Literal('all')])),
    }),
  ),
  allow_override: Type.Optional(Type.Boolean()),
});

/** How long records of a schema live when they do not say so themselves. */
export interface TtlPolicy {
  readonly type: 'never' | 'datetime' | 'duration' | 'usage' | 'hybrid';
  /** Seconds from the creation; for duration and hybrid, else null. */
  readonly duration_s: number | null;
  /** RFC 3339; for datetime, else null. */
  readonly datetime: string | null;
  /** Reads after which the record is done with; for usage and hybrid, else null. */
  readonly max_reads: number | null;
  /** Whether a hybrid ends with the first of its limits or the last. */
  readonly hybrid_mode: 'any' | 'all';
  /** Whether a record's own TTL counts more than the policy. */
  readonly allow_override: boolean;
}

/**
 * Reads `lifecycle.ttl_policy` of a definition. Null when there is none, and when it lacks what its type needs:
 * a record is not deleted for a policy that nobody can be sure of. Conditional policies are not applied.
 */
export function readTtlPolicy(lifecycle: unknown): TtlPolicy | null {
  if (typeof lifecycle !== 'object' || lifecycle === null || !('ttl_policy' in lifecycle))
    return null;
  const policy = lifecycle.ttl_policy;
  if (!Value.Check(Policy, policy)) return null;
  const {
    days = 0,
    hours = 0,
    minutes = 0,
    seconds = 0,
    max_reads,
    datetime,
  } = policy.config ?? {};
  const duration_s = Math.round(((days * 24 + hours) * 60 + minutes) * 60 + seconds);
  const lasts = policy.type === 'duration' || policy.type === 'hybrid';
  const counts = policy.type === 'usage' || policy.type === 'hybrid';
  const ends = policy.type === 'datetime';
  if (lasts && duration_s < 1) return null;
  if (counts && max_reads === undefined) return null;
  if (ends && (datetime === undefined || Number.isNaN(Date.parse(datetime)))) return null;
  return {
    type: policy.type,
    duration_s: lasts ? duration_s : null,
    datetime: ends ? new Date(datetime ?? '').toISOString() : null,
    max_reads: counts ? (max_reads ?? null) : null,
    hybrid_mode: policy.config?.hybrid_mode ?? 'any',
    allow_override: policy.allow_override ?? true,
  };
}
