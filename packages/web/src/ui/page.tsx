import { useEffect, useRef, type ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { useKeptScroll } from './use-kept-scroll.ts';

/**
 * A page that scrolls: its title, what can be done on it, and its content. Sets the title of the window too. Whoever comes
 * back to it finds it as far down as it was left.
 */
export function Page({
  title,
  about,
  actions,
  width = 'wide',
  children,
}: {
  title: string;
  /** One sentence about the page, or what stands under the title. */
  about?: ReactNode;
  actions?: ReactNode;
  width?: 'wide' | 'text';
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title.slice(0, 60)} · Cairn`;
  }, [title]);
  const box = useRef<HTMLElement>(null);
  const noteScroll = useKeptScroll(box);
  return (
    <main
      ref={box}
      data-scroller
      onScroll={noteScroll}
      className="h-full overflow-y-auto bg-surface"
    >
      <div
        className={classNames(
          'mx-auto px-4 py-5 md:px-8 md:py-7',
          width === 'wide' ? 'max-w-[84rem]' : 'max-w-[52rem]',
        )}
      >
        <div className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
          <div className="min-w-0 max-sm:basis-full sm:flex-1">
            <h1 className="text-2xl font-semibold tracking-tight break-words">{title}</h1>
            {about !== undefined && <div className="mt-1 text-sm text-ink-soft">{about}</div>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
        </div>
        {children}
      </div>
    </main>
  );
}

/** A titled part of a page. */
export function Section({
  title,
  count,
  actions,
  className,
  children,
}: {
  title: string;
  count?: number;
  actions?: ReactNode;
  /** In place of the room above it. */
  className?: string;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} className={classNames('first:mt-0', className ?? 'mt-8')}>
      <div className="mb-2.5 flex min-h-8 items-center justify-between gap-3">
        <h2 className="text-sm font-semibold">
          {title}
          {count !== undefined && (
            <span className="ml-2 font-normal text-ink-faint tabular-nums">{count}</span>
          )}
        </h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** A raised area. */
export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div className={classNames('rounded-xl border border-line bg-raised p-4', className)}>
      {children}
    </div>
  );
}
