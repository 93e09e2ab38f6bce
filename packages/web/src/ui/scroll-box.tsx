import type { ReactNode } from 'react';

/** Not every browser lets the keyboard scroll a box by itself: the box must be reachable, and so have a name. */
const REACHABLE = { tabIndex: 0, role: 'group' } as const;

/** A box whose content scrolls within it, by keyboard too. */
export function ScrollBox({
  label,
  className,
  children,
}: {
  label: string;
  className: string;
  children: ReactNode;
}) {
  return (
    <div {...REACHABLE} aria-label={label} className={className}>
      {children}
    </div>
  );
}
