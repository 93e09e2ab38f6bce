import { useState } from 'react';
import { CheckField, TextArea, TextField } from '../ui/field.tsx';

/** A field for a secret: what is typed is not shown. Values of several lines, such as keys in PEM, keep their lines. */
export function MaskedField({
  label,
  hint,
  value,
  chars_max,
  has_lines = false,
  is_required = true,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string;
  chars_max: number;
  /** Whether the value may have several lines. */
  has_lines?: boolean;
  is_required?: boolean;
  onChange: (value: string) => void;
}) {
  const [is_long, setLong] = useState(false);
  const shared = {
    label,
    ...(hint === undefined ? {} : { hint }),
    value,
    required: is_required,
    maxLength: chars_max,
    spellCheck: false,
  };
  return (
    <div className="space-y-2">
      {is_long ? (
        <TextArea
          {...shared}
          autoComplete="off"
          className="[-webkit-text-security:disc]"
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <TextField
          {...shared}
          type="password"
          autoComplete="new-password"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {has_lines && (
        <CheckField
          label="It has several lines"
          checked={is_long}
          onChange={(event) => setLong(event.target.checked)}
        />
      )}
    </div>
  );
}
