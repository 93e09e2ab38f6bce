/** How fields for one line of text look. */
export const FIELD =
  'h-10 w-full rounded-lg border border-line-strong bg-raised px-3 text-sm placeholder:text-ink-faint';
