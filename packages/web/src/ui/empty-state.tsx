import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { CommandLine } from './command-line.tsx';

/** Nothing is here yet: says why, and shows the command that makes the first item. */
export function EmptyState({
  Icon,
  title,
  command,
  children,
}: {
  Icon: LucideIcon;
  title: string;
  command?: string;
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center rounded-xl border border-dashed border-line px-6 py-10 text-center">
      <Icon className="size-7 text-ink-faint" aria-hidden />
      <p className="mt-3 text-sm font-medium">{title}</p>
      {children !== undefined && (
        <div className="mt-1 max-w-md text-sm text-balance text-ink-soft">{children}</div>
      )}
      {command !== undefined && (
        <div className="mt-4 max-w-full">
          <CommandLine command={command} />
        </div>
      )}
    </div>
  );
}
