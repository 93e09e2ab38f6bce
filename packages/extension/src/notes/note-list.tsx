import type { BreadcrumbItem } from '@cairn/protocol';
import { Button, classNames, ErrorNotice, Skeleton, TimeAgo, useSettled } from '@cairn/web';
import { NotebookPen, Search, X } from 'lucide-react';
import { useState } from 'react';
import { FIELD } from '../ui/field.ts';
import { NOTE_TAG, tagsForPeople } from './note.ts';
import { SavePageButton } from './save-page-button.tsx';
import { useNoteList, useNoteSearch } from './use-notes.ts';

const SETTLED_MS = 500;
const TAGS_SHOWN = 3;

/** All notes, or those that a search or a tag leaves. */
export function NoteList({ onOpen }: { onOpen: (id: string) => void }) {
  const [typed, setTyped] = useState('');
  const [tag, setTag] = useState<string | null>(null);
  const q = useSettled(typed.trim(), SETTLED_MS);
  const is_search = typed.trim() !== '' && q !== '';
  const list = useNoteList(tag, !is_search);
  const found = useNoteSearch(is_search ? q : '', tag);
  const shown = is_search ? found : list;
  const rows: readonly BreadcrumbItem[] = is_search
    ? (found.data?.hits ?? [])
    : (list.data?.pages.flatMap(({ items }) => items) ?? []);
  const is_waiting = is_search ? found.isFetching || q !== typed.trim() : list.isPending;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="shrink-0 space-y-2 border-b border-line p-3">
        <SavePageButton />
        <div className="relative">
          <Search
            className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-faint"
            aria-hidden
          />
          <input
            type="search"
            aria-label="Search notes"
            placeholder="Search by words or meaning"
            value={typed}
            maxLength={500}
            onChange={(event) => setTyped(event.target.value)}
            className={`${FIELD} pl-9`}
          />
        </div>
        {tag !== null && (
          <button
            type="button"
            onClick={() => setTag(null)}
            aria-label={`Show notes without the tag ${tag} too`}
            className="inline-flex h-7 max-w-full items-center gap-1.5 rounded-full bg-accent-soft px-2.5 text-xs"
          >
            <span className="truncate">{tag}</span>
            <X className="size-3 shrink-0" aria-hidden />
          </button>
        )}
        {is_search && found.data?.mode === 'words' && (
          <p className="text-2xs text-ink-faint">
            Found by words: the server&rsquo;s database compares no meanings.
          </p>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-2" aria-busy={is_waiting}>
        {shown.isError ? (
          <ErrorNotice
            title={is_search ? 'The search failed' : 'The notes could not be read'}
            error={shown.error}
            onRetry={() => void shown.refetch()}
          />
        ) : rows.length === 0 && is_waiting ? (
          <div className="space-y-2 p-1">
            <Skeleton className="h-14" />
            <Skeleton className="h-14" />
            <Skeleton className="h-14" />
          </div>
        ) : rows.length === 0 ? (
          <NothingHere is_search={is_search} has_tag={tag !== null} />
        ) : (
          <ul aria-label="Notes" className={classNames('space-y-0.5', is_waiting && 'opacity-70')}>
            {rows.map((note) => (
              <NoteRow key={note.id} note={note} onOpen={onOpen} onTag={setTag} />
            ))}
          </ul>
        )}
        {!is_search && list.hasNextPage && (
          <Button
            className="mt-2 w-full"
            disabled={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {list.isFetchingNextPage ? 'Reading…' : 'Older notes'}
          </Button>
        )}
      </div>
    </div>
  );
}

function NoteRow({
  note,
  onOpen,
  onTag,
}: {
  note: BreadcrumbItem;
  onOpen: (id: string) => void;
  onTag: (tag: string) => void;
}) {
  const tags = tagsForPeople(note.tags);
  return (
    <li className="rounded-lg px-2 py-2 hover:bg-sunken" data-testid="note-row">
      <button
        type="button"
        onClick={() => onOpen(note.id)}
        className="block w-full rounded text-left font-medium break-words hover:underline"
      >
        {note.title}
      </button>
      <div className="mt-0.5 flex items-center gap-1.5 text-2xs text-ink-faint">
        <TimeAgo at={Date.parse(note.updated_at)} className="shrink-0 tabular-nums" />
        {tags.slice(0, TAGS_SHOWN).map((tag) => (
          <button
            key={tag}
            type="button"
            onClick={() => onTag(tag)}
            aria-label={`Only notes with the tag ${tag}`}
            className="min-w-0 truncate rounded-full border border-line px-1.5 py-px hover:border-line-strong hover:text-ink"
          >
            {tag}
          </button>
        ))}
        {tags.length > TAGS_SHOWN && <span>+{tags.length - TAGS_SHOWN}</span>}
      </div>
    </li>
  );
}

function NothingHere({ is_search, has_tag }: { is_search: boolean; has_tag: boolean }) {
  if (is_search || has_tag) {
    return (
      <p className="p-6 text-center text-ink-faint">
        Nothing found. A new note can be searched a moment after it was saved.
      </p>
    );
  }
  return (
    <div className="flex flex-col items-center p-8 text-center">
      <NotebookPen className="size-8 text-ink-faint" aria-hidden />
      <p className="mt-3 font-medium">No notes yet</p>
      <p className="mt-1 text-balance text-ink-soft">
        Save the page beside you, or ask an agent: “remember that …”. Every note is a breadcrumb
        tagged {NOTE_TAG}.
      </p>
    </div>
  );
}
