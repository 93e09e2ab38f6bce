import { describe, expect, it } from 'vitest';
import { chooseHints } from './choose-hints.ts';

const own = { exclude: ['a'] };
const schema = { include: ['b'] };

describe('the hints that apply', () => {
  it('are those of the record before those of its schema', () => {
    expect(chooseHints({ own, schema }, true)).toBe(own);
    expect(chooseHints({ own, schema }, false)).toBe(own);
  });

  it('are those of the schema only for who asks for them', () => {
    expect(chooseHints({ own: null, schema }, true)).toBe(schema);
    expect(chooseHints({ own: null, schema }, false)).toBe(null);
    expect(chooseHints({ own: undefined, schema: undefined }, true)).toBe(null);
  });

  it('are none for a record that says so with an empty object', () => {
    expect(chooseHints({ own: {}, schema }, true)).toEqual({});
  });
});
