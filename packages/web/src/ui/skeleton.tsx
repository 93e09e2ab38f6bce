import { classNames } from './class-names.ts';

/** The place of something that is still loading. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div aria-hidden className={classNames('animate-pulse-soft rounded-md bg-sunken', className)} />
  );
}
