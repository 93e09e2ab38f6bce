import { LIMITS } from '@cairn/protocol';
import { Type, type Static } from 'typebox';

/** What a definition does with a context that does not fit it. */
export const VALIDATIONS = ['enforce', 'warn', 'off'] as const;
export type Validation = (typeof VALIDATIONS)[number];

/** Types of a field. `any` takes every value; `datetime` and `uuid` are text of that form. */
export const FIELD_TYPES = [
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
  'any',
  'datetime',
  'uuid',
] as const;

/** What one field of a context holds. `items` describes the elements of an array in the same words. */
export const FieldDefinition = Type.Cyclic(
  {
    FieldDefinition: Type.Object({
      type: Type.Union(FIELD_TYPES.map((type) => Type.Literal(type))),
      required: Type.Optional(
        Type.Boolean({
          description: 'Missing and null are refused; a field that is not required may be either',
        }),
      ),
      description: Type.Optional(Type.String()),
      enum: Type.Optional(Type.Array(Type.Unknown(), { minItems: 1, maxItems: 500 })),
      min: Type.Optional(Type.Number({ description: 'Least number' })),
      max: Type.Optional(Type.Number({ description: 'Greatest number' })),
      minLength: Type.Optional(Type.Integer({ minimum: 0, description: 'Characters' })),
      maxLength: Type.Optional(Type.Integer({ minimum: 0, description: 'Characters' })),
      pattern: Type.Optional(
        Type.String({ description: 'Regular expression without look-around and back-references' }),
      ),
      items: Type.Optional(Type.Ref('FieldDefinition')),
    }),
  },
  'FieldDefinition',
);

/** The context of a `schema.def.v1` record, as far as Cairn relies on it; whatever else is there is kept and ignored. */
export const SchemaDefinitionContext = Type.Object({
  schema_name: Type.String({ minLength: 1, maxLength: LIMITS.schema_name_chars }),
  description: Type.Optional(Type.Unknown()),
  validation: Type.Optional(
    Type.Union(
      VALIDATIONS.map((each) => Type.Literal(each)),
      {
        description:
          'enforce refuses contexts that do not fit, warn takes and reports them, off (the default) checks nothing',
      },
    ),
  ),
  field_definitions: Type.Optional(Type.Record(Type.String(), FieldDefinition)),
  json_schema: Type.Optional(
    Type.Unknown({
      description: 'JSON Schema 2020-12 of the context, beside or instead of fields',
    }),
  ),
  llm_hints: Type.Optional(Type.Unknown()),
  lifecycle: Type.Optional(Type.Unknown()),
});
export type SchemaDefinitionContext = Static<typeof SchemaDefinitionContext>;

/** A definition that cannot be used; the message is a clause about it that says where and what is expected. */
export class SchemaDefinitionError extends Error {
  override readonly name = 'SchemaDefinitionError';
}
