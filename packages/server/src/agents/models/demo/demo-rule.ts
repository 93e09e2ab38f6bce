/** What a tool gave back for a call that a rule made. */
export interface DemoResult {
  /** The message that the call answers. */
  readonly text: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: unknown;
}

/** One thing the stand-in understands: which messages, which tool, and how to put the result into words. */
export interface DemoRule {
  readonly tool: string;
  /** What one may write, as an example. */
  readonly example: string;
  /** The input of the tool when the message is of this kind, else null. Must not throw, whatever the text. */
  read(text: string): Record<string, unknown> | null;
  /** One or two plain sentences with the result. Must not throw, whatever the output. */
  say(result: DemoResult): string;
}

/** A value as a person would write it: floating-point dust removed, objects as JSON, long texts cut. */
export function inWords(value: unknown): string {
  if (typeof value === 'number') {
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(12)));
  }
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** The first of some fields that an object has; the object itself when it has none of them. */
export function pick(output: unknown, ...fields: string[]): unknown {
  if (typeof output !== 'object' || output === null) return output;
  const found = fields.find((field) => Object.hasOwn(output, field));
  return found === undefined ? output : Reflect.get(output, found);
}
