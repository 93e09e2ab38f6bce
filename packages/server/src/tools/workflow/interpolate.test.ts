/* oxlint-disable no-template-curly-in-string -- the places of a workflow are written so */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate, InterpolationError, stepsReferredTo } from './interpolate.ts';

const outputs = new Map<string, unknown>([
  ['a', { n: 5, list: [{ x: 'y' }], none: null, 'odd key': 1 }],
  ['b', '${a.n}'],
]);

describe('places in an input', () => {
  it.each([
    ['${a.n}', 5],
    ['{{ a.n }}', 5],
    [' ${a.list} ', [{ x: 'y' }]],
    ['n is ${a.n}, x is ${a.list[0].x}', 'n is 5, x is y'],
    ['all: ${a.list}', 'all: [{"x":"y"}]'],
    ['${a.none}', null],
    ['${a.odd key}', 1],
    ['${b}', '${a.n}'],
    ['${b}${b}', '${a.n}${a.n}'],
    ['${c.n}', '${c.n}'],
    ['$ {a.n} ${} ${a..n}', '$ {a.n} ${} ${a..n}'],
    [
      { k: ['${a.n}', { deep: '${b}' }], n: 1 },
      { k: [5, { deep: '${a.n}' }], n: 1 },
    ],
  ])('%j becomes %j', (value, expected) => {
    expect(interpolate(value, outputs)).toEqual(expected);
  });

  it.each([
    '${a.missing}',
    'x ${a.list[3]}',
    '${a.list.constructor}',
    '${a.__proto__}',
    '${b.length}',
  ])('%s names nothing', (value) => {
    expect(() => interpolate(value, outputs)).toThrow(InterpolationError);
  });

  it('say which steps are needed', () => {
    const input = { x: '${a.n} {{b}}', y: ['${c}'], '${d}': 1 };
    expect(stepsReferredTo(input, new Set(['a', 'b', 'd']))).toEqual(new Set(['a', 'b']));
  });

  it('let whatever names no step stand as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as unknown;
        expect(interpolate(json, new Map())).toEqual(json);
      }),
    );
  });

  it('give back any value whole', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(interpolate('${s}', new Map([['s', value]]))).toEqual(value);
      }),
    );
  });
});
