import { Button, ErrorNotice } from '@cairn/web';
import { useMutation } from '@tanstack/react-query';
import { useId } from 'react';
import { useSession } from '../session/session.ts';
import type { NoteDraft } from '../storage/panel-state.ts';
import { FIELD } from '../ui/field.ts';
import { noteBreadcrumb } from './note.ts';
import { useReadNotesAgain } from './use-notes.ts';

const PREVIEW_CHARS = 20_000;

/** A page as it was read, before it is saved: its reader may change title and tags, and sees what will be kept. */
export function NoteForm({
  draft,
  onChange,
  onCancel,
  onSaved,
}: {
  draft: NoteDraft;
  onChange: (part: Partial<NoteDraft>) => void;
  onCancel: () => void;
  onSaved: (id: string) => void;
}) {
  const { client } = useSession();
  const readAgain = useReadNotesAgain();
  const id = useId();
  const save = useMutation({
    mutationFn: () =>
      client.createBreadcrumb(noteBreadcrumb(draft, new Date().toISOString()), {
        idempotency_key: draft.key,
      }),
    onSuccess: (stored) => {
      readAgain();
      onSaved(stored.id);
    },
  });
  return (
    <form
      className="flex h-full min-h-0 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending) save.mutate();
      }}
    >
      <div className="min-h-0 flex-1 overflow-y-auto p-3">
        <h2 className="text-base font-semibold">Save as a note</h2>
        <p className="truncate text-xs text-ink-faint" title={draft.url}>
          {draft.url}
        </p>
        <label htmlFor={`${id}-title`} className="mt-3 block text-xs font-medium text-ink-soft">
          Title
        </label>
        <input
          id={`${id}-title`}
          autoFocus
          maxLength={255}
          value={draft.title}
          onChange={(event) => onChange({ title: event.target.value })}
          className={`${FIELD} mt-1`}
        />
        <label htmlFor={`${id}-tags`} className="mt-3 block text-xs font-medium text-ink-soft">
          Tags, with commas between
        </label>
        <input
          id={`${id}-tags`}
          maxLength={1_000}
          value={draft.tags}
          placeholder="reading, project"
          onChange={(event) => onChange({ tags: event.target.value })}
          className={`${FIELD} mt-1`}
        />
        <Preview draft={draft} />
        {save.isError && (
          <div className="mt-3">
            <ErrorNotice title="The note was not saved" error={save.error} />
          </div>
        )}
      </div>
      <div className="flex shrink-0 gap-2 border-t border-line p-3">
        <Button type="submit" look="primary" className="flex-1" disabled={save.isPending}>
          {save.isPending ? 'Saving…' : 'Save note'}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}

/** What will be kept, as it stands. */
function Preview({ draft }: { draft: NoteDraft }) {
  const id = useId();
  return (
    <>
      <p className="mt-3 mb-1 flex justify-between text-xs text-ink-soft">
        <label htmlFor={id} className="font-medium">
          What will be kept
        </label>
        <span className="text-ink-faint tabular-nums">
          {draft.content.length.toLocaleString('en')} characters
        </span>
      </p>
      {draft.is_cut && (
        <p className="mb-1 text-xs text-warn">
          The page is longer; this is its beginning. Notes have a limit.
        </p>
      )}
      <textarea
        id={id}
        readOnly
        rows={14}
        value={
          draft.content.slice(0, PREVIEW_CHARS) + (draft.content.length > PREVIEW_CHARS ? '…' : '')
        }
        className="block w-full resize-y rounded-lg border border-line bg-raised p-3 text-xs"
      />
    </>
  );
}
