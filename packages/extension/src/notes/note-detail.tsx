import type { BreadcrumbContext } from '@cairn/protocol';
import {
  Button,
  CopyButton,
  describeError,
  ErrorNotice,
  IconButton,
  queryKeys,
  Skeleton,
  TimeAgo,
} from '@cairn/web';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ArrowLeft, ExternalLink, MessageSquareQuote, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { dashboardLink, useSession } from '../session/session.ts';
import { usePanel } from '../storage/use-panel.ts';
import { quoteNote, readNote, tagsForPeople, type NoteText } from './note.ts';
import { useReadNotesAgain } from './use-notes.ts';

/** More than this is not drawn; copying still takes all. */
const SHOWN_CHARS = 200_000;

/** One note, as text: whatever stands in it is shown and never run. */
export function NoteDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const { client } = useSession();
  const note = useQuery({
    queryKey: queryKeys.breadcrumb_view(id, 'context'),
    queryFn: ({ signal }) => client.getBreadcrumb(id, { signal }),
  });
  const data = note.data;
  const read = data === undefined ? null : readNote(data.context);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-2">
        <IconButton label="Back to all notes" onClick={onClose} autoFocus>
          <ArrowLeft className="size-4" aria-hidden />
        </IconButton>
        <h2 className="min-w-0 flex-1 truncate font-medium">{data?.title ?? 'Note'}</h2>
        {read !== null && <CopyButton text={read.content} label="Copy the note" />}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-3" data-testid="note-detail">
        {note.isError && (
          <ErrorNotice
            title="The note could not be read"
            error={note.error}
            onRetry={() => void note.refetch()}
          />
        )}
        {note.isPending && (
          <div className="space-y-2" aria-busy="true">
            <Skeleton className="h-5 w-3/4" />
            <Skeleton className="h-4" />
            <Skeleton className="h-4 w-5/6" />
          </div>
        )}
        {data !== undefined && read !== null && <NoteBody note={data} read={read} />}
      </div>
      {data !== undefined && read !== null && (
        <NoteActions note={data} content={read.content} onClose={onClose} />
      )}
    </div>
  );
}

function NoteBody({ note, read }: { note: BreadcrumbContext; read: NoteText }) {
  return (
    <>
      <p className="text-lg leading-snug font-semibold break-words">{note.title}</p>
      <p className="mt-1 flex items-center gap-2 text-2xs text-ink-faint">
        <TimeAgo at={Date.parse(note.updated_at)} />
        {read.url !== null && (
          <a
            href={read.url}
            target="_blank"
            rel="noreferrer"
            className="min-w-0 truncate underline underline-offset-2 hover:text-ink"
          >
            {read.url}
          </a>
        )}
      </p>
      <ul aria-label="Tags" className="mt-2 flex flex-wrap gap-1">
        {tagsForPeople(note.tags).map((tag) => (
          <li
            key={tag}
            className="max-w-full truncate rounded-full border border-line px-2 text-2xs text-ink-soft"
          >
            {tag}
          </li>
        ))}
      </ul>
      <div className="mt-3 break-words whitespace-pre-wrap" data-testid="note-content">
        {read.content.slice(0, SHOWN_CHARS)}
        {read.content.length > SHOWN_CHARS && '…'}
      </div>
      {read.is_cut && (
        <p className="mt-2 text-xs text-warn">The page was longer than a note may be.</p>
      )}
    </>
  );
}

function NoteActions({
  note,
  content,
  onClose,
}: {
  note: BreadcrumbContext;
  content: string;
  onClose: () => void;
}) {
  const { server_url } = useSession();
  const { change } = usePanel();
  const { id, title, version } = note;
  const sendToChat = (): void =>
    change((now) => ({ place: 'chat', draft: quoteNote({ id, title, content }) + now.draft }));
  return (
    <div className="flex shrink-0 flex-wrap gap-2 border-t border-line p-3">
      <Button className="flex-1" onClick={sendToChat}>
        <MessageSquareQuote className="size-4" aria-hidden />
        Send to chat
      </Button>
      <a
        href={dashboardLink(server_url, id)}
        target="_blank"
        rel="noreferrer"
        className="inline-flex h-9 items-center gap-2 rounded-lg border border-line bg-raised px-3 font-medium hover:border-line-strong"
      >
        <ExternalLink className="size-4" aria-hidden />
        Dashboard
      </a>
      <DeleteButton id={id} version={version} onDeleted={onClose} />
    </div>
  );
}

/** Asks once more before it deletes. */
function DeleteButton({
  id,
  version,
  onDeleted,
}: {
  id: string;
  version: number;
  onDeleted: () => void;
}) {
  const { client } = useSession();
  const readAgain = useReadNotesAgain();
  const [is_sure, setSure] = useState(false);
  const remove = useMutation({
    mutationFn: () => client.deleteBreadcrumb(id, { version }),
    onSuccess: () => {
      readAgain();
      onDeleted();
    },
  });
  if (!is_sure) {
    return (
      <IconButton label="Delete this note" onClick={() => setSure(true)}>
        <Trash2 className="size-4" aria-hidden />
      </IconButton>
    );
  }
  return (
    <div className="flex w-full items-center gap-2 rounded-lg bg-bad-soft p-2">
      <p role="alert" className="min-w-0 flex-1 text-xs break-words">
        {remove.isError ? describeError(remove.error).summary : 'Delete it with its history?'}
      </p>
      <Button
        look="danger"
        className="h-8"
        disabled={remove.isPending}
        autoFocus
        onClick={() => remove.mutate()}
      >
        Delete
      </Button>
      <Button className="h-8" onClick={() => setSure(false)}>
        Keep
      </Button>
    </div>
  );
}
