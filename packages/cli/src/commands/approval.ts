import type { ApprovalItem } from '@cairn/protocol';
import type { Command } from 'commander';
import { connect, type GlobalOptions } from '../connect.ts';
import { dateTime, oneLine, table, type Output } from '../output.ts';

/** The longest input that is shown in a list, in characters. */
const INPUT_CHARS = 60;

/** `cairn approvals`, `cairn approve <id>` and `cairn deny <id>`: consent to what agents want to do. */
export function addApprovalCommands(program: Command, output: Output): void {
  program
    .command('approvals')
    .summary('list the tool calls that wait for consent')
    .description('List the tool calls of agents that wait for the consent of a person.')
    .option('--all', 'also those that were decided, or whose time is over')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { all?: boolean }>();
      const client = await connect(options);
      const query = options.all ? {} : { state: 'pending' as const };
      const { items } = await client.approvals.list(query);
      if (output.is_json) return output.json(items);
      if (items.length === 0) return output.note('Nothing waits for consent.');
      print(items, output);
    });
  addDecision(program, output, 'approve', 'Approved');
  addDecision(program, output, 'deny', 'Denied');
}

function addDecision(
  program: Command,
  output: Output,
  decision: 'approve' | 'deny',
  done: string,
): void {
  program
    .command(decision)
    .summary(decision === 'approve' ? 'let a tool call be made' : 'do not let a tool call be made')
    .description(
      'The first decision counts. What you say with --comment is told to the agent when you deny.',
    )
    .argument('<id>', 'the id that `cairn approvals` shows')
    .option('--comment <text>', 'why')
    .action(async (id: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { comment?: string }>();
      const client = await connect(options);
      const item = await client.approvals[decision](id, options.comment);
      if (output.is_json) return output.json(item);
      output.line(`${done}: ${oneLine(item.tool)} for ${oneLine(item.agent_name)}`);
    });
}

function print(items: readonly ApprovalItem[], output: Output): void {
  const rows = items.map((each) => [
    each.id,
    oneLine(each.agent_name),
    oneLine(each.tool),
    each.state === 'pending' ? `until ${dateTime(each.expires_at)}` : each.state,
    shorten(oneLine(JSON.stringify(each.input) ?? 'null')),
  ]);
  const [head = '', ...lines] = table([['ID', 'AGENT', 'TOOL', 'STATE', 'INPUT'], ...rows]);
  output.line(output.style('bold', head));
  for (const line of lines) output.line(line);
}

function shorten(text: string): string {
  return text.length <= INPUT_CHARS ? text : `${[...text].slice(0, INPUT_CHARS - 1).join('')}…`;
}
