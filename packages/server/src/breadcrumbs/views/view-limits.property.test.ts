import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHints, viewThroughHints } from './apply-llm-hints.ts';
import { VIEW_LIMITS } from './view-budget.ts';

/** Long enough for the slowest machine, and far shorter than what any of these would take without limits. */
const SOON_MS = 2_000;

function took(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

const KEYS = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'items',
    '__proto__',
    'constructor',
    'context',
    'length',
    '0',
    'a.b',
    '',
  ),
  fc.string({ maxLength: 5 }),
);
const { json: JSON_VALUES } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1.5, -1, '', 'text', '{{a}}', '{b}'),
    fc.string(),
    fc.array(tie('json'), { maxLength: 5 }),
    fc
      .array(fc.tuple(KEYS, tie('json')), { maxLength: 5 })
      .map((entries): unknown => Object.fromEntries(entries)),
  ),
}));
const PATHS = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        '.a',
        '..b',
        '[0]',
        '[*]',
        "['__proto__']",
        '..*',
        '[0,0]',
        '[?@.a]',
        '[-1:]',
        '[::0]',
      ),
      {
        maxLength: 12,
      },
    )
    .map((parts) => `$${parts.join('')}`),
  fc.array(KEYS, { maxLength: 4 }).map((keys) => keys.join('.')),
  fc.string(),
);
const TEMPLATES = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        '{{#each this}}',
        '{{#each a}}',
        '{{/each}}',
        '{{#if a}}',
        '{{/if}}',
        '{{else}}',
        '{{#with a}}',
        '{{/with}}',
        '{{this}}',
        '{{@index}}',
        '{{../a}}',
        '{{constructor}}',
        '{{__proto__.x}}',
        '{{{a}}}',
        '{{',
        '}}',
        'text',
        '\\',
        '{{#each a as |x y|}}',
        '{{x}}',
        '{{> p}}',
        '{{lookup a b}}',
        '{{{{raw}}}}',
        '{{!-- ',
        '{{~a~}}',
        '\0',
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join('')),
  fc.string(),
);
const RULES = fc.oneof(
  fc.record({ type: fc.constant('template'), template: TEMPLATES }),
  fc.record({
    type: fc.constant('format'),
    format: fc.oneof(
      fc.string(),
      PATHS.map((path) => `{${path}}`),
    ),
  }),
  fc.record({ type: fc.constant('extract'), value: PATHS }),
  fc.record({ type: fc.constant('literal'), literal: JSON_VALUES }),
  JSON_VALUES,
);
const HINTS = fc.oneof(
  fc.record(
    {
      include: fc.array(PATHS, { maxLength: 3 }),
      exclude: fc.array(PATHS, { maxLength: 3 }),
      transform: fc
        .array(fc.tuple(KEYS, RULES), { maxLength: 3 })
        .map((each) => Object.fromEntries(each)),
      mode: fc.constantFrom('replace', 'merge', 'other'),
    },
    { requiredKeys: [] },
  ),
  JSON_VALUES,
);

describe('views of any context through any hints', () => {
  it('never throw, never change what they are given, and give JSON', () => {
    fc.assert(
      fc.property(JSON_VALUES, HINTS, (context, hints) => {
        const before = JSON.stringify(context);
        const view = viewThroughHints(context, hints);
        expect(JSON.stringify(context)).toBe(before);
        expect(JSON.stringify(view.context)).toBeTypeOf('string');
        // Include and exclude only take away; a transform adds what the budget allows.
        expect(JSON.stringify(view.context).length).toBeLessThan(
          before.length + 2 * VIEW_LIMITS.output_chars,
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it('leave no key behind that is excluded, and no other out', () => {
    const flat = fc
      .array(fc.tuple(KEYS, fc.integer()), { maxLength: 8 })
      .map((entries): Record<string, number> => Object.fromEntries(entries));
    fc.assert(
      fc.property(flat, (context) => {
        const keys = Object.keys(context).filter((key) => key !== '');
        const gone = keys.filter((_, index) => index % 2 === 0);
        const shown = applyHints(context, { exclude: gone }) as object;
        expect(Object.keys(shown)).toEqual(
          Object.keys(context).filter((key) => !gone.includes(key)),
        );
        const kept = applyHints(context, { include: gone }) as object;
        // No include at all is no choice.
        expect(Object.keys(kept)).toEqual(gone.length > 0 ? gone : Object.keys(context));
      }),
    );
  });

  it('survive what is no JSON at all', () => {
    const circular: Record<string, unknown> = {};
    circular['a'] = circular;
    const throwing = {
      get a() {
        throw new Error('no');
      },
    };
    const template = { transform: { x: { type: 'template', template: '{{a}}' } } };
    for (const context of [
      circular,
      throwing,
      Symbol('x'),
      () => 1,
      5n,
      new Proxy({}, {}),
      new Map(),
    ]) {
      for (const hints of [template, { exclude: ['$..b'] }, circular, throwing, new Map()]) {
        expect(() => applyHints(context, hints)).not.toThrow();
      }
    }
    expect(viewThroughHints(throwing, template).problem).toMatch(/cannot be applied/);
  });
});

describe('costly hints end soon, and leave the context as it is', () => {
  const many = Array.from({ length: 50_000 }, (_, index) => ({ index, text: 'x'.repeat(10) }));
  const wide = Object.fromEntries(many.map((each, index) => [`key-${index}`, each.text]));
  const long = { a: 'x'.repeat(500_000), b: `${'x'.repeat(499_999)}y` };
  let deep: unknown = 1;
  for (let level = 0; level < 60; level++) deep = [deep];
  const each_5 = '{{#each @root.many}}'.repeat(5) + '{{/each}}'.repeat(5);

  it.each<[string, unknown, unknown]>([
    ['loops in loops', { many }, { type: 'template', template: each_5 }],
    ['loops in loops over keys', { many: wide }, { type: 'template', template: each_5 }],
    [
      'a loop that writes',
      { many },
      { type: 'template', template: '{{#each many}}{{@root}}{{/each}}' },
    ],
    ['a long text again and again', long, { type: 'template', template: '{{a}}'.repeat(100) }],
    [
      'a long template',
      {},
      { type: 'template', template: 'x'.repeat(VIEW_LIMITS.template_chars + 1) },
    ],
    ['many blocks', {}, { type: 'template', template: '{{#if a}}'.repeat(1_500) }],
    [
      'blocks too deep',
      { a: 1 },
      { type: 'template', template: '{{#if a}}'.repeat(100) + '{{/if}}'.repeat(100) },
    ],
    [
      'a long chain',
      { a: 0 },
      { type: 'template', template: `{{#if a}}${'{{else if a}}'.repeat(300)}{{/if}}` },
    ],
    ['a path that doubles', deep, { type: 'extract', value: `$${'[0,0]'.repeat(48)}` }],
    ['a path of descendants', deep, { type: 'extract', value: `$${'..*'.repeat(40)}` }],
    ['all descendants of much', { many }, { type: 'extract', value: '$..*' }],
    ['a filter in a filter', many, { type: 'extract', value: '$[?$[?@.index > 5]]' }],
    [
      'a filter over long texts',
      { many, ...long },
      { type: 'extract', value: '$.many[?$.a == $.b]' },
    ],
    [
      'a filter that counts',
      { many, ...long },
      { type: 'extract', value: '$.many[?length($.a) == 1]' },
    ],
    [
      'a filter over wide objects',
      { many, wide },
      { type: 'extract', value: '$.many[?@ == $.wide]' },
    ],
    ['all of a large context', { many }, { type: 'extract', value: '$' }],
    ['a format of much', { many }, { type: 'format', format: '{many}'.repeat(100) }],
  ])('%s', (_, context, rule) => {
    const hints = { transform: { made: rule } };
    let problem: string | null = '';
    const ms = took(() => {
      const view = viewThroughHints(context, hints);
      expect(view.context).toBe(context);
      problem = view.problem;
    });
    expect(problem).toMatch(/more than|deeper than/);
    expect(ms).toBeLessThan(SOON_MS);
  });

  it('limits all rules of a view together', () => {
    const rule = { type: 'template', template: '{{a}}' };
    const context = { a: 'x'.repeat(100_000) };
    const rules = (count: number): unknown =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`made_${index}`, rule]));
    expect(viewThroughHints(context, { transform: rules(2) }).problem).toBe(null);
    expect(viewThroughHints(context, { transform: rules(3) }).problem).toMatch(
      /more than 262144 characters/,
    );
    expect(viewThroughHints({}, { transform: rules(VIEW_LIMITS.rules) }).problem).toBe(null);
    expect(viewThroughHints({}, { transform: rules(VIEW_LIMITS.rules + 1) }).problem).toMatch(
      /rules/,
    );
  });

  it('excludes from a large context within its steps', () => {
    const context = { many: many.slice(0, 10_000) };
    const shown = applyHints(context, { exclude: ['many[*].text'] }) as typeof context;
    expect(shown.many).toHaveLength(10_000);
    expect(shown.many[7]).toEqual({ index: 7 });
  });
});
