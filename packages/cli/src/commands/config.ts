import type { Command } from 'commander';
import type { DescribedSetting } from '@cairn/server';
import { loadServer } from '../load-server.ts';
import { fit, oneLine, table, valueText, wrap, type Output } from '../output.ts';

/** `cairn config`: the settings that a server started here would have. */
export function addConfigCommand(program: Command, output: Output): void {
  program
    .command('config')
    .summary('print the settings that a server started here would have')
    .description(
      'Print the settings that `cairn start` would use in this directory and environment. Secrets are not shown.',
    )
    .action(async () => {
      const { describeConfig } = await loadServer();
      const rows = await describeConfig();
      if (output.is_json) return output.json(rows);
      const [head = '', ...lines] = settingLines(rows, output.columns);
      output.line(output.style('bold', head));
      for (const line of lines) output.line(line);
    });
}

/** What the lines below a setting are indented by. */
const INDENT = '    ';

/**
 * The settings as a table of at most so many columns, head first. Where a line would be longer, what a setting does
 * stands below it, and a long value is cut.
 */
export function settingLines(rows: readonly DescribedSetting[], columns: number): string[] {
  const cells = rows.map(({ name, value, source, description }) => [
    name,
    oneLine(valueText(value)) || '-',
    source,
    oneLine(description),
  ]);
  const whole = table([['SETTING', 'VALUE', 'FROM', 'WHAT IT DOES'], ...cells]);
  if (whole.every((line) => line.length <= columns)) return whole;
  const others = (at: number) => Math.max(0, ...cells.map((row) => row[at]?.length ?? 0)) + 2;
  const room = Math.max(10, columns - others(0) - others(2));
  const short = cells.map(([name = '', value = '', source = '']) => [
    name,
    fit(value, room),
    source,
  ]);
  const [head = '', ...lines] = table([['SETTING', 'VALUE', 'FROM'], ...short]);
  const below = cells.map(([, , , description = '']) =>
    wrap(description, columns - INDENT.length).map((line) => INDENT + line),
  );
  return [head, ...lines.flatMap((line, at) => [fit(line, columns), ...(below[at] ?? [])])];
}
