import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addRows,
  filterRows,
  rowOfEvent,
  rowOfRecord,
  schemasOf,
  splitHeld,
  summarize,
  TRAIL_ROWS_KEPT,
  type TrailRow,
} from './trail-row.ts';

const record = (id: string, fields: object = {}) => ({
  id,
  title: `Title ${id}`,
  tags: ['note'],
  schema_name: 'note.v1',
  version: 1,
  updated_at: '2026-11-21T10:00:00Z',
  context: {},
  ...fields,
});
const rows = (...ids: string[]): TrailRow[] => ids.map((id) => rowOfRecord(record(id)));

describe('summarize', () => {
  it('says what a record says, asks or answers', () => {
    expect(summarize({ content: ' Hello\n there ' })).toBe('Hello there');
    expect(summarize({ tool: 'calculator', input: { expression: '1+1' } })).toBe('calculator(1+1)');
    expect(summarize({ tool: 'calculator', output: { result: 2, expression: '1+1' } })).toBe(
      'calculator → 2',
    );
    expect(summarize({ tool: 'calculator', output: 2 })).toBe('calculator → 2');
    expect(summarize({ status: 'failed', content: '', error: { message: 'no key' } })).toBe(
      'no key',
    );
  });

  it('takes any context at all, and stays short', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ maxLength: 2_000 }), (context, text) => {
        for (const each of [context, { content: text }, { tool: text, input: context }]) {
          expect((summarize(each) ?? '').length).toBeLessThanOrEqual(160);
        }
      }),
    );
  });
});

describe('rows', () => {
  it('have the same key for a listed version and its event', () => {
    const { id, ...fields } = record('a', { version: 3 });
    const event = {
      ...fields,
      type: 'breadcrumb.updated' as const,
      seq: 1,
      breadcrumb_id: id,
      owner_id: 'o',
      updated_by: null,
    };
    expect(rowOfEvent(event).key).toBe(rowOfRecord(record('a', { version: 3 })).key);
    expect(rowOfEvent(event).action).toBe('updated');
    expect(rowOfEvent({ ...event, type: 'breadcrumb.deleted' }).action).toBe('deleted');
  });

  it('do not repeat the title, and mark failures', () => {
    const same = record('a', {
      title: 'What is 17%…',
      context: { content: 'What is 17% of 2340?' },
    });
    expect(rowOfRecord(same).summary).toBeNull();
    expect(rowOfRecord(record('a', { context: { status: 'failed' } })).is_failure).toBe(true);
    expect(rowOfRecord(record('a')).is_failure).toBe(false);
  });
});

describe('addRows', () => {
  it('puts new rows on top and drops those it has', () => {
    expect(addRows(rows('b', 'a'), rows('c', 'b')).map((row) => row.id)).toEqual(['c', 'b', 'a']);
    const known = rows('b', 'a');
    expect(addRows(known, rows('a'))).toBe(known);
  });

  it('keeps a bounded number', () => {
    const many = rows(...Array.from({ length: TRAIL_ROWS_KEPT + 20 }, (_, at) => `row-${at}`));
    const kept = addRows(rows('old'), many);
    expect(kept).toHaveLength(TRAIL_ROWS_KEPT);
    expect(kept[0]?.id).toBe('row-0');
  });
});

describe('filterRows', () => {
  const all = [
    rowOfRecord(record('a', { title: 'Apples', tags: ['fruit'] })),
    rowOfRecord(
      record('b', { title: 'Bread', schema_name: null, context: { text: 'with apples' } }),
    ),
  ];
  const ids = (filter: { q?: string; schema?: string }) =>
    filterRows(all, filter).map((row) => row.id);

  it('wants every word, in any field, in any case', () => {
    expect(ids({ q: 'APPLES' })).toEqual(['a', 'b']);
    expect(ids({ q: 'apples fruit' })).toEqual(['a']);
    expect(ids({ q: 'apples meat' })).toEqual([]);
  });

  it('selects a schema, and none', () => {
    expect(ids({ schema: 'note.v1' })).toEqual(['a']);
    expect(ids({ schema: 'none' })).toEqual(['b']);
    expect(schemasOf(all)).toEqual(['none', 'note.v1']);
  });

  it('is the same array without a filter', () => {
    expect(filterRows(all, { q: '  ' })).toBe(all);
  });
});

describe('splitHeld', () => {
  it('separates what came after the held top', () => {
    const { shown, held } = splitHeld(rows('d', 'c', 'b', 'a'), 'b:1');
    expect(shown.map((row) => row.id)).toEqual(['b', 'a']);
    expect(held.map((row) => row.id)).toEqual(['d', 'c']);
  });

  it('shows everything when nothing is held or the held row is gone', () => {
    expect(splitHeld(rows('b', 'a'), null).held).toEqual([]);
    expect(splitHeld(rows('b', 'a'), 'gone:1').shown).toHaveLength(2);
  });
});
