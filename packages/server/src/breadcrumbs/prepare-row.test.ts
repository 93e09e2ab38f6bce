import { LIMITS, type BreadcrumbPatch } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.ts';
import { assertStorable } from './prepare-row.ts';

const FOX = '🦊';

function refusal(body: unknown): string | null {
  try {
    assertStorable(body as BreadcrumbPatch);
    return null;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'validation_failed') throw error;
    return error.message;
  }
}

function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels));
}

describe('what may be stored', () => {
  it.each([
    ['title', LIMITS.title_chars],
    ['schema_name', LIMITS.schema_name_chars],
    ['semantic_version', LIMITS.semantic_version_chars],
    ['description', LIMITS.description_chars],
  ])('counts the %s in code points', (field, most) => {
    expect(refusal({ [field]: FOX.repeat(most) })).toBeNull();
    expect(refusal({ [field]: FOX.repeat(most) + 'x' })).toContain(`longer than ${most}`);
  });

  it('counts a tag in code points, and the tags', () => {
    expect(refusal({ tags: [FOX.repeat(LIMITS.tag_chars)] })).toBeNull();
    expect(refusal({ tags: [FOX.repeat(LIMITS.tag_chars + 1)] })).toContain('a tag is longer');
    const tags = Array.from({ length: LIMITS.tags }, (_, n) => `t${n}`);
    expect(refusal({ tags })).toBeNull();
    expect(refusal({ tags: [...tags, 'one more'] })).toContain('more than 100 tags');
  });

  it('takes a context of 64 levels and no more', () => {
    expect(refusal({ context: nested(LIMITS.json_depth) })).toBeNull();
    expect(refusal({ context: nested(LIMITS.json_depth + 1) })).toContain('deeper than 64');
  });

  it.each([
    ['a NUL in a value', { context: { a: 'x\0y' } }],
    ['a NUL in a key', { context: { 'x\0y': 1 } }],
    ['half of a surrogate pair', { title: '\ud800' }],
    ['half of a surrogate pair in a tag', { tags: ['\udc00x'] }],
    ['a number out of range', { context: [Infinity] }],
    ['a leap second', { ttl: '2016-12-31T23:59:60Z' }],
    ['the year 0', { ttl: '0000-01-01T00:00:00Z' }],
    ['a time that is in the year 10000 in UTC', { ttl: '9999-12-31T23:59:59-01:00' }],
  ])('refuses %s', (_, body) => {
    expect(refusal(body)).toBeTypeOf('string');
  });

  it('does not repeat a long key in its message', () => {
    expect(refusal({ context: { ['k'.repeat(100_000)]: '\0' } })?.length).toBeLessThan(400);
  });

  it('takes what clears a field', () => {
    expect(refusal({ ttl: null, description: null, schema_name: null, context: null })).toBeNull();
  });
});
