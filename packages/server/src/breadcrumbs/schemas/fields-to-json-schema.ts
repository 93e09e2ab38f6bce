import type { Static } from 'typebox';
import type { FieldDefinition } from './schema-definition.ts';

type Field = Static<typeof FieldDefinition>;

const TEXT_FORMATS: Readonly<Partial<Record<Field['type'], string>>> = {
  datetime: 'date-time',
  uuid: 'uuid',
};

/**
 * The JSON Schema that `field_definitions` stand for: an object with these fields and any others. A field that is not
 * required may be null as well as missing, because many clients send null for what they do not have.
 */
export function fieldsToJsonSchema(fields: Readonly<Record<string, Field>>): object {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, field]) => {
        const schema = fieldToJsonSchema(field);
        return [name, field.required ? schema : orNull(schema)];
      }),
    ),
    required: entries.filter(([, field]) => field.required).map(([name]) => name),
  };
}

function fieldToJsonSchema(field: Field): Record<string, unknown> {
  const { type, min, max, items } = field;
  const format = TEXT_FORMATS[type];
  return {
    ...(type === 'any' ? {} : { type: format ? 'string' : type }),
    ...(format ? { format } : {}),
    ...(field.enum ? { enum: field.enum } : {}),
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(field.minLength === undefined ? {} : { minLength: field.minLength }),
    ...(field.maxLength === undefined ? {} : { maxLength: field.maxLength }),
    ...(field.pattern === undefined ? {} : { pattern: field.pattern }),
    ...(items ? { items: fieldToJsonSchema(items) } : {}),
  };
}

function orNull(schema: Record<string, unknown>): Record<string, unknown> {
  const { type, enum: choices } = schema;
  return {
    ...schema,
    ...(type === undefined ? {} : { type: type === 'null' ? type : [type, 'null'] }),
    ...(Array.isArray(choices) ? { enum: [...choices, null] } : {}),
  };
}
