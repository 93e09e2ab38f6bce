import { randomUUID } from 'node:crypto';
import { text as readAll } from 'node:stream/consumers';
import type { AgentDelta } from '@cairn/protocol';
import type { Command } from 'commander';
import { connect, type GlobalOptions } from '../connect.ts';
import { toolRequestText, toolResponseText } from '../describe-event.ts';
import { RunFailedError, UsageError } from '../errors.ts';
import { followAnswer, type AnswerWatcher } from '../follow-answer.ts';
import { fit, printable, type Output } from '../output.ts';
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

/** Shows an answer as it is written, and tool calls between. Without a terminal only the whole answer is printed. */
class AnswerScreen implements AnswerWatcher {
  readonly #output: Output;
  #run_id: string | null = null;
  #next_index = 0;
  /** What was shown of the run, or null once a piece was missing. */
  #shown: string | null = '';
  #is_line_open = false;

  constructor(output: Output) {
    this.#output = output;
  }

  onText(delta: AgentDelta): void {
    if (!this.#output.is_live) return;
    if (delta.run_id !== this.#run_id) {
      // The first run, or another try of it that starts again.
      this.endLine();
      this.#run_id = delta.run_id;
      this.#next_index = 0;
      this.#shown = '';
    }
    // With a gap the text would read wrong; the whole answer follows at the end anyway.
    if (delta.index !== this.#next_index) this.#shown = null;
    this.#next_index = delta.index + 1;
    if (this.#shown === null) return;
    this.#shown += delta.text;
    const text = printable(delta.text);
    this.#output.write(text);
    if (text !== '') this.#is_line_open = !text.endsWith('\n');
  }

  onToolRequest(context: Partial<Record<string, unknown>>): void {
    this.#note(`→ ${toolRequestText(context)}`);
  }

  onToolResponse(context: Partial<Record<string, unknown>>): void {
    this.#note(`← ${toolResponseText(context)}`);
  }

  /** Prints the answer, unless it stands there already. */
  finish(content: string): void {
    this.endLine();
    const shown = this.#shown?.trimEnd() ?? '';
    if (shown === '' || !shown.endsWith(content.trim())) this.#output.line(printable(content));
  }

  /** Moves to a new line if something stands on this one. */
  endLine(): void {
    if (this.#is_line_open) this.#output.write('\n');
    this.#is_line_open = false;
  }

  #note(text: string): void {
    this.endLine();
    this.#output.note(
      this.#output.styleNote('dim', fit(text, Math.min(this.#output.columns, 200))),
    );
  }
}
