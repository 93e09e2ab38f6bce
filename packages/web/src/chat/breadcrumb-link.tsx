import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { classNames } from '../ui/class-names.ts';

/** Opens the panel of a breadcrumb beside what is shown. */
export function BreadcrumbLink({
  id,
  label,
  className,
  children,
}: {
  id: string;
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <Link
      from="/chat/{-$conversation_id}"
      search={(known) => ({ ...known, breadcrumb: id })}
      aria-label={label}
      title={label}
      className={classNames(
        'inline-flex items-center gap-1 rounded text-2xs text-ink-faint underline-offset-2 hover:text-ink hover:underline',
        className,
      )}
    >
      {children}
    </Link>
  );
}
