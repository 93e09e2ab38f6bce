import { describe, expect, it } from 'vitest';
import { compileOutputSchema } from './check-output.ts';

const check = compileOutputSchema({
  type: 'object',
  required: ['city'],
  properties: { city: { type: 'string' }, n: { type: 'integer' } },
});

describe('an answer by a schema', () => {
  it.each([
    '{"city":"Oslo","n":1}',
    '```json\n{"city":"Oslo","n":1}\n```',
    ' {"city":"Oslo","n":1} ',
  ])('is read from %j', (text) => {
    expect(check(text)).toEqual({ data: { city: 'Oslo', n: 1 } });
  });

  it.each([
    ['Here you are: {"city":"Oslo"}', /not JSON/],
    ['', /not JSON/],
    ['{"n":1}', /city/],
    ['{"city":1}', /city/],
    ['{"city":"Os\\u0000lo"}', /NUL|U\+0000|null character/i],
  ])('says what is wrong with %j', (text, expected) => {
    const found = check(text);
    expect('misfit' in found ? found.misfit : null).toMatch(expected);
  });

  it.each([
    [{ $ref: 'https://example.com/x' }],
    [{ type: 'nonsense' }],
    [{ properties: { a: { pattern: '(a+)+\\1' } } }],
  ])('refuses the schema %j', (schema) => {
    expect(() => compileOutputSchema(schema)).toThrow(/schema|pattern/);
  });
});
