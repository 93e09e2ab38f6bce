import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSchemaDefinition } from './compile-definition.ts';
import { SchemaDefinitionError } from './schema-definition.ts';

const misfits = (definition: object, context: unknown) =>
  compileSchemaDefinition({ schema_name: 'x.v1', validation: 'enforce', ...definition }).validate(
    context,
  );

const FIELDS = {
  title: {
    type: 'string',
    required: true,
    minLength: 2,
    maxLength: 5,
    description: 'What it is called',
  },
  priority: { type: 'string', enum: ['low', 'high'] },
  score: { type: 'integer', min: 0, max: 10 },
  due: { type: 'datetime' },
  owner: { type: 'uuid' },
  labels: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$' } },
  extra: { type: 'any' },
};

describe('field definitions', () => {
  it.each([
    { title: 'room' },
    { title: 'room', priority: 'low', score: 10, labels: [], extra: { a: 1 }, unknown: true },
    { title: 'room', due: '2025-11-10T00:00:00Z', owner: '00000000-0000-0000-0000-000000000001' },
    { title: 'room', priority: null, score: null, due: null, labels: null, extra: null },
  ])('take %j', (context) => {
    expect(misfits({ field_definitions: FIELDS }, context)).toEqual([]);
  });

  it.each<[unknown, string, string]>([
    [{}, 'title', 'expected a string; nothing came'],
    [{ title: null }, 'title', 'expected a string; null came'],
    [{ title: 5 }, 'title', 'expected a string; a number came'],
    [{ title: 'r' }, 'title', 'expected at least 2 characters; a string of 1 characters came'],
    [
      { title: 'long title' },
      'title',
      'expected at most 5 characters; a string of 10 characters came',
    ],
    [
      { title: 'ok', priority: 'urgent' },
      'priority',
      'expected one of "low","high",null; a string of 6 characters came',
    ],
    [{ title: 'ok', score: 11 }, 'score', 'expected a number <= 10; a number came'],
    [{ title: 'ok', score: 1.5 }, 'score', 'expected an integer or null; a number came'],
    [
      { title: 'ok', due: 'tomorrow' },
      'due',
      'expected a date-time; a string of 8 characters came',
    ],
    [{ title: 'ok', owner: 'me' }, 'owner', 'expected a uuid; a string of 2 characters came'],
    [
      { title: 'ok', labels: ['a', 'B'] },
      'labels.1',
      'expected text that matches ^[a-z]+$; a string of 1 characters came',
    ],
    [
      { title: 'ok', labels: 'a' },
      'labels',
      'expected an array or null; a string of 1 characters came',
    ],
    ['text', '', 'expected an object; a string of 4 characters came'],
    [null, '', 'expected an object; null came'],
  ])('say what does not fit in %j', (context, path, message) => {
    expect(misfits({ field_definitions: FIELDS }, context)).toEqual([{ path, message }]);
  });

  it('say all that does not fit, and never a value', () => {
    const secret = 'hunter2-hunter2';
    const found = misfits(
      { field_definitions: FIELDS },
      { title: secret, priority: secret, score: -1 },
    );
    expect(found.map(({ path }) => path)).toEqual(['title', 'priority', 'score']);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('keep patterns apart', () => {
    const fields = { a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } };
    expect(misfits({ field_definitions: fields }, { a: 'a', b: 'b' })).toEqual([]);
    expect(misfits({ field_definitions: fields }, { a: 'b', b: 'b' })).toMatchObject([
      { path: 'a' },
    ]);
    expect(misfits({ field_definitions: fields }, { a: 'a', b: 'a' })).toMatchObject([
      { path: 'b' },
    ]);
  });

  it('treat names like those of Object.prototype as names', () => {
    const fields = { constructor: { type: 'string', required: true } };
    expect(misfits({ field_definitions: fields }, {})).toEqual([
      { path: 'constructor', message: 'expected a string; nothing came' },
    ]);
  });
});

describe('JSON Schema', () => {
  const address = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      home: { $ref: '#/$defs/address' },
      work: { $ref: '#/$defs/address', minProperties: 1 },
    },
    required: ['home'],
    additionalProperties: false,
    $defs: {
      address: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  };

  it('is taken with references within it', () => {
    expect(misfits({ json_schema: address }, { home: { city: 'Oslo' } })).toEqual([]);
    expect(misfits({ json_schema: address }, { home: {}, work: {}, other: 1 })).toEqual([
      { path: 'other', message: 'expected no field of this name; one came' },
      { path: 'home.city', message: 'expected a string; nothing came' },
      { path: 'work.city', message: 'expected a string; nothing came' },
      { path: 'work', message: 'expected at least 1 fields; an object of 0 fields came' },
    ]);
  });

  it('holds beside fields', () => {
    const both = { field_definitions: { a: { type: 'string' } }, json_schema: { required: ['b'] } };
    expect(misfits(both, { a: 'x', b: 1 })).toEqual([]);
    expect(misfits(both, { a: 1 }).map(({ path }) => path)).toEqual(['a', 'b']);
  });

  it('names alternatives once and not each of their faults', () => {
    const json_schema = {
      properties: { id: { anyOf: [{ type: 'integer' }, { type: 'string', minLength: 3 }] } },
    };
    expect(misfits({ json_schema }, { id: 'a' })).toEqual([
      {
        path: 'id',
        message: "expected one of the schema's alternatives; a string of 1 characters came",
      },
    ]);
  });

  it('compares unique elements by their value', () => {
    const json_schema = { properties: { a: { uniqueItems: true } } };
    expect(misfits({ json_schema }, { a: [{ x: 1, y: 2 }, { x: 2 }] })).toEqual([]);
    expect(
      misfits(
        { json_schema },
        {
          a: [
            { x: 1, y: 2 },
            { y: 2, x: 1 },
          ],
        },
      ),
    ).toHaveLength(1);
  });

  it('leaves out what only describes', () => {
    const json_schema = {
      title: 'x',
      default: 5,
      examples: [1],
      'x-order': 1,
      format: 'color',
      type: 'string',
    };
    expect(misfits({ json_schema }, 'any')).toEqual([]);
  });
});

describe('definitions that are refused', () => {
  const nested = (levels: number): object =>
    levels === 0 ? {} : { properties: { a: nested(levels - 1) } };
  const doubling = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `d${index}`,
      index === 11
        ? {}
        : { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
    ]),
  );

  it.each<[object, RegExp]>([
    [{ validation: 'strict' }, /one of enforce, warn, off/],
    [{ schema_name: '' }, /schema_name/],
    [{ schema_name: 5 }, /schema_name/],
    [{ field_definitions: [] }, /field_definitions/],
    [{ field_definitions: { a: { type: 'text' } } }, /field_definitions\.a/],
    [{ field_definitions: { a: {} } }, /field_definitions\.a/],
    [{ field_definitions: { a: { type: 'number', min: '5' } } }, /field_definitions\.a\.min/],
    [
      { field_definitions: { a: { type: 'string', pattern: '(' } } },
      /pattern that has a \( without/,
    ],
    [{ field_definitions: { a: { type: 'string', pattern: '(?=a)' } } }, /look-around/],
    [{ field_definitions: JSON.parse('{"__proto__":{"type":"string"}}') }, /names of at most/],
    [{ json_schema: 'text' }, /json_schema that is not a schema/],
    [{ json_schema: { type: 'text' } }, /json_schema\.type/],
    [{ json_schema: { type: [['object']] } }, /json_schema\.type/],
    [{ json_schema: { minimum: '5' } }, /json_schema\.minimum/],
    [{ json_schema: { properties: { a: { enum: [] } } } }, /properties\.a\.enum/],
    [
      { json_schema: { unevaluatedProperties: false } },
      /not supported: json_schema\.unevaluatedProperties/,
    ],
    [{ json_schema: { $ref: 'https://example.org/schema' } }, /reference within the schema/],
    [{ json_schema: { $ref: '#/$defs/none' } }, /something that is there/],
    [{ json_schema: { $ref: '#/constructor/prototype' } }, /something that is there/],
    [{ json_schema: { $dynamicRef: '#a' } }, /not supported/],
    [{ json_schema: { properties: { a: { $ref: '#/properties/a' } } } }, /refers to itself/],
    [
      { json_schema: { allOf: [{ $ref: '#/$defs/d0' }], $defs: doubling } },
      /more than 300 schemas/,
    ],
    [{ json_schema: nested(40) }, /nested deeper/],
    [{ json_schema: { description: 'x'.repeat(70_000) } }, /longer than/],
    [{ json_schema: { patternProperties: { '(a+': {} } } }, /pattern/],
    [{ json_schema: { required: ['__proto__'] } }, /array of names/],
    [{ json_schema: { format: 'date-time', type: [] } }, /type/],
  ])('%j', (definition, why) => {
    expect(() => misfits(definition, {})).toThrow(SchemaDefinitionError);
    expect(() => misfits(definition, {})).toThrow(why);
  });

  it('are not when nothing is validated, as in records of clients that know no validation', () => {
    const context = { field_definitions: { a: { type: 'text' } }, json_schema: 5 };
    for (const each of [context, { ...context, validation: 'off' }, 'text', null, []]) {
      expect(compileSchemaDefinition(each).validate({ a: 1 })).toEqual([]);
    }
  });
});

describe('what else a definition says', () => {
  it('has hints in its context, else in its record', () => {
    const in_context = { include: ['a'] };
    const in_record = { include: ['b'] };
    expect(compileSchemaDefinition({ llm_hints: in_context }, in_record).hints).toBe(in_context);
    expect(compileSchemaDefinition({}, in_record).hints).toBe(in_record);
    expect(compileSchemaDefinition({}).hints).toBe(null);
  });

  it('has warnings rather than refusals when it says so', () => {
    const definition = compileSchemaDefinition({
      schema_name: 'x.v1',
      validation: 'warn',
      field_definitions: { a: { type: 'string', required: true } },
    });
    expect(definition.validation).toBe('warn');
    expect(definition.validate({})).toHaveLength(1);
  });

  const none = {
    duration_s: null,
    datetime: null,
    max_reads: null,
    hybrid_mode: 'any',
    allow_override: true,
  };
  it.each<[unknown, object | null]>([
    [{ type: 'never' }, { ...none, type: 'never' }],
    [
      { type: 'duration', config: { days: 1, hours: 2, minutes: 3 } },
      { ...none, type: 'duration', duration_s: 93_780 },
    ],
    [
      { type: 'usage', config: { max_reads: 3 }, allow_override: false },
      { ...none, type: 'usage', max_reads: 3, allow_override: false },
    ],
    [
      {
        type: 'hybrid',
        config: { hours: 1, max_reads: 3, hybrid_mode: 'all' },
        conditional_policies: [],
      },
      { ...none, type: 'hybrid', duration_s: 3_600, max_reads: 3, hybrid_mode: 'all' },
    ],
    [
      { type: 'datetime', config: { datetime: '2026-01-01T00:00:00+01:00' } },
      { ...none, type: 'datetime', datetime: '2025-12-31T23:00:00.000Z' },
    ],
    [{ type: 'duration' }, null],
    [{ type: 'duration', config: { days: -1 } }, null],
    [{ type: 'usage', config: {} }, null],
    [{ type: 'hybrid', config: { hours: 1 } }, null],
    [{ type: 'datetime', config: { datetime: 'soon' } }, null],
    [{ type: 'sometimes' }, null],
    ['never', null],
  ])('has the TTL policy %j', (ttl_policy, expected) => {
    expect(compileSchemaDefinition({ lifecycle: { ttl_policy } }).ttl_policy).toEqual(expected);
  });

  it('has no TTL policy without a lifecycle', () => {
    expect(compileSchemaDefinition({}).ttl_policy).toBe(null);
    expect(compileSchemaDefinition({ lifecycle: null }).ttl_policy).toBe(null);
  });
});

describe('hostile definitions and contexts', () => {
  const soon = (action: () => void): void => {
    const start = performance.now();
    action();
    expect(performance.now() - start).toBeLessThan(2_000);
  };

  it('cannot make a pattern run long', () => {
    const fields = { a: { type: 'string', pattern: '^(a+)+$' } };
    soon(() => {
      expect(misfits({ field_definitions: fields }, { a: `${'a'.repeat(50_000)}!` })).toHaveLength(
        1,
      );
      expect(misfits({ field_definitions: fields }, { a: 'a'.repeat(1_000_000) })).toEqual([
        { path: '', message: expect.stringContaining('take too long') },
      ]);
    });
  });

  const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

  it.each<[string, object, unknown]>([
    [
      'many alternatives',
      { items: { anyOf: [...many(250, { type: 'string' }), {}] } },
      many(500_000, 0),
    ],
    ['many demands', { items: { allOf: many(250, { minimum: 0 }) } }, many(500_000, 0)],
    ['a search', { contains: { anyOf: many(250, { type: 'string' }) } }, many(500_000, 0)],
    [
      'many choices',
      { items: { enum: Array.from({ length: 5_000 }, (_, index) => index) } },
      many(200_000, 4_999),
    ],
    [
      'many names',
      { items: { required: Array.from({ length: 5_000 }, (_, index) => `k${index}`) } },
      many(200_000, {}),
    ],
  ])(
    'cannot cost much with %s: it says that the context is too large',
    (_, json_schema, context) => {
      soon(() =>
        expect(misfits({ json_schema }, context)).toEqual([
          { path: '', message: expect.stringContaining('fewer values') },
        ]),
      );
    },
  );

  it.each<[string, object, unknown, number]>([
    [
      'many alternatives',
      { items: { anyOf: [...many(250, { type: 'string' }), {}] } },
      many(1_900, 0),
      0,
    ],
    ['many demands', { items: { allOf: many(250, { minimum: 0 }) } }, many(30_000, 0), 0],
    ['many elements', { items: { type: 'string' }, uniqueItems: true }, many(90_000, 0), 1],
    [
      'elements that differ',
      { uniqueItems: true },
      Array.from({ length: 40_000 }, (_, n) => ({ n })),
      0,
    ],
  ])('is soon done with %s within the limits', (_, json_schema, context, count) => {
    soon(() => expect(misfits({ json_schema }, context)).toHaveLength(count));
  });

  it('cannot make many misfits be told', () => {
    const context = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`k${index}`, 1]),
    );
    expect(
      misfits({ json_schema: { additionalProperties: { type: 'string' } } }, context),
    ).toHaveLength(20);
    const long = { ['k'.repeat(10_000)]: 1 };
    const [misfit] = misfits({ json_schema: { additionalProperties: false } }, long);
    expect(misfit?.path.length).toBeLessThan(300);
  });

  it('are refused by name or validate to an end', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      'allOf',
      'anyOf',
      'not',
      'if',
      'then',
      '$ref',
      '$defs',
      'enum',
      'const',
      'pattern',
      'required',
      'additionalProperties',
      'patternProperties',
      'minimum',
      'uniqueItems',
      'contains',
      'minContains',
      '__proto__',
      'constructor',
      '$id',
      '$anchor',
      '$dynamicRef',
      'dependentRequired',
      'propertyNames',
      'format',
      '$data',
    );
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(
          true,
          false,
          null,
          1,
          'string',
          '#/$defs/a',
          '^a+$',
          '"];process.exit();["',
          'object',
        ),
        fc.array(tie('schema'), { maxLength: 3 }),
        fc
          .array(fc.tuple(fc.oneof(keyword, keyword, fc.constantFrom('a', 'b')), tie('schema')), {
            maxLength: 4,
          })
          .map((entries): unknown => Object.fromEntries(entries)),
      ),
    }));
    let taken = 0;
    fc.assert(
      fc.property(schema, fc.jsonValue(), (json_schema, context) => {
        try {
          expect(Array.isArray(misfits({ json_schema }, context))).toBe(true);
          taken++;
        } catch (error) {
          // oxlint-disable-next-line vitest/no-conditional-expect -- one of the two must happen
          expect(error).toBeInstanceOf(SchemaDefinitionError);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});
