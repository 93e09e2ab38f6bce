import { Type, type Static, type TSchema } from 'typebox';
import { LIMITS } from './limits.ts';

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Text = (maxLength: number, description?: string) =>
  Type.String({ maxLength, ...(description ? { description } : {}) });

export const Uuid = Type.String({
  pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
  description: 'UUID',
});
export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

/**
 * Who may read: everyone of the tenant, or with `private` only its author, curators, and agents with a grant. `public` is a
 * statement of the author's, that the record could be shown to others too: Cairn shows nothing to anybody outside the tenant.
 */
export const VISIBILITIES = ['public', 'team', 'private'] as const;
/**
 * What must not leave: `low` nothing; `pii`, personal data, the context in events, webhooks and brokers, where readers fetch
 * it by its id; `secret` as that, and only its author, curators, and agents with a grant read it.
 */
export const SENSITIVITIES = ['low', 'pii', 'secret'] as const;
export type Visibility = (typeof VISIBILITIES)[number];
export type Sensitivity = (typeof SENSITIVITIES)[number];

const Visibility = Type.Enum([...VISIBILITIES]);
const Sensitivity = Type.Enum([...SENSITIVITIES]);
const Tags = Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.tag_chars }), {
  maxItems: LIMITS.tags,
});
const Json = Type.Unknown({ description: 'Any JSON' });

/** How a record ends: by itself never, at a time, after a time, after so many reads, or by time and reads together. */
export const TTL_TYPES = ['never', 'datetime', 'duration', 'usage', 'hybrid'] as const;
export type TtlType = (typeof TTL_TYPES)[number];
const TtlTypeSchema = Type.Enum([...TTL_TYPES]);

/** Part of a duration; the parts add up. At most a hundred years each. */
const amount = (maximum: number) => Type.Optional(Type.Number({ minimum: 0, maximum }));

/** What the `ttl_type` of a record needs. A duration is reckoned from the write that gives it. */
export const TtlConfig = Type.Object({
  days: amount(36_500),
  hours: amount(876_000),
  minutes: amount(52_560_000),
  seconds: amount(3_153_600_000),
  duration: Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,10}[smhd]$',
      description: 'Such as `2h`, in place of the parts: a number of s, m, h or d',
    }),
  ),
  max_reads: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.integer,
      description:
        'Reads of the record by its id, after which it is gone; lists and searches do not count',
    }),
  ),
  hybrid_mode: Type.Optional(
    Type.Enum(['any', 'all'], {
      description: 'Whether a hybrid ends with the first of its limits (the default) or the last',
    }),
  ),
});
export type TtlConfig = Static<typeof TtlConfig>;

/** Body of `POST /breadcrumbs`. Fields that are not named here are ignored. */
export const BreadcrumbCreate = Type.Object({
  title: Type.String({ minLength: 1, maxLength: LIMITS.title_chars }),
  context: Json,
  tags: Tags,
  schema_name: Type.Optional(Nullable(Text(LIMITS.schema_name_chars, 'Such as `user.message.v1`'))),
  description: Type.Optional(Nullable(Text(LIMITS.description_chars))),
  semantic_version: Type.Optional(Nullable(Text(LIMITS.semantic_version_chars))),
  llm_hints: Type.Optional(Nullable(Type.Record(Type.String(), Type.Unknown()))),
  visibility: Type.Optional(Visibility),
  sensitivity: Type.Optional(Sensitivity),
  ttl: Type.Optional(Nullable(Timestamp)),
  ttl_type: Type.Optional(TtlTypeSchema),
  ttl_config: Type.Optional(Nullable(TtlConfig)),
});
export type BreadcrumbCreate = Static<typeof BreadcrumbCreate>;

/** Body of `PATCH /breadcrumbs/:id`: what is absent stays, `null` clears a nullable field, `context` is replaced whole. */
export const BreadcrumbPatch = Type.Partial(BreadcrumbCreate);
export type BreadcrumbPatch = Static<typeof BreadcrumbPatch>;

const identity = {
  id: Uuid,
  title: Type.String(),
  tags: Type.Array(Type.String()),
  schema_name: Nullable(Type.String()),
};

/** One row of a list. */
export const BreadcrumbItem = Type.Object({
  ...identity,
  version: Type.Integer(),
  updated_at: Timestamp,
});
export type BreadcrumbItem = Static<typeof BreadcrumbItem>;

/** What `GET /breadcrumbs/:id` answers, and lists with `include_context=true`. */
export const BreadcrumbContext = Type.Object({
  ...identity,
  description: Nullable(Type.String()),
  semantic_version: Nullable(Type.String()),
  context: Json,
  llm_hints: Nullable(Type.Unknown()),
  version: Type.Integer(),
  updated_at: Timestamp,
  created_by: Type.Optional(
    Type.Union([Uuid, Type.Null()], { description: 'Who made it; in lists only' }),
  ),
});
export type BreadcrumbContext = Static<typeof BreadcrumbContext>;

/** Everything that is stored of a breadcrumb: `GET /breadcrumbs/:id/full`, and the answer of create. */
export const BreadcrumbFull = Type.Object({
  ...BreadcrumbContext.properties,
  owner_id: Uuid,
  visibility: Visibility,
  sensitivity: Sensitivity,
  checksum: Type.String({
    description: 'SHA-256 of the canonical JSON (RFC 8785) of the context, in hex',
  }),
  ttl: Nullable(Timestamp),
  ttl_type: Type.String({ description: `One of ${TTL_TYPES.join(', ')}` }),
  ttl_config: Nullable(Type.Unknown()),
  ttl_source: Nullable(
    Type.String({
      description:
        'Who gave the TTL: explicit (at creation), manual (by an update), schema-default, auto-applied; null when nobody did',
    }),
  ),
  read_count: Type.Integer({
    description: 'Reads of a record whose TTL is by use, since it was given; else 0',
  }),
  created_at: Timestamp,
  created_by: Nullable(Uuid),
  updated_by: Nullable(Uuid),
  size_bytes: Type.Integer({ description: 'Bytes of the context as compact JSON' }),
  embedding: Nullable(Type.Array(Type.Number())),
});
export type BreadcrumbFull = Static<typeof BreadcrumbFull>;

/**
 * What `PATCH /breadcrumbs/:id` answers: as much of the record as the caller may read, who may change what it may not read.
 * All that `BreadcrumbFull` says to whoever may read it in full.
 */
export const BreadcrumbChanged = Type.Object({
  ...Type.Partial(BreadcrumbFull).properties,
  id: Uuid,
  version: Type.Integer(),
  updated_at: Timestamp,
});
export type BreadcrumbChanged = Static<typeof BreadcrumbChanged>;

/** One version of a breadcrumb, newest first in `GET /breadcrumbs/:id/history`. */
export const BreadcrumbVersion = Type.Object({
  version: Type.Integer(),
  title: Type.String(),
  tags: Type.Array(Type.String()),
  context: Json,
  checksum: Type.String(),
  updated_at: Timestamp,
  updated_by: Nullable(Uuid),
});
export type BreadcrumbVersion = Static<typeof BreadcrumbVersion>;
