import { Tabs } from 'radix-ui';
import type { ReactNode } from 'react';

/** A view among several of the same thing. */
export interface Tab {
  readonly value: string;
  readonly name: string;
  /** How many it shows, where that is worth knowing before it is opened. */
  readonly count?: number;
  readonly content: ReactNode;
}

/** Views beside each other, one of them shown. The first is shown when `value` names none. */
export function TabView({
  label,
  tabs,
  value,
  onChange,
}: {
  label: string;
  tabs: readonly Tab[];
  value: string;
  onChange: (value: string) => void;
}) {
  const shown = tabs.find((each) => each.value === value) ?? tabs[0];
  if (shown === undefined) return null;
  return (
    <Tabs.Root value={shown.value} onValueChange={onChange}>
      <Tabs.List
        aria-label={label}
        className="mb-4 flex gap-5 overflow-x-auto border-b border-line whitespace-nowrap"
      >
        {tabs.map(({ value: each, name, count }) => (
          <Tabs.Trigger
            key={each}
            value={each}
            className="-mb-px border-b-2 border-transparent py-2 text-sm font-medium text-ink-soft -outline-offset-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {name}
            {count !== undefined && (
              <span className="ml-1.5 text-xs font-normal text-ink-faint tabular-nums">
                {count}
              </span>
            )}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value={shown.value} className="outline-offset-4">
        {shown.content}
      </Tabs.Content>
    </Tabs.Root>
  );
}
