import { Command } from 'cmdk';
import { createContext, use, type ReactNode } from 'react';
import { hasWords } from './has-words.ts';

/** What is looked for; lines that do not have all of its words are left out. */
export const PaletteText = createContext('');

/** A group of lines, and nothing where none is left. */
export function Group({ heading, lines }: { heading: string; lines: readonly LineProps[] }) {
  const text = use(PaletteText);
  const shown = lines.filter(({ words }) => words === null || hasWords(words, text));
  if (shown.length === 0) return null;
  return (
    <Command.Group heading={heading}>
      {shown.map((line) => (
        <Line key={line.value} {...line} />
      ))}
    </Command.Group>
  );
}

/** A line of the palette. */
export interface LineProps {
  /** Different from that of every other line. */
  readonly value: string;
  readonly name: string;
  /** What it is found by; null when it was found already. */
  readonly words: string | null;
  readonly icon: ReactNode;
  readonly hint?: string;
  readonly onSelect: () => void;
}

function Line({ value, name, icon, hint, onSelect }: LineProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex min-h-9 cursor-pointer items-center gap-3 rounded-lg px-2.5 py-1 text-sm text-ink-soft data-[selected=true]:bg-accent-soft data-[selected=true]:text-ink"
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{name}</span>
      {hint !== undefined && <span className="shrink-0 text-2xs text-ink-faint">{hint}</span>}
    </Command.Item>
  );
}
