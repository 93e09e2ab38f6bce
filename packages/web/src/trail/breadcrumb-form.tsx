import type { BreadcrumbCreate } from '@cairn/protocol';
import { lazy, Suspense, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { readDraft, type Draft, type DraftFaults } from './edit-breadcrumb.ts';
import { LifetimeFields } from './lifetime-fields.tsx';
import { SchemaHelp } from './schema-help.tsx';

const JsonEditor = lazy(async () => {
  const { JsonEditor: loaded } = await import('./json-editor.tsx');
  return { default: loaded };
});

const VISIBILITIES = [
  { value: 'public', name: 'public' },
  { value: 'team', name: 'team' },
  { value: 'private', name: 'private: its author, curators, and whom it is granted to' },
];
const SENSITIVITIES = ['low', 'pii', 'secret'];

/** The fields of a breadcrumb. `onSave` rejects with what the server says; it is shown and the draft stays. */
export function BreadcrumbForm({
  initial,
  verb,
  onSave,
  onCancel,
}: {
  initial: Draft;
  /** What the button says. */
  verb: string;
  onSave: (draft: Draft, body: BreadcrumbCreate) => Promise<void>;
  onCancel: () => void;
}) {
  const [draft, setDraft] = useState(initial);
  const [faults, setFaults] = useState<DraftFaults>({});
  const [state, setState] = useState<{ is_busy: boolean; error: unknown }>({
    is_busy: false,
    error: null,
  });
  const set: SetField = (field) => (event) =>
    setDraft((known) => ({ ...known, [field]: event.target.value }));
  const save = async () => {
    const read = readDraft(draft);
    setFaults('faults' in read ? read.faults : {});
    if ('faults' in read) return;
    setState({ is_busy: true, error: null });
    try {
      await onSave(draft, read.body);
    } catch (error) {
      setState({ is_busy: false, error });
    }
  };
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label="Title"
        autoFocus
        value={draft.title}
        error={faults.title ?? null}
        onChange={set('title')}
      />
      <Fields draft={draft} faults={faults} is_new={initial.ttl_kind === ''} set={set} />
      <div>
        <p className="mb-1 text-xs font-medium text-ink-soft">Context</p>
        <Suspense fallback={<Skeleton className="h-44 rounded-lg" />}>
          <JsonEditor
            label="Context as JSON"
            initial={initial.context}
            onChange={(context) => setDraft((known) => ({ ...known, context }))}
          />
        </Suspense>
        {faults.context !== undefined && (
          <p role="alert" className="mt-1 text-2xs text-bad">
            {faults.context}
          </p>
        )}
      </div>
      <SchemaHelp schema_name={draft.schema_name.trim()} />
      {state.error !== null && <ErrorNotice title="It was not saved" error={state.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="primary" type="submit" disabled={state.is_busy}>
          {verb}
        </Button>
      </div>
    </form>
  );
}

type SetField = (field: keyof Draft) => (event: { target: { value: string } }) => void;

function Fields({
  draft,
  faults,
  is_new,
  set,
}: {
  draft: Draft;
  faults: DraftFaults;
  is_new: boolean;
  set: SetField;
}) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Schema"
        placeholder="note.v1"
        className="font-mono text-xs"
        value={draft.schema_name}
        onChange={set('schema_name')}
      />
      <TextField
        label="Tags"
        hint="With blanks between."
        value={draft.tags}
        onChange={set('tags')}
      />
      <SelectField label="Visibility" value={draft.visibility} onChange={set('visibility')}>
        {VISIBILITIES.map(({ value, name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField label="Sensitivity" value={draft.sensitivity} onChange={set('sensitivity')}>
        {SENSITIVITIES.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </SelectField>
      <TextField label="Description" value={draft.description} onChange={set('description')} />
      <LifetimeFields draft={draft} faults={faults} is_new={is_new} set={set} />
    </div>
  );
}
