import { diffLines } from 'diff';

/** A stretch of lines of two versions. */
export interface DiffPart {
  readonly kind: 'same' | 'added' | 'removed';
  readonly lines: readonly string[];
}

/** What changed from one value to another, line by line of their indented JSON. */
export interface Diff {
  readonly parts: readonly DiffPart[];
  readonly added: number;
  readonly removed: number;
  /** True when there was too much to compare: then all of one is removed and all of the other added. */
  readonly is_coarse: boolean;
}

/** More changed lines than this take too long to match up. */
const EDITS_AT_MOST = 2_000;
/** Lines that stand around a change. */
const CONTEXT_LINES = 3;

/** Compares two values. Long stretches without a change are cut to the lines around the changes. */
export function diffValues(before: unknown, after: unknown): Diff {
  const [old_text, new_text] = [textOfValue(before), textOfValue(after)];
  const changes = diffLines(old_text, new_text, { maxEditLength: EDITS_AT_MOST });
  if (changes === undefined) {
    const parts: readonly DiffPart[] = [
      { kind: 'removed', lines: linesOf(old_text) },
      { kind: 'added', lines: linesOf(new_text) },
    ];
    return { ...counted(parts), is_coarse: true };
  }
  const parts = changes.map(({ value, added, removed }): DiffPart => {
    const kind = added ? 'added' : removed ? 'removed' : 'same';
    return { kind, lines: linesOf(value) };
  });
  return { ...counted(parts.map(shortened)), is_coarse: false };
}

function textOfValue(value: unknown): string {
  return `${JSON.stringify(value, null, 2) ?? 'undefined'}\n`;
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n');
}

function counted(parts: readonly DiffPart[]) {
  const count = (kind: DiffPart['kind']) =>
    parts.reduce((sum, part) => sum + (part.kind === kind ? part.lines.length : 0), 0);
  return { parts, added: count('added'), removed: count('removed') };
}

function shortened(part: DiffPart, index: number, all: readonly DiffPart[]): DiffPart {
  if (part.kind !== 'same') return part;
  const before = index === 0 ? 0 : CONTEXT_LINES;
  const after = index === all.length - 1 ? 0 : CONTEXT_LINES;
  const { lines } = part;
  if (lines.length <= before + after + 1) return part;
  const left_out = lines.length - before - after;
  const note = `… ${left_out} lines without a change`;
  return {
    kind: 'same',
    lines: [...lines.slice(0, before), note, ...lines.slice(lines.length - after)],
  };
}
