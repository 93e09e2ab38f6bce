import { describe, expect, it } from 'vitest';
import { ForeignArguments } from './check-arguments.ts';
import { modernizeSchema } from './modernize-schema.ts';

const DRAFT_7 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';
const text = { type: 'string' };
const number = { type: 'number' };

const why = (input_schema: Record<string, unknown>, input: unknown) =>
  new ForeignArguments().whyMisfit({ input_schema }, input);
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('arguments of a foreign tool', () => {
  const address = { $ref: '#/$defs/address' };
  const nested = object(
    { to: { type: 'array', items: address, maxItems: 2 }, kind: { enum: ['a', 'b'] } },
    { required: ['to'], additionalProperties: false, $defs: { address: object({ zip: text }) } },
  );

  it.each([
    ['no schema is named', nested],
    ['the present draft is', { $schema: DRAFT_2020, ...nested }],
    [
      'draft 7 is',
      {
        ...JSON.parse(JSON.stringify(nested).replaceAll('$defs', 'definitions')),
        $schema: DRAFT_7,
      },
    ],
  ])('are checked against the whole schema when %s', (_name, schema) => {
    expect(why(schema, { to: [{ zip: '1' }], kind: 'a' })).toBeNull();
    expect(why(schema, { to: [{ zip: 1 }] })).toMatch(/input\.to.*zip/);
    expect(why(schema, { to: [], kind: 'c' })).toMatch(/input\.kind/);
    expect(why(schema, { to: [], more: 1 })).toMatch(/more/);
    expect(why(schema, {})).toMatch(/to/);
  });

  it('are checked by the words of draft 7', () => {
    const schema = object(
      { pair: { type: 'array', items: [text, number], additionalItems: false } },
      { $schema: DRAFT_7, dependencies: { a: ['b'], c: { required: ['d'] } } },
    );
    expect(why(schema, { pair: ['x', 1] })).toBeNull();
    expect(why(schema, { pair: [1, 1] })).toMatch(/pair/);
    expect(why(schema, { pair: ['x', 1, 2] })).toMatch(/pair/);
    expect(why(schema, { a: 1 })).toMatch(/b/);
    expect(why(schema, { c: 1 })).toMatch(/d/);
    expect(why(schema, { a: 1, b: 1, c: 1, d: 1 })).toBeNull();
  });

  it('count for nothing beside a reference of draft 7, and hold beside one of today', () => {
    const parts = object(
      { x: { $ref: '#/definitions/t', maxLength: 1 } },
      { definitions: { t: text } },
    );
    expect(why({ ...parts, $schema: DRAFT_7 }, { x: 'long' })).toBeNull();
    expect(why(parts, { x: 'long' })).toMatch(/x/);
  });

  it('named like a keyword are no keywords', () => {
    const schema = object({ items: text, dependencies: number }, { $schema: DRAFT_7 });
    expect(modernizeSchema(schema)).toEqual(schema);
    expect(why(schema, { items: 1 })).toMatch(/items/);
  });

  it.each([
    [
      'goes on for ever',
      object({ x: { $ref: '#/$defs/n' } }, { $defs: { n: object({ n: { $ref: '#/$defs/n' } }) } }),
      /refers to itself/,
    ],
    ['refers to an address', object({ x: { $ref: 'https://example.com/s' } }), /reference within/],
    ['is very deep', deep(60), /nested deeper/],
    ['is very wide', object(wide(400)), /more than 300 schemas/],
    ['has a keyword of its own', object({ x: { unevaluatedItems: false } }), /not supported/],
    ['has a dangerous pattern', object({ x: { type: 'string', pattern: '(?=a)b' } }), /pattern/],
  ])(
    'are not checked when the schema %s, and the reason is told',
    async (_name, schema, reason) => {
      const foreign = new ForeignArguments();
      expect(foreign.whyUnchecked(schema)).toMatch(reason);
      expect(foreign.whyMisfit({ input_schema: schema }, { x: 1 })).toBeNull();
      const tool = { name: 's__t', tool: 't', description: 'T', input_schema: schema };
      const [judged] = await foreign.judge([tool]);
      expect(judged?.unchecked_because).toMatch(reason);
    },
  );

  it('that are too large to be checked are for their server to check', () => {
    const items = { enum: Array.from({ length: 200 }, (_, n) => n) };
    const costly = object({ x: { anyOf: Array.from({ length: 20 }, () => ({ items })) } });
    expect(why(costly, { x: ['a'] })).toMatch(/x/);
    expect(why(costly, { x: Array.from({ length: 1_000 }, () => 'a') })).toBeNull();
    const slow = object({ x: { type: 'string', pattern: '^(a+)+$' } });
    expect(why(slow, { x: 'a'.repeat(3_000_000) })).toBeNull();
  });

  it('that match a slow pattern are told in no time', () => {
    const schema = object({ x: { type: 'string', pattern: '^(a+)+$' } });
    const started = performance.now();
    expect(why(schema, { x: `${'a'.repeat(5_000)}!` })).toMatch(/x/);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

function deep(levels: number): Record<string, unknown> {
  return levels === 0 ? text : object({ x: deep(levels - 1) });
}

function wide(count: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, text]));
}
