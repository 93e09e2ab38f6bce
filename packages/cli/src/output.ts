import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/**
 * Where a command writes. Results go to stdout and everything else to stderr, so that `cairn … | other` gets results only;
 * with `--json` stdout carries JSON alone and notes are left out.
 */
export interface Output {
  readonly is_json: boolean;
  /** True when a person watches stdout. */
  readonly is_live: boolean;
  /** Columns of the terminal; without one, as many as are needed. */
  readonly columns: number;
  /** One line of the result. Not in `--json` mode. */
  line(text: string): void;
  /** Text of the result without a line end. Not in `--json` mode. */
  write(text: string): void;
  /** The result in `--json` mode, on one line. */
  json(value: unknown): void;
  /** A line beside the result, for people. */
  note(text: string): void;
  /** A line about what went wrong. */
  error(text: string): void;
  /** Colours for stdout; plain text when it is not a terminal or NO_COLOR is set. */
  style(format: Format, text: string): string;
  /** The same for stderr. */
  styleNote(format: Format, text: string): string;
}

/** Writes to the streams of this process. */
export function createOutput(is_json: boolean): Output {
  const { stdout, stderr } = process;
  const style = (format: Format, text: string, stream: NodeJS.WriteStream): string =>
    styleText(format, text, { stream });
  return {
    is_json,
    is_live: !is_json && stdout.isTTY === true,
    columns: stdout.isTTY === true ? stdout.columns : Number.POSITIVE_INFINITY,
    line: (text) => void stdout.write(`${text}\n`),
    write: (text) => void stdout.write(text),
    json: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    note: (text) => {
      if (!is_json) stderr.write(`${text}\n`);
    },
    error: (text) => void stderr.write(`${text}\n`),
    style: (format, text) => style(format, text, stdout),
    styleNote: (format, text) => style(format, text, stderr),
  };
}

/**
 * Text of somebody else, made safe to print: without the control characters that could move the cursor, set the title of the
 * window or reverse the direction of the line. Line ends and tabs stay.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** The same on one line, with runs of space as one. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).trim();
}

/** Cuts a line to a number of columns, with … at the cut. */
export function fit(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return `${text.slice(0, Math.max(0, columns - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Breaks a line between words, so that each part has at most this many columns; a longer word is not broken. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Rows as aligned columns, two spaces between; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** A value as people read it: text as it is, everything else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** The time of day of a timestamp, in the time zone of the reader, such as `14:05:09`. */
export function clockTime(timestamp: string | number): string {
  return new Date(timestamp).toLocaleTimeString('en-GB');
}

/** Date and time of a timestamp, in the time zone of the reader, such as `2026-11-21 14:05:09`. */
export function dateTime(timestamp: string): string {
  return new Date(timestamp).toLocaleString('sv-SE');
}
