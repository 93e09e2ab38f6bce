import { expect, it } from 'vitest';
import { jsonTransform } from './json-transform.ts';
import { runBuiltinTool } from './run-builtin.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

toolConformance(jsonTransform, {
  valid: [
    { data: [1, 2], expression: 'data.map((n) => n * 2)' },
    { data: null, expression: '({ nothing: data })' },
  ],
  invalid: [
    { input: { data: 1 }, message: /lacks expression/ },
    { input: { data: 1, expression: '' }, message: /at least 1 character/ },
  ],
});

it.each([
  ['data.items.filter((i) => i.n > 2)', { items: [{ n: 1 }, { n: 5 }] }, [{ n: 5 }]],
  [
    'Object.groupBy(data, (d) => d.k)',
    [{ k: 'a' }, { k: 'b' }, { k: 'a' }],
    { a: [{ k: 'a' }, { k: 'a' }], b: [{ k: 'b' }] },
  ],
  ['data.reduce((a, b) => a + b, 0)', [1, 2, 3], 6],
])('%s', async (expression, data, result) => {
  const answer = await runBuiltinTool(jsonTransform, { data, expression }, testingContext());
  expect(answer).toEqual({ status: 'success', output: { result } });
});

it.each([
  ['data.a.b', 'threw', /TypeError/],
  ['data +', 'invalid_source', /SyntaxError/],
  ['() => 1', 'not_json', /function/],
  ['process.exit()', 'threw', /process is not defined/],
])('%s fails with a class and a reason', async (expression, error_class, reason) => {
  const answer = await runBuiltinTool(jsonTransform, { data: {}, expression }, testingContext());
  expect(answer).toEqual({ status: 'error', error_class, error: expect.stringMatching(reason) });
});
