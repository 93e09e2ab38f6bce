import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOfRecord } from './text-of-record.ts';

const textOf = (context: unknown) => textOfRecord({ title: 'Title', context });

describe('the text of a record', () => {
  it('is the title and the strings of the context in their order', () => {
    const context = {
      content: 'The printer jams',
      steps: ['open it', { detail: 'pull gently' }],
      by: { name: 'Ada' },
    };
    expect(textOf(context)).toBe('Title The printer jams open it pull gently Ada');
  });

  it('has the description before the context, and the tags after it', () => {
    const record = { title: 'Title', description: 'about', context: ['text'], tags: ['a:b', 'c'] };
    expect(textOfRecord(record)).toBe('Title about text a:b c');
    expect(textOfRecord({ ...record, description: null, tags: [] })).toBe('Title text');
  });

  it('leaves out keys, but for numbers and yes, which say nothing without', () => {
    const context = { note: 'roof', humidity: 40, gluten_free: true, is_open: false, gone: null };
    expect(textOf(context)).toBe('Title roof humidity 40 gluten_free');
  });

  it.each([
    ['an id', '0198e1f2-7c3a-7bcd-9abc-0123456789ab'],
    ['a time', '2026-11-21T15:00:00.123Z'],
    ['a hash', 'a3f5'.repeat(16)],
    ['a checksum in base64', 'Zm9vYmFy1234'.repeat(8)],
    ['vectors', [0.1, 0.2, 0.3]],
    ['nothing', '   '],
  ])('leaves out %s', (_name, value) => {
    expect(textOf({ before: 'a', value, after: 'b' })).toBe('Title a b');
  });

  it('keeps the words around encoded data, long words, slugs and dates', () => {
    const url = 'see https://a.example/the-long-slug-of-a-page-2026-about-printers-and-paper-jams';
    const word = 'Donaudampfschifffahrtsgesellschaftskapitän';
    expect(
      textOf([url, word, '2026-11-21', `data:image/png;base64,${'iVBOR0kGgo'.repeat(50)}`]),
    ).toBe(`Title ${url} ${word} 2026-11-21 data:image/png;base64,`);
  });

  it('takes any context: text, number, list, nothing', () => {
    expect(textOf('words')).toBe('Title words');
    expect(textOf(7)).toBe('Title');
    expect(textOf(null)).toBe('Title');
    expect(textOf(undefined)).toBe('Title');
    expect(textOf([['deep', ['deeper']]])).toBe('Title deep deeper');
  });

  it('is never longer than 32,768 characters and never ends in half a character', () => {
    fc.assert(
      fc.property(fc.integer({ min: 32_740, max: 32_780 }), (length) => {
        const text = textOf(`${'x'.repeat(length)}${'👩'.repeat(20)}`);
        expect(text.length).toBeLessThanOrEqual(32_768);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });

  it.each([
    ['nested a hundred thousand deep', () => nested(100_000)],
    ['of a million empty lists', () => Array.from({ length: 1_000_000 }, () => [])],
    ['of a million words', () => Array.from({ length: 1_000_000 }, () => 'word')],
    ['of one text of ten million characters', () => 'a1'.repeat(5_000_000)],
  ])('takes a context %s within a moment', (_name, make) => {
    const context = make();
    const began = performance.now();
    expect(textOf(context).length).toBeLessThanOrEqual(32_768);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('is the same for the same record', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (context) => {
        const copy: unknown = JSON.parse(JSON.stringify(context));
        expect(textOf(copy)).toBe(textOf(context));
      }),
    );
  });
});

function nested(levels: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
