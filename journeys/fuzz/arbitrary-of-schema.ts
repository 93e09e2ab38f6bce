import fc from 'fast-check';

/** The part of JSON Schema that our OpenAPI document uses. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Text that has broken programs before: other languages, escapes, injections, what databases and JSON cannot hold. */
const HOSTILE_TEXT = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e\u0000',
  "'; drop table breadcrumbs; --",
  '" or 1=1 --',
  '{{constructor.constructor("return process")()}}',
  '../../../../etc/passwd',
  '%00%2e%2e%2f',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '1e309',
  '-0',
  '99999999999999999999999999',
  '2026-02-30T25:61:61Z',
  '+010000-01-01T00:00:00Z',
  '0000-00-00',
  '(a+)+$',
  '$..*',
  '$[?(@.a==1)]',
  '\u{1f600}'.repeat(100),
  'x'.repeat(300),
  'x'.repeat(20_000),
  'a,b,,c',
  '[1,2',
  '{"a":',
  'W/"3"',
  '-1',
];

const HOSTILE_NUMBERS = [-1, 0, 0.5, -0, 1e21, 1e308, 2 ** 31, 2 ** 53, -(2 ** 63), 5e-324];

export const hostileText = fc.constantFrom(...HOSTILE_TEXT);

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(...HOSTILE_NUMBERS),
  fc.constantFrom(null, true, [], {}, [[]], { '': 1 }),
  fc.integer({ min: 1, max: 3 }).map((hundreds) => nest(hundreds * 40)),
  fc.constant(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}') as unknown),
  fc.array(fc.constantFrom('a', 'b'), { minLength: 90, maxLength: 120 }),
);

function nest(levels: number): unknown {
  return levels === 0 ? 1 : levels % 2 ? [nest(levels - 1)] : { a: nest(levels - 1) };
}

/** Values for schemas. Ids come from `ids` as a rule. */
export class Values {
  readonly #ids: fc.Arbitrary<string>;
  readonly #is_hostile: boolean;

  /** With `is_hostile`, one place in twelve, at any depth, has something that was not asked for. */
  constructor(ids: fc.Arbitrary<string>, is_hostile: boolean) {
    this.#ids = ids;
    this.#is_hostile = is_hostile;
  }

  of(schema: Schema): fc.Arbitrary<unknown> {
    const arbitrary = this.#fitting(schema);
    return this.#is_hostile
      ? fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: hostile })
      : arbitrary;
  }

  #fitting(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (branches?.length) return fc.oneof(...branches.map((each) => this.#fitting(each)));
    switch (schema.type) {
      case 'string':
        return this.#text(schema);
      case 'integer':
      case 'number': {
        const min = Math.ceil(schema.minimum ?? -10);
        return fc.integer({ min, max: Math.max(min, Math.min(schema.maximum ?? 1_000, 1e9)) });
      }
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array':
        return fc.array(this.of(schema.items ?? {}), { maxLength: 4 });
      case 'object':
        return this.#object(schema);
      default:
        return this.#anyJson();
    }
  }

  #text({ pattern, format, minLength, maxLength }: Schema): fc.Arbitrary<string> {
    if (pattern?.includes('[0-9a-fA-F]{8}-')) return this.#ids;
    if (format === 'date-time')
      return fc
        .date({ min: new Date(), max: new Date(4e12), noInvalidDate: true })
        .map((date) => date.toISOString());
    if (format === 'uri') return fc.webUrl();
    const words = ['note', 'user:message', 'session:1', 'note.v1', 'echo', '$.a', 'value'];
    return fc.oneof(
      fc.constantFrom(...words.map((word) => word.padEnd(minLength ?? 0, 'x'))),
      fc.string({
        minLength: Math.min(minLength ?? 0, 500),
        maxLength: Math.max(minLength ?? 0, Math.min(maxLength ?? 60, 60)),
      }),
    );
  }

  #object(schema: Schema): fc.Arbitrary<unknown> {
    const properties = Object.entries(schema.properties ?? {});
    if (properties.length === 0)
      return fc.dictionary(fc.string({ maxLength: 8 }), this.#anyJson(), { maxKeys: 4 });
    const fields = Object.fromEntries(properties.map(([name, each]) => [name, this.of(each)]));
    const required = new Set(schema.required);
    const requiredKeys = Object.keys(fields).filter((name) => required.has(name));
    const whole = fc.record(fields, { requiredKeys });
    if (!this.#is_hostile) return whole;
    const halved = whole.chain((given) =>
      fc.subarray(Object.entries(given)).map((kept) => Object.fromEntries(kept) as object),
    );
    return fc.oneof({ weight: 12, arbitrary: whole }, { weight: 1, arbitrary: halved });
  }

  #anyJson(): fc.Arbitrary<unknown> {
    return fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      this.#ids,
      fc.record({ content: fc.string(), conversation_id: fc.string() }),
    );
  }
}
