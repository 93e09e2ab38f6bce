import type { BreadcrumbFull } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { draftOf, EMPTY_DRAFT, patchOf, readDraft, type Draft } from './edit-breadcrumb.ts';

const RECORD = {
  title: 'A note',
  tags: ['a', 'b'],
  schema_name: 'note.v1',
  description: null,
  visibility: 'team',
  sensitivity: 'low',
  ttl: '2026-12-24T18:00:00.000Z',
  ttl_type: 'datetime',
  ttl_config: null,
  read_count: 0,
  context: { text: 'Hi', html: '<b>bold</b>' },
} as BreadcrumbFull;

const bodyOf = (draft: Draft) => {
  const read = readDraft(draft);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.body;
};

describe('a breadcrumb that is edited', () => {
  it('comes back as it was when nothing is changed', () => {
    const { title, tags, schema_name, visibility, context, ttl } = RECORD;
    const body = bodyOf(draftOf(RECORD));
    expect(body).toMatchObject({ title, tags, schema_name, visibility, context, ttl });
    expect(patchOf(draftOf(RECORD), draftOf(RECORD), body)).toEqual({});
  });

  it('sends what was changed and nothing else, and clears what was emptied', () => {
    const before = draftOf(RECORD);
    const after = { ...before, schema_name: ' ', title: ' Better ', ttl_kind: 'never' };
    expect(patchOf(before, after, bodyOf(after))).toEqual({
      title: 'Better',
      schema_name: null,
      ttl: null,
      ttl_type: 'never',
      ttl_config: null,
    });
  });

  it('is not sent without a title, or with what is no JSON', () => {
    expect(readDraft({ ...EMPTY_DRAFT, context: '{"a":' })).toEqual({
      faults: { title: 'It needs a title', context: expect.stringContaining('no JSON') },
    });
    expect(
      readDraft({
        ...EMPTY_DRAFT,
        title: 'x',
        context: '{}',
        ttl_kind: 'datetime',
        ttl: 'tomorrow',
      }),
    ).toEqual({
      faults: { ttl: 'This is no time' },
    });
  });
});
