import { randomUUID } from 'node:crypto';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { AnswerScreen } from '../answer-screen.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { RunFailedError, UsageError } from '../errors.ts';
import { followAnswer } from '../follow-answer.ts';
import { printable, type Output } from '../output.ts';
import { readSeconds } from '../read-options.ts';

interface SayOptions extends GlobalOptions {
  conversation?: string;
  timeout: number;
}

/** `cairn say`: sends a message to the agents and prints the answer. */
export function addSayCommand(program: Command, output: Output): void {
  program
    .command('say')
    .summary('ask an agent and print its answer')
    .description(
      'Send a message to the agents, wait, and print the answer. What tools are asked is shown beside it.',
    )
    .argument('<text...>', 'the message; - reads it from standard input')
    .option('--conversation <id>', 'go on with a conversation; its id is printed after each answer')
    .option('--timeout <seconds>', 'how long to wait for the answer', readSeconds, 120)
    .action(async (words: string[], _options, command: Command) => {
      await say(words, command.optsWithGlobals<SayOptions>(), output);
    });
}

async function say(words: readonly string[], options: SayOptions, output: Output): Promise<void> {
  const given = words.join(' ');
  const content = (given === '-' ? await readAll(process.stdin) : given).trim();
  if (content === '')
    throw new UsageError('The message is empty; write cairn say "what is 17% of 2340?"');
  const conversation_id = options.conversation ?? randomUUID();
  const client = await connect(options);
  // The stream itself would try for a while before it says that nobody is there.
  await client.system();
  const screen = new AnswerScreen(output);
  const timeout_ms = options.timeout * 1_000;
  const message = { content, conversation_id };
  const { id, message_id, response } = await followAnswer(
    client,
    message,
    timeout_ms,
    screen,
  ).finally(() => screen.endLine());
  if (response.status === 'failed') throw new RunFailedError(response);
  if (output.is_json) return output.json({ id, message_id, ...response });
  screen.finish(response.content);
  if (process.stderr.isTTY) {
    const hint = `Go on with: cairn say --conversation ${printable(conversation_id)} "…"`;
    output.note(output.styleNote('dim', hint));
  }
}
