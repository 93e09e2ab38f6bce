import type { ReactNode } from 'react';

/** Something known, with its name. */
export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
}

/** What is known of something, as names and values. */
export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="grid gap-x-8 gap-y-2.5 rounded-xl border border-line bg-raised p-4 text-sm sm:grid-cols-2 xl:grid-cols-3">
      {facts.map(({ name, value }) => (
        <div key={name} className="min-w-0">
          <dt className="text-2xs text-ink-faint">{name}</dt>
          <dd className="mt-0.5 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
