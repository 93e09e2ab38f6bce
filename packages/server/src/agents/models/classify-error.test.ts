import { APICallError } from 'ai';
import { describe, expect, it } from 'vitest';
import { classifyError } from './classify-error.ts';
import { ModelError } from './contract.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const source = {
  label: 'Somebody',
  settings: 'SOMEBODY_KEY',
  redact: (text: string) => text.replaceAll('secret', '[redacted]'),
  now: () => NOW,
};
const apiError = (statusCode: number, body: unknown, headers: Record<string, string> = {}) =>
  new APICallError({
    message: 'the words of secret',
    url: 'http://localhost',
    requestBodyValues: { secret: 'secret' },
    statusCode,
    responseHeaders: headers,
    responseBody: typeof body === 'string' ? body : JSON.stringify(body),
  });
const classify = (error: unknown) => classifyError(error, source);

describe('classifying errors', () => {
  it.each([
    [
      400,
      { error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } },
      'authentication',
    ],
    [400, { error: { code: 'context_length_exceeded' } }, 'invalid_request'],
    [429, { error: { status: 'RESOURCE_EXHAUSTED' } }, 'rate_limit'],
    [429, { error: { type: 'insufficient_quota' } }, 'quota'],
    [408, 'not json', 'timeout'],
    [504, '', 'timeout'],
    [529, {}, 'unavailable'],
    [422, {}, 'invalid_request'],
  ])('%d with %j is %s', (status, body, error_class) => {
    const error = classify(apiError(status, body));
    expect(error.error_class).toBe(error_class);
    expect(error.message).not.toContain('secret');
    expect(error.message).toContain('Somebody');
  });

  it.each([
    [new TypeError('terminated'), 'unavailable'],
    ['a plain string', 'unavailable'],
    [undefined, 'unavailable'],
    [null, 'unavailable'],
    [{ type: 'rate_limit_error' }, 'rate_limit'],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'unavailable'],
  ])('takes %o, which is no API error', (thrown, error_class) => {
    expect(classify(thrown).error_class).toBe(error_class);
  });

  it('survives an error that holds itself', () => {
    const ring = Object.assign(new Error('ring'), { code: 'x', self: {} });
    ring.self = ring;
    expect(classify(ring)).toBeInstanceOf(ModelError);
  });

  it('says why a 403 was given, which is not always the key', () => {
    expect(classify(apiError(403, {})).message).toContain('the words of');
    expect(classify(apiError(401, {})).message).not.toContain('the words of');
    expect(classify(apiError(401, {})).message).toContain('SOMEBODY_KEY');
  });

  it.each([
    [{ 'retry-after': '7' }, {}, 7_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, {}, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, {}, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, {}, 250],
    [{ 'retry-after': 'soon' }, {}, null],
    [{ 'retry-after': '-5' }, {}, null],
    [{}, { error: { details: [{ retryDelay: '34.5s' }] } }, 34_500],
    [{}, {}, null],
  ])('reads how long to wait from %j and %j', (headers, body, expected) => {
    expect(classify(apiError(429, body, headers)).retry_after_ms).toBe(expected);
  });
});
