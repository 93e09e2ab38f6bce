/**
 * Regular expressions from outside, matched in time that grows with the pattern times the text and no faster. The
 * engine of the language tries alternatives one after another and can be made to run for hours by a text of fifty
 * characters; this one follows all alternatives at once (Thompson's construction), and counts its steps.
 *
 * It knows what RFC 9485 (I-Regexp) has and a little more: literals, `.`, classes, escapes such as `\d` and `\p{L}`,
 * groups, `|`, `* + ? {n,m}` (lazy or not), `^` and `$`. Back-references, look-around and `\b` it refuses.
 */

/** A pattern that is malformed or uses what is not supported; the message says what. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export const PATTERN_LIMITS = {
  /** Characters of a pattern. */
  chars: 500,
  /** Instructions of a compiled pattern: `{n}` repeats what stands before it. */
  size: 1_000,
  /** Levels of groups. */
  depth: 30,
} as const;

/** Tells whether one character fits. */
type Fits = (char: string) => boolean;

type Instruction =
  | { readonly op: 'char'; readonly fits: Fits }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { readonly op: 'start' }
  | { readonly op: 'end' }
  | { readonly op: 'match' };

/** What a pattern is made of. */
type Part =
  | { readonly kind: 'char'; readonly fits: Fits }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Part[] }
  | { readonly kind: 'repeat'; readonly of: Part; readonly min: number; readonly max: number };

/** One pattern, ready to be matched. Matches anywhere in a text, as RegExp does. */
export class LinearPattern {
  readonly #source: string;
  readonly #program: readonly Instruction[];

  /** @throws PatternError */
  constructor(source: string) {
    if (source.length > PATTERN_LIMITS.chars) {
      throw new PatternError(`is longer than ${PATTERN_LIMITS.chars} characters`);
    }
    this.#source = source;
    const program: Instruction[] = [];
    emit(new PatternReader(source).read(), program);
    program.push({ op: 'match' });
    this.#program = program;
  }

  /** Whether some part of the text fits. `pay` is told the work before it is done and may throw to end it. */
  test(text: string, pay: (steps: number) => void = () => {}): boolean {
    const program = this.#program;
    const is_anchored = program[0]?.op === 'start';
    let states = new Set<number>();
    let at = 0;
    for (const char of text) {
      if (at === 0 || !is_anchored) enter(0, states, program, at === 0, false);
      if (states.has(program.length - 1)) return true;
      if (states.size === 0 && is_anchored) return false;
      pay(states.size + 1);
      const next = new Set<number>();
      for (const state of states) {
        const instruction = program[state];
        if (instruction?.op === 'char' && instruction.fits(char)) {
          const is_end = at + char.length === text.length;
          enter(state + 1, next, program, false, is_end);
        }
      }
      states = next;
      at += char.length;
    }
    if (at === 0 || !is_anchored) enter(0, states, program, at === 0, true);
    return states.has(program.length - 1);
  }

  toString(): string {
    return this.#source;
  }
}

/** Adds a state and all that it leads to without reading a character. */
function enter(
  state: number,
  states: Set<number>,
  program: readonly Instruction[],
  is_start: boolean,
  is_end: boolean,
): void {
  const waiting = [state];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const instruction = program[at];
    if (!instruction || states.has(at)) continue;
    states.add(at);
    if (instruction.op === 'jump') waiting.push(instruction.to);
    else if (instruction.op === 'split') waiting.push(instruction.first, instruction.second);
    else if (instruction.op === 'start' && is_start) waiting.push(at + 1);
    else if (instruction.op === 'end' && is_end) waiting.push(at + 1);
  }
}

function emit(part: Part, program: Instruction[]): void {
  if (program.length > PATTERN_LIMITS.size) {
    throw new PatternError('repeats too much: write fewer or smaller {n,m}');
  }
  switch (part.kind) {
    case 'char':
      program.push({ op: 'char', fits: part.fits });
      return;
    case 'start':
    case 'end':
      program.push({ op: part.kind });
      return;
    case 'all':
      for (const each of part.of) emit(each, program);
      return;
    case 'any':
      emitAny(part.of, program);
      return;
    case 'repeat':
      for (let count = 0; count < part.min; count++) emit(part.of, program);
      if (part.max === Infinity) return emitLoop(part.of, program);
      return emitOptional(part.of, part.max - part.min, program);
  }
}

function emitAny(alternatives: readonly Part[], program: Instruction[]): void {
  const jumps: { to: number }[] = [];
  for (const [index, each] of alternatives.entries()) {
    if (index === alternatives.length - 1) {
      emit(each, program);
      break;
    }
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    program.push(split);
    emit(each, program);
    const jump = { op: 'jump' as const, to: 0 };
    program.push(jump);
    jumps.push(jump);
    split.second = program.length;
  }
  for (const jump of jumps) jump.to = program.length;
}

function emitLoop(part: Part, program: Instruction[]): void {
  const start = program.length;
  const split = { op: 'split' as const, first: start + 1, second: 0 };
  program.push(split);
  emit(part, program);
  program.push({ op: 'jump', to: start });
  split.second = program.length;
}

function emitOptional(part: Part, count: number, program: Instruction[]): void {
  const splits: { second: number }[] = [];
  for (let index = 0; index < count; index++) {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    program.push(split);
    splits.push(split);
    emit(part, program);
  }
  for (const split of splits) split.second = program.length;
}

/** Reads the structure of a pattern; what one character may be is left to RegExp, one character at a time. */
class PatternReader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Part {
    const part = this.#readAlternatives();
    if (this.#at < this.#source.length) throw new PatternError('has a ) without its (');
    return part;
  }

  #readAlternatives(): Part {
    if (++this.#depth > PATTERN_LIMITS.depth) throw new PatternError('has groups nested too deep');
    const alternatives = [this.#readSequence()];
    while (this.#take('|')) alternatives.push(this.#readSequence());
    this.#depth--;
    return { kind: 'any', of: alternatives };
  }

  #readSequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at] ?? '')) {
      parts.push(this.#readRepeated());
    }
    return { kind: 'all', of: parts };
  }

  #readRepeated(): Part {
    const part = this.#readOne();
    const match = this.#match(/[*+?]|\{(\d{1,4})(,(\d{1,4})?)?\}/y);
    if (!match) return part;
    const [sign, least, comma, most] = match;
    const min = least === undefined ? (sign === '+' ? 1 : 0) : Number(least);
    const max =
      least === undefined
        ? sign === '?'
          ? 1
          : Infinity
        : comma === undefined
          ? min
          : most === undefined
            ? Infinity
            : Number(most);
    if (max < min) throw new PatternError(`has numbers out of order in ${sign}`);
    // Lazy or not, the same texts match.
    this.#take('?');
    if (this.#match(/[*+?{]/y)) throw new PatternError('has nothing to repeat');
    return { kind: 'repeat', of: part, min, max };
  }

  #readOne(): Part {
    if (this.#take('^')) return { kind: 'start' };
    if (this.#take('$')) return { kind: 'end' };
    if (this.#match(/\((\?:|\?<\w+>)?/y)) {
      if (this.#source[this.#at] === '?') throw new PatternError('uses look-around');
      const part = this.#readAlternatives();
      if (!this.#take(')')) throw new PatternError('has a ( without its )');
      return part;
    }
    if (this.#match(/\\(?:[bBk]|[1-9])/y)) {
      throw new PatternError('uses a back-reference or a word boundary');
    }
    const char = this.#match(
      /\\(?:[pP]\{[\w=]+\}|u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|[^])|\[(?:[^\]\\]|\\[^])*\]|\./uy,
    );
    if (char) return { kind: 'char', fits: fitsOne(char[0]) };
    const literal = this.#match(/[^*+?{}\\[\]().|^$]/uy)?.[0];
    if (literal === undefined) {
      throw new PatternError(
        `has ${this.#source[this.#at] ?? 'its end'} where a character is expected`,
      );
    }
    return { kind: 'char', fits: (given) => given === literal };
  }

  #take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#source);
    if (match) this.#at += match[0].length;
    return match;
  }
}

function fitsOne(source: string): Fits {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^${source}$`, 'u');
  } catch {
    throw new PatternError(`has ${source.slice(0, 50)}, which is no character or class`);
  }
  return (char) => pattern.test(char);
}
