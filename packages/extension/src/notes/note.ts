import type { BreadcrumbCreate } from '@cairn/protocol';
import { fieldOf, textOf } from '@cairn/web';
import type { NoteDraft } from '../storage/panel-state.ts';

/** The schema of notes, which the tools of agents write as well. */
export const NOTE_SCHEMA = 'note.v1';
/** The tag of every note. */
export const NOTE_TAG = 'note';

const TAG_CHARS = 100;
const TAGS_AT_MOST = 20;

/** Tags as people type them, with commas between: trimmed, each once, at most twenty. */
export function parseTags(typed: string): string[] {
  const tags = typed
    .split(',')
    .map((each) => each.replaceAll('\0', '').trim().slice(0, TAG_CHARS).toWellFormed())
    .filter(Boolean);
  return [...new Set(tags)].slice(0, TAGS_AT_MOST);
}

/** The tag of the site that a note is from. */
export const siteTag = (site: string): string => `site:${site}`.slice(0, 255);

/** The breadcrumb of a page that is saved as a note. */
export function noteBreadcrumb(draft: NoteDraft, captured_at: string): BreadcrumbCreate {
  const title = draft.title.replaceAll('\0', '').trim() || draft.url;
  const own = [
    NOTE_TAG,
    'note:page',
    'extension:note',
    ...(draft.site === '' ? [] : [siteTag(draft.site)]),
  ];
  return {
    title: title.slice(0, 255).toWellFormed(),
    schema_name: NOTE_SCHEMA,
    tags: [...new Set([...own, ...parseTags(draft.tags)])],
    context: {
      content: draft.content,
      title,
      url: draft.url,
      captured_at,
      content_is_cut: draft.is_cut,
      source: 'extension',
    },
  };
}

/** What a note says, of whoever wrote it. */
export interface NoteText {
  readonly content: string;
  /** Where it is from; null unless that is an address that may be opened. */
  readonly url: string | null;
  readonly is_cut: boolean;
}

/** Reads the context of a note. Whatever has no text that we know is shown as JSON. */
export function readNote(context: unknown): NoteText {
  const content =
    textOf(context, 'content', 'text', 'markdown') ?? JSON.stringify(context, null, 2);
  const address = textOf(context, 'url');
  const parsed = address === null ? null : URL.parse(address);
  const is_open = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  return {
    content: content ?? '',
    url: is_open ? parsed.href : null,
    is_cut: fieldOf(context, 'content_is_cut') === true,
  };
}

/** Tags that tell people something: not those by which programs find notes. */
export function tagsForPeople(tags: readonly string[]): string[] {
  return tags.filter(
    (tag) => tag !== NOTE_TAG && tag !== 'note:page' && !tag.startsWith('extension:'),
  );
}

const QUOTED_CHARS = 4_000;

/** A note as the beginning of a message: its reader sees what an agent will be told. */
export function quoteNote(note: { id: string; title: string; content: string }): string {
  const text = note.content.slice(0, QUOTED_CHARS).toWellFormed();
  const end = note.content.length > QUOTED_CHARS ? '…' : '';
  return `About my note "${note.title}" (breadcrumb ${note.id}):\n\n${text}${end}\n\n`;
}
