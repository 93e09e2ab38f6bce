import { useId, type ComponentProps, type ReactNode } from 'react';
import { classNames } from './class-names.ts';

const BOX =
  'w-full rounded-lg border border-line-strong bg-raised px-2.5 text-sm text-ink placeholder:text-ink-faint focus-visible:outline-offset-0 disabled:opacity-60 aria-invalid:border-bad';

interface Labelled {
  readonly label: string;
  /** What helps to fill it in. */
  readonly hint?: ReactNode;
  /** What is wrong with it. */
  readonly error?: string | null;
}

function Labels({
  id,
  label,
  hint,
  error,
  children,
}: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-xs font-medium text-ink-soft">
        {label}
      </label>
      {children}
      {(hint !== undefined || error) && (
        <p
          id={`${id}-hint`}
          className={classNames('mt-1 text-2xs', error ? 'text-bad' : 'text-ink-faint')}
        >
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

function described({ id, hint, error }: { id: string; hint?: ReactNode; error?: string | null }) {
  return {
    id,
    ...(hint === undefined && !error ? {} : { 'aria-describedby': `${id}-hint` }),
    ...(error ? { 'aria-invalid': true } : {}),
  };
}

/** A field for one line of text. */
export function TextField({
  label,
  hint,
  error = null,
  className,
  ...rest
}: Labelled & ComponentProps<'input'>) {
  const id = useId();
  return (
    <Labels id={id} label={label} hint={hint} error={error}>
      <input
        type="text"
        {...described({ id, hint, error })}
        className={classNames(BOX, 'h-9', className)}
        {...rest}
      />
    </Labels>
  );
}

/** A field for many lines; it grows with its text. */
export function TextArea({
  label,
  hint,
  error = null,
  className,
  ...rest
}: Labelled & ComponentProps<'textarea'>) {
  const id = useId();
  return (
    <Labels id={id} label={label} hint={hint} error={error}>
      <textarea
        {...described({ id, hint, error })}
        className={classNames(
          BOX,
          'field-sizing-content max-h-96 min-h-20 py-2 font-mono text-xs leading-5',
          className,
        )}
        {...rest}
      />
    </Labels>
  );
}

/** A choice of one among a few. */
export function SelectField({
  label,
  hint,
  error = null,
  className,
  children,
  ...rest
}: Labelled & ComponentProps<'select'>) {
  const id = useId();
  return (
    <Labels id={id} label={label} hint={hint} error={error}>
      <select
        {...described({ id, hint, error })}
        className={classNames(BOX, 'h-9', className)}
        {...rest}
      >
        {children}
      </select>
    </Labels>
  );
}

/** Yes or no. */
export function CheckField({
  label,
  hint,
  ...rest
}: { label: string; hint?: ReactNode } & ComponentProps<'input'>) {
  const id = useId();
  return (
    <div className="flex items-start gap-2.5">
      <input
        {...described({ id, hint })}
        type="checkbox"
        className="mt-0.5 size-4 shrink-0 accent-accent"
        {...rest}
      />
      <div className="min-w-0">
        <label htmlFor={id} className="block text-sm">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-2xs text-ink-faint">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
