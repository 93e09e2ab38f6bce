/** Keywords of JSON Schema whose value is one schema, a list of them, or schemas by name. */
const ONE = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
]);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const NAMED = new Set([
  '$defs',
  'definitions',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);
/** Deeper than this nothing is checked anyway. */
const DEPTH_MAX = 64;

const DRAFT_7 = /^https?:\/\/json-schema\.org\/draft-0[4-7]\/schema#?$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A schema of draft 7 in the words of draft 2020-12, which is what a schema without `$schema` is read as: lists in `items`
 * become `prefixItems`, and `dependencies` become two keywords. One of draft 2020-12 stays as it is.
 */
export function modernizeSchema(schema: Fields): Fields {
  const { $schema } = schema;
  const is_old = typeof $schema === 'string' && DRAFT_7.test($schema);
  return modernize(schema, is_old, 0) as Fields;
}

function modernize(schema: unknown, is_old: boolean, depth: number): unknown {
  if (!isObject(schema) || depth > DEPTH_MAX) return schema;
  // What stands beside a reference counts for nothing in the old drafts, definitions aside.
  const given =
    is_old && '$ref' in schema
      ? Object.entries(schema).filter(([key]) => BESIDE_REF.has(key))
      : Object.entries(schema);
  const inner = (value: unknown) => modernize(value, is_old, depth + 1);
  const all = (value: unknown) => (Array.isArray(value) ? value.map(inner) : value);
  const named = (value: unknown) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each)]))
      : value;
  return Object.fromEntries(
    given.flatMap(([key, value]): [string, unknown][] => {
      if (key === 'items' && Array.isArray(value)) return tupleOf(value, schema, inner);
      // Without a list in `items` it says nothing.
      if (key === 'additionalItems')
        return is_old || Array.isArray(schema['items']) ? [] : [[key, value]];
      if (key === 'dependencies' && isObject(value)) return splitDependencies(value, inner);
      if (ONE.has(key)) return [[key, inner(value)]];
      if (LISTS.has(key)) return [[key, all(value)]];
      if (NAMED.has(key)) return [[key, named(value)]];
      return [[key, value]];
    }),
  );
}

const BESIDE_REF = new Set(['$ref', '$schema', '$id', '$defs', 'definitions']);

function tupleOf(
  items: readonly unknown[],
  { additionalItems }: Fields,
  inner: (value: unknown) => unknown,
): [string, unknown][] {
  const rest: [string, unknown][] =
    additionalItems === undefined ? [] : [['items', inner(additionalItems)]];
  return items.length === 0 ? rest : [['prefixItems', items.map(inner)], ...rest];
}

function splitDependencies(
  dependencies: Fields,
  inner: (value: unknown) => unknown,
): [string, unknown][] {
  const entries = Object.entries(dependencies);
  const names = entries.filter(([, value]) => Array.isArray(value));
  const schemas = entries.filter(([, value]) => !Array.isArray(value));
  return [
    ...(names.length > 0
      ? [['dependentRequired', Object.fromEntries(names)] satisfies [string, unknown]]
      : []),
    ...(schemas.length > 0
      ? [
          [
            'dependentSchemas',
            Object.fromEntries(schemas.map(([key, value]) => [key, inner(value)])),
          ] satisfies [string, unknown],
        ]
      : []),
  ];
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
