import type { ReactNode } from 'react';

/** Says calmly that a part of a run is empty. */
export function NoneOf({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="rounded-xl border border-dashed border-line px-6 py-10 text-center text-sm">
      <p className="font-medium">{title}</p>
      {children !== undefined && <p className="mt-1 text-ink-soft">{children}</p>}
    </div>
  );
}
