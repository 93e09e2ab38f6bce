import type { GraphData, GraphRecord } from './graph-record.ts';

/** A record for tests, of which only what matters is given. */
export function testRecord(fields: Partial<GraphRecord> & { readonly id: string }): GraphRecord {
  return {
    title: fields.id,
    tags: [],
    schema_name: null,
    version: 1,
    updated_at: '2026-11-21T10:00:00.000Z',
    created_by: null,
    ...fields,
  };
}

/** Data for tests. */
export function testData(
  records: readonly GraphRecord[],
  rest: Partial<GraphData> = {},
): GraphData {
  return { records, agents: [], secrets: [], has_more: false, ...rest };
}
