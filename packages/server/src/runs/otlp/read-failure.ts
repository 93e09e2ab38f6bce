import { type FailureType, RUN_LIMITS } from '@cairn/protocol';
import { PRIVACY_LIMITS, type PrivacyPolicy, scanText } from '../privacy/index.ts';
import { firstText, type SpanRole } from './classify-span.ts';
import { type OtlpSpan } from './contract.ts';

/** Why a span failed, without anything private. */
export interface SpanFailure {
  readonly failure_type: FailureType;
  readonly failure_code: string;
  readonly message: string;
}

const TYPES: Readonly<Record<SpanRole, FailureType>> = {
  tool: 'tool',
  model: 'model',
  retrieve: 'retrieval',
  agent: 'orchestration',
  other: 'orchestration',
};

const STATUS_ERROR = 2;

/**
 * The failure of a span: its status is an error, or an exception left it while its status was not set. An exception that
 * was caught and recorded is none. The code is `error.type`, else the exception's type, else the HTTP status.
 */
export function readFailure(
  span: OtlpSpan,
  role: SpanRole,
  policy: PrivacyPolicy,
): SpanFailure | null {
  const exception = span.events.findLast(({ name }) => name === 'exception')?.attributes;
  const escaped = exception?.get('exception.escaped');
  const has_escaped = span.status_code === 0 && (escaped === true || escaped === 'true');
  if (span.status_code !== STATUS_ERROR && !has_escaped) return null;
  const none: OtlpSpan['attributes'] = new Map();
  const code =
    firstText(span.attributes, ['error.type'])?.text ??
    firstText(exception ?? none, ['exception.type'])?.text ??
    firstText(span.attributes, ['exception.type', 'http.response.status_code', 'http.status_code'])
      ?.text ??
    '';
  const message =
    span.status_message ||
    (firstText(exception ?? none, ['exception.message'])?.text ??
      firstText(span.attributes, ['error.message', 'exception.message'])?.text ??
      '');
  const failure_code = readCode(code, policy);
  return {
    failure_type: TYPES[role],
    failure_code,
    message: cut(scanText(message, 'message', policy).clean) || failure_code,
  };
}

function readCode(code: string, policy: PrivacyPolicy): string {
  const clean = scanText(code.trim(), 'message', policy).clean.slice(0, RUN_LIMITS.code_chars);
  if (clean === '' || clean === '_OTHER') return 'error';
  return /^[1-5]\d\d$/.test(clean) ? `http_${clean}` : clean.toWellFormed();
}

/** What is stored beside a step must be within the limit of a text in its metadata. */
function cut(message: string): string {
  const limit = PRIVACY_LIMITS.step_text_chars;
  return message.length <= limit ? message : `${message.slice(0, limit - 1).toWellFormed()}…`;
}
