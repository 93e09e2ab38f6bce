import type { AgentDelta } from '@cairn/protocol';
import { toolRequestText, toolResponseText } from './describe-event.ts';
import type { AnswerWatcher } from './follow-answer.ts';
import { fit, printable, type Output } from './output.ts';

/** Shows an answer as it is written, and tool calls between. Without a terminal only the whole answer is printed. */
export class AnswerScreen implements AnswerWatcher {
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
