import type { Command } from 'commander';
import { loadServer } from '../load-server.ts';
import { oneLine, table, valueText, type Output } from '../output.ts';

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
      const cells = rows.map(({ name, value, source, description }) => [
        name,
        oneLine(valueText(value)) || '-',
        source,
        oneLine(description),
      ]);
      const [head = '', ...lines] = table([['SETTING', 'VALUE', 'FROM', 'WHAT IT DOES'], ...cells]);
      output.line(output.style('bold', head));
      for (const line of lines) output.line(line);
    });
}
