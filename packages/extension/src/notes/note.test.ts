import { LIMITS } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import type { NoteDraft } from '../storage/panel-state.ts';
import { noteBreadcrumb, parseTags, quoteNote, readNote, tagsForPeople } from './note.ts';

const draft: NoteDraft = {
  key: 'k',
  title: 'Tides',
  tags: 'sea, reading , sea,,',
  url: 'https://a.example/tides',
  site: 'a.example',
  content: 'The moon pulls.',
  is_cut: false,
};

describe('a page as a note', () => {
  it('is a breadcrumb that agents know as a note, with the tags of its reader and its site', () => {
    const made = noteBreadcrumb(draft, '2026-01-01T00:00:00Z');
    expect(made.schema_name).toBe('note.v1');
    expect(made.tags).toEqual([
      'note',
      'note:page',
      'extension:note',
      'site:a.example',
      'sea',
      'reading',
    ]);
    expect(made.context).toMatchObject({ content: 'The moon pulls.', url: draft.url });
    expect(tagsForPeople(made.tags)).toEqual(['site:a.example', 'sea', 'reading']);
    expect(readNote(made.context)).toEqual({
      content: 'The moon pulls.',
      url: draft.url,
      is_cut: false,
    });
  });

  it('keeps to the limits of the wire', () => {
    const title = '🌊'.repeat(400);
    const tags = Array.from({ length: 300 }, (_, at) => `${at}${'x'.repeat(300)}`).join(',');
    const made = noteBreadcrumb({ ...draft, title, tags }, '');
    expect(made.title.length).toBeLessThanOrEqual(LIMITS.title_chars);
    expect(made.title.isWellFormed()).toBe(true);
    expect(made.tags.length).toBeLessThanOrEqual(LIMITS.tags);
    expect(Math.max(...made.tags.map((tag) => tag.length))).toBeLessThanOrEqual(LIMITS.tag_chars);
    expect(noteBreadcrumb({ ...draft, title: '  ' }, '').title).toBe(draft.url);
    expect(parseTags(' , ,')).toEqual([]);
  });
});

describe('a note of somebody else', () => {
  it('opens no address but of the web', () => {
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'nonsense',
      5,
    ]) {
      expect(readNote({ content: 'x', url }).url).toBeNull();
    }
  });

  it('is shown as JSON where it has no text that we know', () => {
    expect(readNote({ text: 'words' }).content).toBe('words');
    expect(readNote({ lines: [1, 2] }).content).toContain('"lines"');
    expect(readNote(null).content).toBe('null');
    expect(readNote('just text').content).toBe('"just text"');
  });

  it('is quoted in a message with a limit, and names its breadcrumb', () => {
    const quoted = quoteNote({ id: 'n1', title: 'Long', content: 'y'.repeat(100_000) });
    expect(quoted).toContain('breadcrumb n1');
    expect(quoted.length).toBeLessThan(4_200);
    expect(quoted).toContain('y…\n\n');
  });
});
