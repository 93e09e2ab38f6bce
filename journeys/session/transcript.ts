import { writeFile } from 'node:fs/promises';
import { startCli, type CliRun } from '../../packages/cli/test/run-cli.ts';

/** What somebody at a terminal typed and saw. */
export class Transcript {
  readonly #url: string;
  readonly #parts: string[] = [];

  /** `url` is that of the server that all commands talk to. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Words of whoever sits there. */
  say(comment: string): void {
    this.#parts.push(`# ${comment}`);
  }

  /** Starts `cairn …`; what it writes is noted when `note` is called with the run. */
  start(...args: string[]): CliRun & { readonly shown: string } {
    const shown = ['npx cairn', ...args.map((each) => (/[^\w-]/.test(each) ? `"${each}"` : each))];
    const run = startCli([...args, '--url', this.#url]);
    return { ...run, shown: shown.join(' ') };
  }

  /** Notes a command with all that it wrote, once it has ended; answers that, and its exit code. */
  async note(
    run: CliRun & { readonly shown: string },
  ): Promise<{ text: string; code: number | null }> {
    const { stdout, stderr, code } = await run.done;
    // On a terminal the steps, on stderr, come while the answer on stdout is awaited.
    const text = `${stderr}${stdout}`.trim();
    this.#parts.push(`$ ${run.shown}\n${text}`);
    return { text, code };
  }

  /** Notes something that was seen elsewhere than in a command of ours. */
  add(command: string, text: string): void {
    this.#parts.push(`$ ${command}\n${text.trim()}`);
  }

  /** Writes all of it into a file, where one is wanted. */
  async keep(file: string | undefined): Promise<void> {
    if (file !== undefined) await writeFile(file, `${this.#parts.join('\n\n')}\n`);
  }
}
