import { ROLES, type Role } from '@cairn/protocol';
import { CheckField } from '../ui/field.tsx';

const MEANINGS: Readonly<Record<Role, string>> = {
  curator: 'Everything in the tenant, also all that stands here.',
  emitter: 'Writes breadcrumbs, answers and reports.',
  subscriber: 'Registers selectors for webhooks.',
};

/** Chooses roles among those that the caller has: nobody can give more. */
export function RolesField({
  label,
  value,
  allowed,
  onChange,
}: {
  label: string;
  value: readonly Role[];
  allowed: readonly Role[];
  onChange: (roles: readonly Role[]) => void;
}) {
  return (
    <fieldset className="space-y-2">
      <legend className="mb-1 text-xs font-medium text-ink-soft">{label}</legend>
      {ROLES.map((role) => (
        <CheckField
          key={role}
          label={role}
          hint={allowed.includes(role) ? MEANINGS[role] : 'It cannot be given here.'}
          disabled={!allowed.includes(role) && !value.includes(role)}
          checked={value.includes(role)}
          onChange={(event) =>
            onChange(
              ROLES.filter((each) => (each === role ? event.target.checked : value.includes(each))),
            )
          }
        />
      ))}
    </fieldset>
  );
}
