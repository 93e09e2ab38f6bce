import { pino } from 'pino';

/** Names whose values never reach a log line, in any case and with any separators: `apiKey`, `X-Api-Key`, `api_key`. */
const SECRET_NAME = /(authorization|apikey|token|password|passwd|secret|cookie|privatekey)$|^key$/;
/** What stands between the user and the host of an address: `postgres://user:password@host`. */
const PASSWORD_OF_ADDRESS = /(:\/\/[^\s/:@]*:)[^\s/@]+@/g;
const CENSOR = '[redacted]';
/** Deeper than this a log line is no help, and a walk without an end would be harm. */
const DEPTH_MAX = 12;

/**
 * A copy of `fields` for the log, in which every value with a secret's name is `[redacted]`, however deep it lies and
 * in lists and errors too, and so is the password of an address. pino's own redaction wants the exact path of each.
 */
export function redactSecrets(fields: object): Record<string, unknown> {
  const redacted = redact(fields, 0, []);
  return (
    fields instanceof Error || Array.isArray(fields) ? { err: redacted } : redacted
  ) as Record<string, unknown>;
}

function redact(value: unknown, depth: number, above: readonly object[]): unknown {
  if (typeof value === 'string') return redactAddress(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (depth > DEPTH_MAX) return '[too deep]';
  const path = [...above, value];
  if (Array.isArray(value)) return value.map((each) => redact(each, depth + 1, path));
  if (value instanceof Error) return redactError(value, depth, path);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const shown: unknown = value.toJSON();
    return shown === value ? '[circular]' : redact(shown, depth + 1, path);
  }
  return redactEntries(value, depth, path);
}

function redactEntries(value: object, depth: number, path: readonly object[]): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      isSecretName(name) && each != null ? CENSOR : redact(each, depth + 1, path),
    ]),
  );
}

/** Its type, message and stack with those of its causes, and its own fields. */
function redactError(error: Error, depth: number, path: readonly object[]): object {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return {
    ...redactEntries(error, depth, path),
    type,
    message: redactAddress(message),
    stack: redactAddress(stack),
  };
}

function redactAddress(text: string): string {
  return text.replace(PASSWORD_OF_ADDRESS, `$1${CENSOR}@`);
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replace(/[-_ ]/g, ''));
}
