import { BASELINE_TYPES, type BehaviorBaseline } from '@cairn/protocol';
import { useState, type FormEvent } from 'react';
import type { TextSearch } from '../routes/search.ts';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { DialogFrame } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { CheckField, SelectField, TextField } from '../ui/field.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { BehaverFields, toProfile, useBehaverDraft } from './behaver-fields.tsx';

/** Baselines are usually made of this many days. */
const DAYS = 7;

/** What kinds of baselines are, for people. */
export const BASELINE_NAMES: Readonly<Record<BehaviorBaseline['baseline_type'], string>> = {
  version: 'Version',
  time_window: 'Window of time',
  manual: 'Made by hand',
};

/** Makes a baseline of how an agent behaved. */
export function BaselineForm({
  search,
  onClose,
  onMade,
}: {
  search: TextSearch;
  onClose: () => void;
  onMade: (baseline: BehaviorBaseline) => void;
}) {
  const { client } = useSession();
  const toaster = useToaster();
  const [draft, setDraft] = useBehaverDraft(search, DAYS);
  const [state, setState] = useState<{ is_busy: boolean; error: unknown }>({
    is_busy: false,
    error: null,
  });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const profile = toProfile(draft);
    if (profile === null) return;
    setState({ is_busy: true, error: null });
    try {
      const made = await client.drift.createBaseline({ profile, ...readRest(form) });
      toaster.done(made.is_active ? 'The baseline is active' : 'The baseline is made');
      onClose();
      onMade(made);
    } catch (error) {
      setState({ is_busy: false, error });
    }
  };
  return (
    <DialogFrame
      title="New baseline"
      description="How an agent behaved in a window of time; what it does later is compared with that."
      onClose={onClose}
    >
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <BehaverFields draft={draft} onChange={setDraft} />
        <SelectField label="Type" name="baseline_type" defaultValue="version">
          {BASELINE_TYPES.map((each) => (
            <option key={each} value={each}>
              {BASELINE_NAMES[each]}
            </option>
          ))}
        </SelectField>
        <TextField label="Description" name="description" maxLength={200} />
        <TextField
          label="Approved by"
          name="approved_by"
          maxLength={255}
          hint="Can be noted later, once."
        />
        <CheckField
          label="Activate it at once"
          name="auto_activate"
          hint="In place of the one that is active now."
        />
        {state.error !== null && (
          <ErrorNotice title="The baseline was not made" error={state.error} />
        )}
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={state.is_busy}>
            Make the baseline
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}

function readRest(form: FormData) {
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const type = text('baseline_type');
  const [description, approved_by] = [text('description'), text('approved_by')];
  return {
    baseline_type: BASELINE_TYPES.find((each) => each === type) ?? ('manual' as const),
    auto_activate: form.has('auto_activate'),
    ...(description === '' ? {} : { description }),
    ...(approved_by === '' ? {} : { approved_by }),
  };
}
