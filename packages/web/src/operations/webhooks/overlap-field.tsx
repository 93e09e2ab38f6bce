import { SelectField } from '../../ui/field.tsx';
import { OVERLAPS } from './secret-rules.ts';

/** Chooses for how long the secret before goes on signing. */
export function OverlapField({
  value,
  onChange,
}: {
  /** Seconds. */
  value: number;
  onChange: (seconds: number) => void;
}) {
  return (
    <SelectField
      label="The secret before goes on signing"
      value={String(value)}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {OVERLAPS.map(({ seconds, name }) => (
        <option key={seconds} value={seconds}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
