import { describe, expect, it } from 'vitest';
import { renderTemplate } from './render-template.ts';
import { HintError, ViewBudget } from './view-budget.ts';

const render = (template: string, context: unknown): string =>
  renderTemplate(template, context, new ViewBudget());

describe('paths', () => {
  it.each<[string, unknown, string]>([
    ['{{a.b}}', { a: { b: 'x' } }, 'x'],
    ['{{context.a}} {{a}} {{this.a}} {{./a}} {{@root.a}}', { a: 1 }, '1 1 1 1 1'],
    ['{{context}}', 'text', 'text'],
    ['{{this}}', ['a', 1], '["a",1]'],
    ['{{a.0.n}} {{a.[1]}} {{a.length}} {{a.[1].length}}', { a: [{ n: 'x' }, 'y'] }, 'x y 2 1'],
    ['{{[with space]}} {{a-b}}', { 'with space': 1, 'a-b': 2 }, '1 2'],
    ['{{none}}{{none.deeper}}{{nil}}', { nil: null }, ''],
    ['{{yes}} {{no}} {{zero}}', { yes: true, no: false, zero: 0 }, 'true false 0'],
    ['{{o}}', { o: { a: [1, null, 'x"'] } }, '{"a":[1,null,"x\\""]}'],
    ['{{context.context}}', { context: 'own' }, 'own'],
  ])('%s', (template, context, expected) => {
    expect(render(template, context)).toBe(expected);
  });

  it('escapes nothing for HTML', () => {
    const context = { a: `<b> & "quotes" 'too'` };
    expect(render('{{a}}|{{{a}}}|{{&a}}', context)).toBe(
      [context.a, context.a, context.a].join('|'),
    );
  });

  it('reads own properties only', () => {
    const hostile =
      '{{constructor}}{{__proto__}}{{a.constructor.name}}{{a.__proto__.x}}{{toString}}{{a.s.trim}}';
    expect(render(hostile, { a: { s: ' x ' } })).toBe('');
    expect(
      render(
        '{{__proto__.x}} {{constructor}}',
        JSON.parse('{"__proto__":{"x":1},"constructor":2}'),
      ),
    ).toBe('1 2');
  });
});

describe('blocks', () => {
  it.each<[string, unknown, string]>([
    ['{{#if a}}yes{{else}}no{{/if}}', { a: 1 }, 'yes'],
    ['{{#if a}}yes{{else}}no{{/if}}', {}, 'no'],
    ['{{#if a}}1{{else if b}}2{{else}}3{{/if}}', { b: true }, '2'],
    ['{{#if a}}1{{else if b}}2{{else}}3{{/if}}', {}, '3'],
    ['{{#unless a}}no{{else}}yes{{/unless}}', { a: 0 }, 'no'],
    ['{{^if a}}no{{/if}}', {}, 'no'],
    [
      '{{#each a}}{{@index}}/{{@key}}:{{this}}{{#unless @last}}, {{/unless}}{{/each}}',
      { a: ['x', 'y'] },
      '0/0:x, 1/1:y',
    ],
    [
      '{{#each a}}{{#if @first}}>{{/if}}{{@key}}={{.}};{{/each}}',
      { a: { k: 1, l: 2 } },
      '>k=1;l=2;',
    ],
    [
      '{{#each a}}{{n}}-{{../sep}}-{{@root.sep}} {{/each}}',
      { sep: '!', a: [{ n: 1 }, { n: 2 }] },
      '1-!-! 2-!-! ',
    ],
    [
      '{{#each a}}{{#each this}}{{@../index}}{{@index}} {{/each}}{{/each}}',
      { a: [[1, 2], [3]] },
      '00 01 10 ',
    ],
    ['{{#each a}}x{{else}}none{{/each}}', { a: [] }, 'none'],
    ['{{#each a}}x{{else}}none{{/each}}', { a: 'text' }, 'none'],
    [
      '{{#each a as |item i|}}{{i}}{{#with item}}{{item.n}}{{n}}{{/with}} {{/each}}',
      { a: [{ n: 7 }] },
      '077 ',
    ],
    ['{{#each a as |n|}}{{n}}{{this.n}}{{./n}}{{/each}}', { a: [{ n: 7 }] }, '{"n":7}77'],
    ['{{#with a}}{{b}}{{../c}}{{else}}none{{/with}}', { a: { b: 1 }, c: 2 }, '12'],
    ['{{#with a}}{{b}}{{else}}none{{/with}}', {}, 'none'],
    [
      '{{#each a}}{{#with b}}{{@index}}{{../../c}}{{/with}}{{/each}}',
      { a: [{ b: {} }], c: 'c' },
      '0c',
    ],
    ['{{#each a}}{{#if b}}{{../c}}{{/if}}{{/each}}', { a: [{ b: 1 }], c: 'c' }, 'c'],
    ['{{../a}}{{../../a}}', { a: 1 }, ''],
    ['a {{~#if x~}} b {{~/if~}} c', { x: 1 }, 'abc'],
    ['{{! note }}x{{!-- {{y}} --}}', {}, 'x'],
    ['\\{{a}}', { a: 1 }, '{{a}}'],
    ['{{#each a}}\n- {{this}}\n{{/each}}\n', { a: [1, 2] }, '- 1\n- 2\n'],
  ])('%s', (template, context, expected) => {
    expect(render(template, context)).toBe(expected);
  });

  it('takes false, 0, empty text, null, the missing and empty arrays as false', () => {
    for (const a of [false, 0, '', null, undefined, []])
      expect(render('{{#if a}}x{{/if}}', { a })).toBe('');
    for (const a of [true, 1, ' ', {}, [0]]) expect(render('{{#if a}}x{{/if}}', { a })).toBe('x');
  });
});

describe('what is refused', () => {
  it.each([
    '{{lookup a "b"}}',
    '{{a b}}',
    '{{a b=1}}',
    '{{a=1}}',
    '{{"a"}}',
    '{{(a)}}',
    '{{#if (a b)}}x{{/if}}',
    '{{#if a b}}x{{/if}}',
    '{{#if a includeZero=true}}x{{/if}}',
    '{{#if}}x{{/if}}',
    '{{#a}}x{{/a}}',
    '{{^a}}x{{/a}}',
    '{{> partial}}',
    '{{#> partial}}{{/partial}}',
    '{{* decorator}}',
    '{{#*inline "x"}}{{/inline}}',
    '{{{{raw}}}}x{{{{/raw}}}}',
    '{{#if a}}',
    '{{',
    '{{a.[}}',
  ])('%s', (template) => {
    expect(() => render(template, { a: 1 })).toThrow(HintError);
  });

  it('repeats nothing of the template that could be a secret', () => {
    expect(() => render('secret-in-the-template {{#if a}}', {})).toThrow(
      /^(?!.*secret-in).*line 1/,
    );
  });
});
