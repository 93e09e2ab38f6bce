import type { BreadcrumbEvent } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents } from './fold-events.ts';
import { NODES_AT_MOST } from './graph.ts';
import { testData, testRecord } from './testing-graph.ts';

function event(fields: Partial<BreadcrumbEvent>): BreadcrumbEvent {
  return {
    type: 'breadcrumb.updated',
    seq: 1,
    breadcrumb_id: 'a',
    owner_id: 'o',
    version: 1,
    title: 'A',
    tags: [],
    schema_name: null,
    updated_at: '2026-11-21T10:00:00.000Z',
    updated_by: 'someone',
    ...fields,
  };
}

describe('foldEvents', () => {
  it('adds what is new, the one changed last first, with its author', () => {
    const data = testData([testRecord({ id: 'old', updated_at: '2026-11-21T09:00:00.000Z' })]);
    const next = foldEvents(data, [event({})], new Set());
    expect(next.records.map(({ id }) => id)).toEqual(['a', 'old']);
    expect(next.records[0]?.created_by).toBe('someone');
  });

  it('keeps the author when somebody else changes a record', () => {
    const data = foldEvents(testData([]), [event({})], new Set());
    const next = foldEvents(
      data,
      [event({ version: 2, title: 'B', updated_by: 'other' })],
      new Set(),
    );
    expect(next.records[0]).toMatchObject({ title: 'B', created_by: 'someone' });
  });

  it('changes nothing for what is known', () => {
    const data = foldEvents(testData([]), [event({ version: 2 })], new Set());
    expect(foldEvents(data, [event({ version: 2 })], new Set())).toBe(data);
    expect(foldEvents(data, [], new Set())).toBe(data);
  });

  it('keeps contexts only where an edge can depend on them', () => {
    const events = [
      event({ breadcrumb_id: 'def', schema_name: 'agent.def.v1', context: { agent_id: 'x' } }),
      event({ breadcrumb_id: 'note', schema_name: 'note.v1', context: { text: 'long' } }),
    ];
    const { records } = foldEvents(testData([]), events, new Set());
    expect(records.find(({ id }) => id === 'def')?.context).toEqual({ agent_id: 'x' });
    expect(records.find(({ id }) => id === 'note')).not.toHaveProperty('context');
  });

  it('keeps the newest when there are too many, and says that there are more', () => {
    const records = Array.from({ length: NODES_AT_MOST }, (_, at) => testRecord({ id: `r${at}` }));
    const late = event({ breadcrumb_id: 'late', updated_at: '2026-11-21T11:00:00.000Z' });
    const next = foldEvents(testData(records), [late], new Set());
    expect(next.records).toHaveLength(NODES_AT_MOST);
    expect(next.records[0]?.id).toBe('late');
    expect(next.has_more).toBe(true);
  });

  it('comes to the same in whatever order and however often events come', () => {
    const one = fc.record({
      breadcrumb_id: fc.constantFrom('a', 'b', 'c'),
      version: fc.integer({ min: 1, max: 4 }),
      is_deleted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (plan, dice) => {
        const events = plan.map(({ breadcrumb_id, version, is_deleted }) =>
          event({
            breadcrumb_id,
            version,
            title: `${breadcrumb_id} v${version}`,
            updated_at: `2026-11-21T10:00:0${version}.000Z`,
            // A breadcrumb is deleted once and for all.
            type: is_deleted && breadcrumb_id === 'c' ? 'breadcrumb.deleted' : 'breadcrumb.updated',
          }),
        );
        const shuffled = [...events, ...events]
          .map((each) => ({ each, key: dice.next().value }))
          .toSorted((x, y) => x.key - y.key)
          .map(({ each }) => each);
        const simple = foldEvents(testData([]), events, new Set()).records;
        const deleted = new Set<string>();
        let data = testData([]);
        for (const each of shuffled) data = foldEvents(data, [each], deleted);
        const titles = (records: typeof simple) => records.map(({ id, title }) => `${id} ${title}`);
        expect(titles(data.records)).toEqual(titles(simple));
      }),
    );
  });
});
