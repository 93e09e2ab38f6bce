import { describe, expect, it } from 'vitest';
import { createRedactor } from './redact-secrets.ts';
import { emptyConfig } from './testing/test-config.ts';

describe('redacting', () => {
  const redact = createRedactor({
    ...emptyConfig(),
    openai_api_key: 'abc',
    anthropic_api_key: 'abc-and-more',
    openai_compatible_base_url: 'https://me:p%40ss-word@example.com/v1?token=t0ken',
  });

  it.each([
    ['the key abc-and-more is wrong', 'the key [redacted] is wrong'],
    ['the key abc is wrong', 'the key [redacted] is wrong'],
    ['p%40ss-word or p@ss-word', '[redacted] or [redacted]'],
    ['GET /v1?token=t0ken', 'GET /v1[redacted]'],
    ['Incorrect key provided: sk-proj-********wxyz.', 'Incorrect key provided: [redacted]'],
    ['key AIzaSyA1234567890', 'key [redacted]'],
    ['  several\n lines  ', 'several lines'],
    ['', ''],
  ])('turns %j into %j', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it('shortens', () => {
    expect(redact('x'.repeat(10_000)).length).toBeLessThan(500);
  });

  it('leaves a text alone when nothing is set', () => {
    expect(createRedactor(emptyConfig())('a text')).toBe('a text');
  });
});
