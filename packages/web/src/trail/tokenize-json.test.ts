import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenizeJson } from './tokenize-json.ts';

describe('tokenizeJson', () => {
  it('loses nothing of any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value, null, 2);
        expect(
          tokenizeJson(json)
            .map((token) => token.text)
            .join(''),
        ).toBe(json);
      }),
    );
  });

  it('tells keys from strings, and strings from what looks like something else inside them', () => {
    const kinds = tokenizeJson('{"a": "true 1", "b\\"": [-1.5e3, null]}')
      .filter((token) => token.kind !== 'plain')
      .map((token) => [token.kind, token.text]);
    expect(kinds).toEqual([
      ['key', '"a"'],
      ['string', '"true 1"'],
      ['key', '"b\\""'],
      ['number', '-1.5e3'],
      ['word', 'null'],
    ]);
  });
});
