import { AISDKError, APICallError, StreamProviderError } from 'ai';
import { ModelError, type ModelErrorClass } from './contract.ts';
import { readRetryAfter } from './read-retry-after.ts';

/** Whose error it is, in words for people. */
export interface ErrorSource {
  readonly label: string;
  readonly settings: string;
  redact(text: string): string;
  now(): number;
}

/** Codes by which providers name a fault more exactly than by the HTTP status. */
const CLASS_OF_CODE: Readonly<Record<string, ModelErrorClass>> = {
  insufficient_quota: 'quota',
  billing_error: 'quota',
  billing_hard_limit_reached: 'quota',
  billing_not_active: 'quota',
  api_key_invalid: 'authentication',
  invalid_api_key: 'authentication',
  authentication_error: 'authentication',
  permission_error: 'authentication',
  permission_denied: 'authentication',
  unauthenticated: 'authentication',
  rate_limit_error: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  resource_exhausted: 'rate_limit',
  overloaded_error: 'unavailable',
  api_error: 'unavailable',
  server_error: 'unavailable',
  internal: 'unavailable',
  timeout_error: 'timeout',
  deadline_exceeded: 'timeout',
  invalid_request_error: 'invalid_request',
  invalid_argument: 'invalid_request',
  not_found_error: 'invalid_request',
  context_length_exceeded: 'invalid_request',
};

/** Errors of the SDK that mean: what came was not an answer. */
const MALFORMED = new Set([
  'AI_EmptyResponseBodyError',
  'AI_InvalidResponseDataError',
  'AI_InvalidStreamPartError',
  'AI_JSONParseError',
  'AI_NoContentGeneratedError',
  'AI_NoOutputGeneratedError',
  'AI_TypeValidationError',
]);

/** Errors of the SDK that mean: this was never sent. */
const REFUSED = new Set([
  'AI_InvalidArgumentError',
  'AI_InvalidPromptError',
  'AI_InvalidMessageRoleError',
  'AI_MissingToolResultsError',
  'AI_NoSuchModelError',
  'AI_UnsupportedFunctionalityError',
]);

/** Turns whatever a provider's library threw or streamed into a `ModelError`. */
export function classifyError(error: unknown, source: ErrorSource): ModelError {
  if (error instanceof ModelError) return error;
  const { status, codes, message, headers } = factsOf(error);
  const error_class = classOf(error, status, codes, message);
  const retry_after_ms = readRetryAfter(headers, error, source.now());
  const said = source.redact(message);
  return new ModelError(error_class, sentenceFor(error_class, source, status, said), {
    retry_after_ms,
  });
}

function classOf(
  error: unknown,
  status: number | null,
  codes: readonly string[],
  message: string,
): ModelErrorClass {
  const named = codes.flatMap((code) => CLASS_OF_CODE[code.toLowerCase()] ?? []);
  // A key that is wrong and money that is gone are told by codes under several statuses.
  const decisive = named.find((each) => each === 'quota' || each === 'authentication');
  if (decisive) return decisive;
  if (
    status === 402 ||
    /credit balance is too low|insufficient (?:credits|balance)/i.test(message)
  ) {
    return 'quota';
  }
  if (/api key not valid/i.test(message)) return 'authentication';
  if (status !== null) return classOfStatus(status);
  if (/\b(?:invalid url|failed to parse url)\b/i.test(message)) return 'not_configured';
  if (named[0]) return named[0];
  if (/ended without a finish reason/i.test(message)) return 'unavailable';
  if (AISDKError.isInstance(error) && MALFORMED.has(error.name)) return 'malformed_answer';
  if (APICallError.isInstance(error) && AISDKError.isInstance(error.cause)) {
    return 'malformed_answer';
  }
  if (AISDKError.isInstance(error) && REFUSED.has(error.name)) return 'invalid_request';
  // What is left is the network: refused, reset, cut, or a stream that named no code.
  return 'unavailable';
}

function classOfStatus(status: number): ModelErrorClass {
  if (status === 401 || status === 403) return 'authentication';
  if (status === 429) return 'rate_limit';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 409 || status === 425 || status >= 500) return 'unavailable';
  return 'invalid_request';
}

function sentenceFor(
  error_class: ModelErrorClass,
  { label, settings }: ErrorSource,
  status: number | null,
  said: string,
): string {
  const http = status === null ? '' : ` (HTTP ${status})`;
  const quote = said === '' ? '.' : `: ${said}`;
  switch (error_class) {
    case 'authentication':
      // A 403 has many reasons, so its words matter. A 401 has one, and providers echo parts of the key with it.
      if (status === 403) return `${label} refused${http}${quote} (The key is ${settings}.)`;
      return `${label} did not accept the key${http}. Check ${settings} and what the key may be used for.`;
    case 'quota':
      return `${label} says that the quota or credit of this key is used up${http}${quote}`;
    case 'rate_limit':
      return `${label} asks to slow down${http}${quote}`;
    case 'timeout':
      return `${label} took too long${http}${quote}`;
    case 'unavailable':
      return `${label} could not be reached or broke off${http}${quote}`;
    case 'malformed_answer':
      return `${label} sent an answer that cannot be read${http}${quote}`;
    case 'not_configured':
      return `${label} has an address that is not a URL. Check ${settings}.`;
    case 'invalid_request':
    case 'cancelled':
      return `${label} did not accept the request${http}${quote}`;
  }
}

interface ErrorFacts {
  readonly status: number | null;
  readonly codes: readonly string[];
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

function factsOf(error: unknown): ErrorFacts {
  if (APICallError.isInstance(error)) {
    const { statusCode = null, responseHeaders: headers = {}, cause } = error;
    if (statusCode !== null && statusCode < 400) {
      // A success whose body broke off or made no sense: what is wrong stands in the cause.
      const inner = cause instanceof Error ? factsOf(cause) : { message: error.message, codes: [] };
      return { status: null, codes: inner.codes, message: inner.message, headers };
    }
    const codes = codesIn(error.data ?? parseJson(error.responseBody));
    return { status: statusCode, codes, message: error.message, headers };
  }
  if (StreamProviderError.isInstance(error)) {
    const codes = [...codesIn(error.data), error.type, error.code].filter(
      (code) => typeof code === 'string',
    );
    return { status: error.statusCode ?? null, codes, message: error.message, headers: {} };
  }
  if (error instanceof Error) {
    return { status: null, codes: codesIn(error), message: error.message, headers: {} };
  }
  const message = typeof error === 'string' ? error : '';
  return { status: null, codes: codesIn(error), message, headers: {} };
}

const CODE_KEYS = new Set(['code', 'type', 'status', 'reason']);

/** Every string under `code`, `type`, `status` or `reason`, a few levels deep: each provider nests them its own way. */
function codesIn(value: unknown, depth = 0): string[] {
  if (typeof value !== 'object' || value === null || depth > 4) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner === 'string' ? (CODE_KEYS.has(key) ? [inner] : []) : codesIn(inner, depth + 1),
  );
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
