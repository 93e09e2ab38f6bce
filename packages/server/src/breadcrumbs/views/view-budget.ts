/**
 * How much work one view may cost. Hints are written by anyone who may write a record, and are applied on somebody
 * else's read: whatever they say, the read ends soon and its answer stays small.
 */
export const VIEW_LIMITS = {
  /** Parts of contexts visited and parts of templates rendered, over all of one view. */
  steps: 100_000,
  /** Characters that all rules of one view write together. */
  output_chars: 262_144,
  /** Levels of blocks in a template, and of a value that is written as JSON. */
  depth: 64,
  /** Characters of all templates and formats of one view together. */
  template_chars: 16_384,
  /** Blocks (`{{#…}}`, `{{else …}}`) of one template. */
  template_blocks: 500,
  /** Entries of `transform`. */
  rules: 64,
  /** Entries of `include`, and of `exclude`. */
  parts: 100,
  /** Characters of one path. */
  path_chars: 256,
} as const;

/** Hints that cannot be applied: malformed, of an unknown kind, or too costly. The message says which and why. */
export class HintError extends Error {
  override readonly name = 'HintError';
}

/** Counts what a view costs. Every method throws HintError once its limit is reached. */
export class ViewBudget {
  #steps: number = VIEW_LIMITS.steps;
  #output: number = VIEW_LIMITS.output_chars;
  #templates: number = VIEW_LIMITS.template_chars;

  /** Pays for visits. */
  step(count = 1): void {
    this.#steps -= count;
    if (this.#steps < 0) throw new HintError(`takes more than ${VIEW_LIMITS.steps} steps`);
  }

  /** Pays for characters before they are written. */
  write(chars: number): void {
    this.#output -= chars;
    if (this.#output < 0) {
      throw new HintError(`writes more than ${VIEW_LIMITS.output_chars} characters`);
    }
  }

  /** Pays for the text of a template before it is parsed. */
  parse(chars: number): void {
    this.#templates -= chars;
    if (this.#templates < 0) {
      throw new HintError(`has more than ${VIEW_LIMITS.template_chars} characters of templates`);
    }
  }
}
