import { describe, expect, it } from 'vitest';
import { isUuid, newId, randomToken, secureRandom } from './ids.ts';

describe('newId', () => {
  it('makes UUIDv7s of the time, each later than the one before, also within a millisecond', () => {
    const before = Date.now();
    const ids = Array.from({ length: 20_000 }, newId);
    expect(
      ids.every((id) =>
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id),
      ),
    ).toBe(true);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
    const time = Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(time - before)).toBeLessThan(1_000);
  });
});

describe('isUuid', () => {
  it.each([
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '0192F3A4-0000-7000-8000-00000000000A',
    newId(),
  ])('takes %s', (text) => expect(isUuid(text)).toBe(true));

  it.each([
    '',
    'x',
    '0192f3a4000070008000000000000000',
    '{0192f3a4-0000-7000-8000-000000000000}',
    '0192f3a4-0000-7000-8000-00000000000g',
    '0192f3a4-0000-7000-8000-000000000000\n',
    ' 0192f3a4-0000-7000-8000-000000000000',
    '0192f3a4-0000-7000-8000-000000000000-0000',
  ])('refuses %j', (text) => expect(isUuid(text)).toBe(false));
});

describe('randomness', () => {
  it('makes tokens of as many bytes as asked, safe in a URL, never the same', () => {
    const tokens = Array.from({ length: 100 }, () => randomToken(32));
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) {
      expect(token).toMatch(/^[\w-]{43}$/);
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    }
  });

  it('makes numbers from 0 up to, and not including, 1', () => {
    const numbers = Array.from({ length: 1_000 }, secureRandom);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(numbers).size).toBe(1_000);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / 1_000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.1);
  });
});
