import { SelectField, TextField } from '../ui/field.tsx';
import { LIFETIMES, type LifetimeDraft, type LifetimeFaults } from './edit-lifetime.ts';

/** How a breadcrumb ends: the kind, and the fields that it takes. */
export function LifetimeFields({
  draft,
  faults,
  is_new,
  set,
}: {
  draft: LifetimeDraft;
  faults: LifetimeFaults;
  /** What is there has an end, or none, of its own. */
  is_new: boolean;
  set: (field: keyof LifetimeDraft) => (event: { target: { value: string } }) => void;
}) {
  const { ttl_kind } = draft;
  const is_both = ttl_kind === 'hybrid';
  return (
    <>
      <SelectField label="Deleted" value={ttl_kind} onChange={set('ttl_kind')}>
        {LIFETIMES.filter(({ value }) => is_new || value !== '').map(({ value, name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </SelectField>
      {(ttl_kind === 'usage' || is_both) && (
        <TextField
          label="Reads"
          hint="Reads by its id count; lists, searches and these pages do not."
          inputMode="numeric"
          value={draft.ttl_reads}
          error={faults.ttl_reads ?? null}
          onChange={set('ttl_reads')}
        />
      )}
      {(ttl_kind === 'duration' || is_both) && (
        <TextField
          label="Duration"
          hint="Such as 30m, 2h or 7d, from when it is saved."
          value={draft.ttl_lasts}
          error={faults.ttl_lasts ?? null}
          onChange={set('ttl_lasts')}
        />
      )}
      {(ttl_kind === 'datetime' || is_both) && (
        <TextField
          label={is_both ? 'Or at' : 'Deleted at'}
          type="datetime-local"
          value={draft.ttl}
          error={faults.ttl ?? null}
          onChange={set('ttl')}
        />
      )}
      {is_both && (
        <SelectField label="Which counts" value={draft.ttl_mode} onChange={set('ttl_mode')}>
          <option value="any">the limit that is reached first</option>
          <option value="all">both limits must be reached</option>
        </SelectField>
      )}
    </>
  );
}
