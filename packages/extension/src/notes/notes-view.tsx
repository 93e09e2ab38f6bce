import { useState } from 'react';
import { usePanel } from '../storage/use-panel.ts';
import { NoteDetail } from './note-detail.tsx';
import { NoteForm } from './note-form.tsx';
import { NoteList } from './note-list.tsx';

/** Notes: a page about to be saved, one note, or all of them. */
export function NotesView() {
  const { state, change } = usePanel();
  const [opened, setOpened] = useState<string | null>(null);
  const draft = state.note_draft;
  if (draft !== null) {
    return (
      <NoteForm
        draft={draft}
        onChange={(part) => change({ note_draft: { ...draft, ...part } })}
        onCancel={() => change({ note_draft: null })}
        onSaved={(id) => {
          change({ note_draft: null });
          setOpened(id);
        }}
      />
    );
  }
  if (opened !== null) return <NoteDetail id={opened} onClose={() => setOpened(null)} />;
  return <NoteList onOpen={setOpened} />;
}
