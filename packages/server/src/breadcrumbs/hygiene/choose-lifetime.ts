import type { BreadcrumbCreate } from '@cairn/protocol';
import type { TtlPolicy, TtlRule } from '../schemas/read-ttl-policy.ts';
import { automaticTtlMs, type AutomaticTtls } from './automatic-ttl.ts';
import { asksForLifetime, endings, readLifetime, WITHOUT_END, type Lifetime } from './lifetime.ts';

type Body = Pick<
  BreadcrumbCreate,
  'schema_name' | 'tags' | 'context' | 'ttl' | 'ttl_type' | 'ttl_config'
>;

/**
 * The lifetime of a new record: what its author says, else what its schema says, else what is usual for its kind. A
 * policy that allows no override comes first.
 * @throws AppError validation_failed when the author asks for what cannot be
 */
export function chooseLifetime(
  body: Body,
  policy: TtlPolicy | null,
  ttls: AutomaticTtls,
  now_ms: number,
): Lifetime {
  const asked = asksForLifetime(body) ? readLifetime(body, now_ms, 'explicit') : null;
  if (asked && policy?.allow_override !== false) return asked;
  const by_schema = policy && lifetimeByRule(ruleFor(policy, body), now_ms);
  return by_schema ?? asked ?? automaticLifetime(body, ttls, now_ms);
}

/** Records of passing interest end by themselves, unless their author says otherwise: `ttl: null` keeps them. */
function automaticLifetime(
  { schema_name, tags }: Body,
  ttls: AutomaticTtls,
  now_ms: number,
): Lifetime {
  const ttl_ms = automaticTtlMs(schema_name ?? null, tags, ttls);
  if (ttl_ms === null) return WITHOUT_END;
  const ttl = new Date(now_ms + ttl_ms).toISOString();
  return { ttl, ttl_type: 'duration', ttl_config: null, ttl_source: 'auto-applied' };
}

function ruleFor(policy: TtlPolicy, { schema_name, tags, context }: Body): TtlRule {
  const record = { schema_name: schema_name ?? null, tags, context };
  return policy.conditional?.find(({ when }) => when.matches(record))?.rule ?? policy;
}

/** Null for a time that has passed: the records of a schema are not made to vanish as they are written. */
function lifetimeByRule(rule: TtlRule, now_ms: number): Lifetime | null {
  const { type, duration_s, datetime, max_reads, hybrid_mode } = rule;
  const ttl_source = 'schema-default';
  if (datetime !== null && Date.parse(datetime) <= now_ms) return null;
  const ends_at =
    duration_s === null ? datetime : new Date(now_ms + duration_s * 1_000).toISOString();
  const config = {
    ...(duration_s === null ? {} : { seconds: duration_s }),
    ...(max_reads === null ? {} : { max_reads }),
    hybrid_mode,
  };
  return { ttl_type: type, ttl_source, ...endings(type, ends_at, config) };
}
