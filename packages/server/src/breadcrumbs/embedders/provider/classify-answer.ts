import { EmbedderError, type EmbedderErrorClass } from '../contract.ts';

/** Codes by which providers name a fault more exactly than by the HTTP status. */
const CLASS_OF_CODE: Readonly<Record<string, EmbedderErrorClass>> = {
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  billing_not_active: 'quota',
  invalid_api_key: 'authentication',
  authentication_error: 'authentication',
};

/** Longest piece of a provider's message that is passed on. */
const QUOTE_CHARS_MAX = 300;
/** What keys look like, whole or with their middle starred out, as providers echo them. */
const KEY_SHAPES = /\b(?:sk|pk|rk|gsk|xai)-[\w*.-]{6,}|\bAIza[\w*-]{8,}/g;

/** An answer that was not a success. */
export interface FailedAnswer {
  readonly status: number;
  readonly body: string;
  readonly retry_after_ms: number | null;
  /** Whose answer it is, for people, such as `api.openai.com`. */
  readonly server: string;
  /** What must not be repeated: the key, and the password or query of the address. */
  readonly secrets: readonly string[];
}

/** The error of an answer that was not a success. The key is not in its message, even where the provider echoed it. */
export function classifyAnswer(answer: FailedAnswer): EmbedderError {
  const { message, code } = readFault(answer.body);
  const error_class = CLASS_OF_CODE[code] ?? classOfStatus(answer.status, message);
  const quote = redact(message, answer.secrets);
  return new EmbedderError(error_class, sentenceFor(error_class, answer, quote), {
    retry_after_ms: answer.retry_after_ms,
  });
}

/** Whether the server refused because a text is longer than its model reads; a shorter one will pass. */
export function isTooLong({ status, body }: Pick<FailedAnswer, 'status' | 'body'>): boolean {
  if (status === 413) return true;
  if (status !== 400 && status !== 422 && status !== 500) return false;
  const { message, code } = readFault(body);
  return (
    code === 'context_length_exceeded' ||
    /context (?:length|size|window)|maximum (?:input|sequence) length|too (?:long|large|many tokens)|input length|max(?:imum)?[ _]tokens|reduce (?:the length|your input)/i.test(
      message,
    )
  );
}

function classOfStatus(status: number, message: string): EmbedderErrorClass {
  if (status === 401 || status === 403) return 'authentication';
  if (status === 402) return 'quota';
  if (status === 429) return /quota|billing|credit/i.test(message) ? 'quota' : 'rate_limit';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 409 || status === 425 || status >= 500) return 'unavailable';
  if (status >= 300 && status < 400) return 'not_configured';
  return /dimensions?\b|matryoshka/i.test(message) ? 'wrong_dimensions' : 'invalid_request';
}

function sentenceFor(
  error_class: EmbedderErrorClass,
  { status, server }: FailedAnswer,
  quote: string,
): string {
  const http = `HTTP ${status}`;
  const said = quote === '' ? '.' : `: ${quote}`;
  if (status === 401) return `${server} did not accept the key of the embedder (${http}).`;
  if (error_class === 'not_configured') {
    return `${server} answered with a redirect (${http}). Set the address it leads to as the base URL.`;
  }
  if (error_class === 'wrong_dimensions') {
    return `${server} cannot make 384 dimensions of this model (${http})${said} Choose a model that can; for one that has 384 of itself, set the provider's dimensions to "native".`;
  }
  return `${server} refused the embedding (${http})${said}`;
}

/** The message and code of an error body: `{error: {message, code}}`, `{error: "…"}`, `{message}`, `{detail}` or text. */
function readFault(body: string): { message: string; code: string } {
  let fault: unknown;
  try {
    fault = JSON.parse(body);
  } catch {
    // A page of a proxy has nothing to say that a person would want to read here.
    return { message: /^\s*</.test(body) ? '' : body, code: '' };
  }
  const outer = fieldsOf(fault);
  const inner = fieldsOf(outer['error']);
  const message = [inner['message'], outer['error'], outer['message'], outer['detail']];
  const code = [inner['code'], inner['type'], outer['code']];
  return { message: firstText(message), code: firstText(code) };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function firstText(candidates: readonly unknown[]): string {
  return candidates.find((each): each is string => typeof each === 'string') ?? '';
}

/** Takes secrets out of a text of the provider and shortens it to a sentence or two. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  // The longest first: a key that begins with another one must not leave its end behind.
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) {
    if (secret !== '') clean = clean.replaceAll(secret, '[redacted]');
  }
  clean = clean.replace(KEY_SHAPES, '[redacted]').replace(/\s+/g, ' ').trim();
  return clean.length > QUOTE_CHARS_MAX ? `${clean.slice(0, QUOTE_CHARS_MAX)}…` : clean;
}
