import { describe, expect, it } from 'vitest';
import { conversationOf, createdAt, upsertRecord, type LiveRecord } from './record.ts';

const record = (id: string, version: number, extra: Partial<LiveRecord> = {}): LiveRecord => ({
  id,
  title: `${id} v${version}`,
  tags: [],
  schema_name: null,
  version,
  updated_at: '2026-11-21T10:00:00Z',
  context: {},
  ...extra,
});

describe('upsertRecord', () => {
  it('adds in the order of creation, however late a record comes', () => {
    const list = [record('b', 1), record('c', 1), record('a', 1)].reduce<readonly LiveRecord[]>(
      upsertRecord,
      [],
    );
    expect(list.map((each) => each.id)).toEqual(['a', 'b', 'c']);
  });

  it('takes a higher version and leaves a lower one', () => {
    const list = upsertRecord([record('a', 2)], record('a', 3));
    expect(list[0]?.version).toBe(3);
    expect(upsertRecord(list, record('a', 2))).toBe(list);
  });

  it('fills in a context that its event did not carry, and changes nothing else', () => {
    const { context: _context, ...bare } = record('a', 1);
    const filled = upsertRecord([bare], record('a', 1, { context: { text: 'large' } }));
    expect(filled[0]?.context).toEqual({ text: 'large' });
    expect(upsertRecord(filled, record('a', 1, { context: { text: 'again' } }))).toBe(filled);
  });
});

describe('conversationOf', () => {
  it('reads the session tag first and the context second', () => {
    const context = { conversation_id: 'by-context' };
    expect(conversationOf({ tags: ['x', 'session:by-tag'], context })).toBe('by-tag');
    expect(conversationOf({ tags: ['x'], context })).toBe('by-context');
    expect(conversationOf({ tags: ['session:'], context: ['no'] })).toBeNull();
  });
});

describe('createdAt', () => {
  it('reads the time of a UUIDv7', () => {
    const at = Date.parse('2026-11-21T10:00:00.123Z');
    const hex = at.toString(16).padStart(12, '0');
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
    expect(createdAt({ id, updated_at: '2030-01-01T00:00:00Z' })).toBe(at);
  });

  it('falls back to the last update for other ids', () => {
    const id = '00000000-0000-4000-8000-000000000001';
    expect(createdAt({ id, updated_at: '2026-11-21T10:00:00Z' })).toBe(
      Date.parse('2026-11-21T10:00:00Z'),
    );
  });
});
