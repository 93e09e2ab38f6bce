import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileSelector,
  OPERATORS,
  SelectorError,
  type ContextRule,
  type Selector,
} from './selector.ts';
import { LIMITS } from './limits.ts';

const bare = { tags: [], schema_name: null };

/** Whether one rule holds for a context. */
function holds(path: string, op: string, value: unknown, context: unknown): boolean {
  const rule: ContextRule = value === undefined ? { path, op } : { path, op, value };
  return compileSelector({ context_match: [rule] }).matches({ ...bare, context });
}

function refusal(rule: ContextRule): string {
  try {
    compileSelector({ context_match: [rule] });
  } catch (error) {
    if (error instanceof SelectorError) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('tags and schema', () => {
  const event = { tags: ['a', 'b'], schema_name: 'note.v1' };
  const matches = (selector: Selector) => compileSelector(selector).matches(event);

  it.each<[Selector, boolean]>([
    [{}, true],
    [{ any_tags: null, all_tags: null, schema_name: null, context_match: null }, true],
    [{ any_tags: ['x', 'b'] }, true],
    [{ any_tags: ['x', 'y'] }, false],
    [{ any_tags: [] }, false],
    [{ all_tags: [] }, true],
    [{ all_tags: ['a', 'b', 'a'] }, true],
    [{ all_tags: ['a', 'x'] }, false],
    [{ all_tags: ['A'] }, false],
    [{ schema_name: 'note.v1' }, true],
    [{ schema_name: 'note.v' }, false],
    [{ schema_name: '' }, false],
    [{ any_tags: ['a'], all_tags: ['b'], schema_name: 'note.v1' }, true],
    [{ any_tags: ['a'], all_tags: ['b'], schema_name: 'other.v1' }, false],
    [{ any_tags: ['a'], context_match: [] }, true],
  ])('%j holds: %s', (selector, expected) => {
    expect(matches(selector)).toBe(expected);
  });

  it('does not match a schema against none', () => {
    const { matches: match } = compileSelector({ schema_name: 'note.v1' });
    expect(match(bare)).toBe(false);
  });

  it('needs every rule to hold', () => {
    const both = compileSelector({
      context_match: [
        { path: '$.a', op: 'eq', value: 1 },
        { path: '$.b', op: 'exists' },
      ],
    });
    expect(both.matches({ ...bare, context: { a: 1, b: 2 } })).toBe(true);
    expect(both.matches({ ...bare, context: { a: 1 } })).toBe(false);
    expect(both.matches(bare)).toBe(false);
  });
});

describe('operators', () => {
  it.each<[string, unknown, unknown, boolean]>([
    ['eq', 1, 1, true],
    ['eq', 1, '1', false],
    ['eq', 0, -0, true],
    ['eq', 0, false, false],
    ['eq', null, null, true],
    ['eq', null, 0, false],
    ['eq', '', '', true],
    ['eq', { a: 1, b: [2] }, { b: [2], a: 1 }, true],
    ['eq', { a: 1 }, { a: 1, b: 2 }, false],
    ['eq', [1, 2], [2, 1], false],
    ['eq', [], {}, false],
    ['ne', 1, 2, true],
    ['ne', 1, 1, false],
    ['ne', 1, '1', true],
    ['gt', 2, 3, true],
    ['gt', 2, 2, false],
    ['gt', 2, '3', false],
    ['gt', 'b', 'c', true],
    ['gt', 'b', 'B', false],
    ['gte', 2, 2, true],
    ['gte', 'b', 'b', true],
    ['lt', 2, 1, true],
    ['lt', 2, 2, false],
    ['lt', 2, null, false],
    ['lt', 2, true, false],
    ['lt', 2, [1], false],
    ['lte', 2, 2, true],
    ['lte', '2026-01-02', '2026-01-01', true],
    ['contains', 'urg', 'very urgent', true],
    ['contains', 'URG', 'very urgent', false],
    ['contains', 1, '1', false],
    ['contains', 1, [3, 2, 1], true],
    ['contains', '1', [1], false],
    ['contains', { a: 1 }, [{ a: 1 }], true],
    ['contains', 'a', { a: 1 }, false],
    ['contains', 'a', null, false],
    ['contains_any', ['x', 'b'], ['a', 'b'], true],
    ['contains_any', ['x', 'y'], ['a', 'b'], false],
    ['contains_any', [], ['a'], false],
    ['contains_any', ['x', 'gent'], 'urgent', true],
    ['contains_any', [1], 1, false],
    ['exists', true, null, true],
    ['exists', undefined, 0, true],
    ['exists', null, 0, true],
    ['exists', false, 0, false],
  ])('%s %j on %j: %s', (op, value, found, expected) => {
    expect(holds('$.v', op, value, { v: found })).toBe(expected);
  });

  it.each<[string, unknown, boolean]>([
    ['eq', 1, false],
    ['eq', null, false],
    ['ne', 1, true],
    ['gt', 1, false],
    ['contains', 'a', false],
    ['contains_any', ['a'], false],
    ['exists', true, false],
    ['exists', false, true],
  ])('%s %j where nothing is: %s', (op, value, expected) => {
    for (const context of [{}, { v: {} }, [], 'text', 7, null, undefined])
      expect(holds('$.v.w', op, value, context)).toBe(expected);
  });

  it('orders numbers and strings as the language does, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.oneof(fc.double({ noNaN: true }), fc.string()),
        (found, value) => {
          const is_ordered = typeof found === typeof value;
          const order = (op: string) => holds('$.v', op, value, { v: found });
          const a = found as number;
          const b = value as number;
          expect(order('gt')).toBe(is_ordered && a > b);
          expect(order('gte')).toBe(is_ordered && a >= b);
          expect(order('lt')).toBe(is_ordered && a < b);
          expect(order('lte')).toBe(is_ordered && a <= b);
        },
      ),
    );
  });

  it('calls equal what is the same JSON, whatever the order of its keys', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, each]) => [key, reversed(each)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(holds('$.v', 'eq', reversed(one), { v: one })).toBe(true);
        expect(holds('$.v', 'ne', reversed(one), { v: one })).toBe(false);
        expect(holds('$.v', 'eq', other, { v: one })).toBe(holds('$.v', 'eq', one, { v: other }));
        expect(holds('$.v', 'eq', other, { v: one })).toBe(!holds('$.v', 'ne', other, { v: one }));
      }),
    );
  });

  it.each<[ContextRule, RegExp]>([
    [{ path: '$.a', op: 'regex', value: '.*' }, /op is "regex"; expected one of eq, ne, gt/],
    [{ path: '$.a', op: 'constructor', value: 1 }, /op is "constructor"/],
    [{ path: '$.a', op: '__proto__', value: 1 }, /op is "__proto__"/],
    [{ path: '$.a', op: 'EQ', value: 1 }, /op is "EQ"/],
    [{ path: '$.a', op: '', value: 1 }, /op is ""/],
    [{ path: '$.a', op: 'gt', value: true }, /value must be a number or a string for gt/],
    [{ path: '$.a', op: 'lte' }, /value must be a number or a string for lte/],
    [{ path: '$.a', op: 'contains_any', value: 'a' }, /value must be an array for contains_any/],
    [{ path: '$.a', op: 'exists', value: 'yes' }, /value must be true or false for exists/],
    [{ path: '$.a', op: 'eq' }, /value is missing; eq compares with it/],
    [{ path: '$.a', op: 'contains' }, /value is missing; contains compares/],
  ])('refuses %j', (rule, message) => {
    expect(refusal(rule)).toMatch(message);
    expect(refusal(rule)).toMatch(/^context_match\[0\]\./);
  });

  it('names the rule that is wrong', () => {
    const good = { path: '$.a', op: 'exists' };
    expect(() =>
      compileSelector({ context_match: [good, good, { path: '$.a', op: 'like' }] }),
    ).toThrow(/^context_match\[2\]\.op/);
  });
});

describe('paths', () => {
  const context = {
    a: { b: [10, 20, { c: 'deep' }], 'odd key': 1, ü: 2 },
    list: [
      { n: 1, name: 'one' },
      { n: 2, name: 'two' },
    ],
    empty: '',
    nothing: null,
  };

  it.each<[string, unknown]>([
    ['$.a.b[0]', 10],
    ['$.a.b[-1].c', 'deep'],
    ['$["a"]["odd key"]', 1],
    ["$['a']['b'][1]", 20],
    ['$.a.ü', 2],
    ['a.b[0]', 10],
    ['a.b[2].c', 'deep'],
    ['empty', ''],
    ['$.nothing', null],
    ['$.list[*].n', 2],
    ['$..c', 'deep'],
    ['$.list[?@.n > 1].name', 'two'],
    ['$.list[0:1].name', 'one'],
    ['$.a["b","odd key"]', 1],
    ['$', context],
  ])('%s finds %j', (path, value) => {
    expect(holds(path, 'eq', value, context)).toBe(true);
    expect(holds(path, 'exists', undefined, context)).toBe(true);
  });

  it.each([
    '$.a.b[9]',
    '$.a.b.length',
    '$.empty.length',
    '$.a[0]',
    '$.x..y',
    'a.x.y',
    '$.list[?@.n > 2]',
  ])('%s finds nothing', (path) => {
    expect(holds(path, 'exists', undefined, context)).toBe(false);
  });

  it.each([
    '$.a[',
    '$a',
    '$.',
    'a..',
    '$[01]',
    '$.a b',
    '$.list[?@.n >]',
    '@.a',
    '$.a.b[1',
    '..',
    '$$',
  ])('refuses %s', (path) => {
    expect(refusal({ path, op: 'exists' })).toMatch(
      /^context_match\[0\]\.path is ".*"; expected an RFC 9535 path such as/s,
    );
  });

  it.each([
    '$.list[?match(@.name, "(a+)+$")]',
    '$.list[?search(@.name, "x")]',
    '$[?match (@.a, "b")]',
    '$[?@.x == 1 && search\n(@.a, "b")]',
    'list[?match(@.name, "x")]',
  ])('refuses the regular expression in %s', (path) => {
    expect(() => compileSelector({ context_match: [{ path, op: 'exists' }] })).toThrow(
      SelectorError,
    );
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'never finds the inherited %s',
    (name) => {
      for (const path of [
        `$.${name}`,
        `$["${name}"]`,
        name,
        `$.a.${name}`,
        `$..${name}`,
        `$[*].${name}`,
      ]) {
        expect(holds(path, 'exists', undefined, context)).toBe(false);
        expect(holds(path, 'exists', undefined, [context])).toBe(false);
      }
    },
  );

  it('finds such a name where it is a key of the data itself', () => {
    const data: unknown = JSON.parse('{"__proto__": 1, "a": {"constructor": 2}}');
    expect(holds('$.__proto__', 'eq', 1, data)).toBe(true);
    expect(holds('$.a.constructor', 'eq', 2, data)).toBe(true);
  });

  it('does not take an inherited key for an equal one', () => {
    const data: unknown = JSON.parse('{"v": {"__proto__": {}}}');
    expect(holds('$.v', 'eq', {}, data)).toBe(false);
    expect(holds('$.v', 'eq', { toString: 1 }, { v: { other: 1 } })).toBe(false);
  });
});

/** What `run` answers, or what it throws. */
function attempt<T>(run: () => T): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('hostile input', () => {
  const word = fc.constantFrom(
    '$',
    '.',
    '..',
    '[',
    ']',
    '?',
    '@',
    'a',
    '*',
    '"',
    "'",
    '0',
    '-1',
    ':',
    ',',
    '(',
    ')',
    '==',
    '&&',
    '!',
    ' ',
    'length(',
    'count(',
    'value(',
    '\\',
    '\u0000',
    '\ud800',
  );
  const path = fc.oneof(
    fc.string({ minLength: 1, maxLength: 60 }),
    fc.array(word, { minLength: 1, maxLength: 20 }).map((parts) => parts.join('')),
  );
  const rule: fc.Arbitrary<ContextRule> = fc.record(
    {
      path,
      op: fc.oneof(fc.constantFrom(...OPERATORS), fc.string({ maxLength: 10 })),
      value: fc.jsonValue(),
    },
    { requiredKeys: ['path', 'op'] },
  );

  it('is refused as a selector or matches without an error', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), fc.jsonValue(), (context_match, context) => {
        const outcome = attempt(() => {
          const compiled = compileSelector({ context_match });
          return [compiled.matches({ ...bare, context }), compiled.matches(bare)];
        });
        if (outcome instanceof SelectorError) return;
        expect(outcome).toEqual([expect.any(Boolean), expect.any(Boolean)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not fall over deep data, whichever side is deep', () => {
    const nested = (levels: number) => {
      let deep: unknown = 1;
      for (let level = 0; level < levels; level++) deep = [deep];
      return deep;
    };
    // Records are at most 64 levels deep; a selector in a query string can be much deeper.
    const record = nested(LIMITS.json_depth);
    const value = nested(5_000);
    for (const path of ['$..a', '$[0][0]', '$.v', '$..[0]']) {
      expect(typeof holds(path, 'exists', undefined, record)).toBe('boolean');
      expect(typeof holds(path, 'exists', undefined, nested(100_000))).toBe('boolean');
    }
    expect(holds('$', 'eq', value, record)).toBe(false);
    expect(holds('$', 'eq', record, nested(LIMITS.json_depth))).toBe(true);
    expect(holds('$..[0]', 'contains', value, record)).toBe(false);
  });
});

describe('a path that asks for more than a match may cost', () => {
  it.each([
    ['doubles with each bracket', `$${'[0,0]'.repeat(20)}`],
    ['descends again and again', `$${'..*'.repeat(8)}`],
  ])('matches nothing when it %s', (_, path) => {
    let context: unknown = 1;
    for (let depth = 0; depth < 20; depth++) context = [context, context === 1 ? 2 : 3];
    const selector = compileSelector({ context_match: [{ path, op: 'exists', value: true }] });
    expect(selector.matches({ tags: [], schema_name: null, context })).toBe(false);
  });
});
