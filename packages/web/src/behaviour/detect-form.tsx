import type { BehaviorProfileCreate } from '@cairn/protocol';
import { useState, type FormEvent } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { DialogFrame } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { BehaverFields, toProfile, useBehaverDraft } from './behaver-fields.tsx';

/** The server compares the last day on schedule. */
const DAYS = 1;

/** Compares a window with the active baseline now. */
export function DetectForm({
  search,
  onClose,
  onFound,
}: {
  search: TextSearch;
  onClose: () => void;
  onFound: (looked_at: BehaviorProfileCreate) => void;
}) {
  const { client } = useSession();
  const toaster = useToaster();
  const [draft, setDraft] = useBehaverDraft(search, DAYS);
  const [state, setState] = useState<{ is_busy: boolean; error: unknown }>({
    is_busy: false,
    error: null,
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const profile = toProfile(draft);
    if (profile === null) return;
    setState({ is_busy: true, error: null });
    try {
      const { length } = await client.drift.detect(profile);
      toaster.done(
        length === 0
          ? 'Nothing has changed beyond chance'
          : `${length} ${length === 1 ? 'change was' : 'changes were'} found`,
      );
      onClose();
      onFound(profile);
    } catch (error) {
      setState({ is_busy: false, error });
    }
  };
  return (
    <DialogFrame
      title="Detect now"
      description="Compares a window of time with the active baseline. On schedule this happens by itself."
      onClose={onClose}
    >
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <BehaverFields draft={draft} onChange={setDraft} />
        {state.error !== null && (
          <ErrorNotice title="It could not be compared" error={state.error} />
        )}
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={state.is_busy}>
            Compare
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}
