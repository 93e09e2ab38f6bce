import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';

const LOOKS = {
  primary:
    'bg-accent text-on-accent hover:bg-accent-strong disabled:bg-sunken disabled:text-ink-faint',
  quiet: 'border border-line bg-raised text-ink hover:border-line-strong disabled:text-ink-faint',
  danger:
    'border border-line bg-raised text-bad hover:border-bad hover:bg-bad-soft disabled:text-ink-faint',
  bare: 'text-ink-soft hover:bg-sunken hover:text-ink disabled:text-ink-faint',
} as const;

/** A button with words. */
export function Button({
  look = 'quiet',
  className,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & { look?: keyof typeof LOOKS }) {
  return (
    <button
      type={type}
      className={classNames(
        'inline-flex h-9 items-center justify-center gap-2 rounded-lg px-3 text-sm font-medium transition-colors',
        LOOKS[look],
        className,
      )}
      {...rest}
    />
  );
}

/** A button that is an icon; `label` is its name. */
export function IconButton({
  label,
  className,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={classNames(
        'inline-flex size-9 shrink-0 items-center justify-center rounded-lg text-ink-soft transition-colors hover:bg-sunken hover:text-ink',
        className,
      )}
      {...rest}
    />
  );
}
