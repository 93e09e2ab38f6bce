import { Monitor, Moon, Sun } from 'lucide-react';
import { ToggleGroup } from 'radix-ui';
import type { Store } from '../live/store.ts';
import { useStore } from '../ui/use-store.ts';
import { parseThemeChoice, type ThemeChoice } from './theme.ts';

const CHOICES = [
  { value: 'light', label: 'Light theme', Icon: Sun },
  { value: 'system', label: 'Theme of the system', Icon: Monitor },
  { value: 'dark', label: 'Dark theme', Icon: Moon },
] as const;

/** Chooses between the light theme, the dark theme and that of the system. */
export function ThemeToggle({ store }: { store: Store<ThemeChoice> }) {
  const choice = useStore(store);
  return (
    <ToggleGroup.Root
      type="single"
      value={choice}
      onValueChange={(value) => value !== '' && store.set(parseThemeChoice(value))}
      aria-label="Theme"
      className="flex rounded-lg border border-line bg-raised p-0.5"
    >
      {CHOICES.map(({ value, label, Icon }) => (
        <ToggleGroup.Item
          key={value}
          value={value}
          aria-label={label}
          title={label}
          className="inline-flex size-7 items-center justify-center rounded-md text-ink-faint transition-colors hover:text-ink data-[state=on]:bg-sunken data-[state=on]:text-ink"
        >
          <Icon className="size-3.5" aria-hidden />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
