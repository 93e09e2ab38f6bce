import { describe, expect, it } from 'vitest';
import {
  cleanMessage,
  cleanRecordMetadata,
  cleanShare,
  cleanStepMetadata,
} from './clean-values.ts';
import { RECORD_KEYS, SANITIZED_MESSAGE, STEP_KEYS } from './keep-private.ts';
import { looksPrivate } from './private-text.ts';

function warnings(): { said: string[]; warn: (message: string) => void } {
  const said: string[] = [];
  return { said, warn: (message) => said.push(message) };
}

describe('keys', () => {
  it.each([...STEP_KEYS])('drops %s from the metadata of steps, in any case', (key) => {
    const { said, warn } = warnings();
    expect(cleanStepMetadata({ [key]: 1, [key.toUpperCase()]: 1, tool: 'x' }, warn)).toEqual({
      tool: 'x',
    });
    expect(said).toHaveLength(2);
  });

  it.each([...RECORD_KEYS])('drops %s from the metadata of decisions and signals', (key) => {
    const { said, warn } = warnings();
    expect(cleanRecordMetadata({ [key]: 'x', ok: 1 }, warn)).toEqual({ ok: 1 });
    expect(said).toHaveLength(1);
  });

  it('drops nested keys and near misses, and keeps what only measures content', () => {
    const { warn } = warnings();
    expect(
      cleanStepMetadata(
        {
          a: { prompt: 'x', n: 1 },
          user_prompt: 'x',
          promptText: 'x',
          messages: ['x'],
          userprompt: 'x',
          'api-key': 'x',
          session_token: 'x',
          l: [{ text: 'x' }],
        },
        warn,
      ),
    ).toEqual({ a: { n: 1 }, l: [{}] });
    const fine = {
      prompt_tokens: 12,
      inputTokens: 3,
      message_count: 2,
      content_type: 'json',
      has_output: true,
      stop_token: 'x',
      context: 'x',
    };
    expect(cleanStepMetadata(fine, warn)).toEqual(fine);
  });
});

describe('values', () => {
  it.each([
    'token limit exceeded',
    'Token limit exceeded: 4096 tokens',
    'token: 4096 is over the limit',
    'invalid password',
    'api_key missing',
    'secret not found',
    'run 550e8400-e29b-41d4-a716-446655440000 failed at 2026-01-01T00:00:00.123456Z',
    'card 4111 1111 1111 1112',
    '1763744437000000000',
    '9'.repeat(40),
    'password is required',
    'token: expired',
    'api_key=None',
    'missing secret: DATABASE_URL',
    "KeyError: 'api_key'",
    'Unexpected token \'o\', "not json" is not valid JSON',
    'max_tokens=4096 exceeds the limit of 2048',
    'sk-learn-pipeline-training-step failed',
    'git@github.com:org/repository.git could not be cloned',
    'failed to resolve react@18.2.0',
    'GET https://example.com:8443/path?token=null failed',
    '2026-11-21T17:00:00.123456Z is not before 2026-11-20T00:00:00Z',
  ])('lets pass: %s', (text) => {
    expect(cleanMessage(text, () => undefined)).toBe(text);
  });

  it.each([
    'password=hunter2',
    'api_key: abcd1234',
    'Authorization: Bearer abcdef1234567890',
    'sk-proj-abcdefghijklmnop1234',
    'https://user:pass@db/x',
    'token=abcdef123456',
    'mail to ada@example.org',
    'ssn 123-45-6789',
    'card 4111 1111 1111 1111 declined',
    'eyJhbGciOiJI.eyJzdWIiOiIx.abc',
    '{"user":"a","password":"correct horse battery"}',
    'my password is hunter2x',
    'password: swordfish',
    'https://example.com/?access_token=ya12345abcde&x=1',
    'redis://:pa55@cache:6379',
    'GET /users?mail=alice%40example.com',
    'SSN: 219099998',
    'order 12 4111 1111 1111 1111',
  ])('replaces: %s', (text) => {
    expect(cleanMessage(text, () => undefined)).toBe(SANITIZED_MESSAGE);
    expect(cleanStepMetadata({ a: text, b: [text, 1] }, () => undefined)).toEqual({ b: [1] });
  });

  it('scans hostile text quickly', () => {
    const texts = ['a', 'a.', '4', '1 ', '://a:', 'token=', 'bearer ', 'a@'];
    for (const part of texts) {
      const start = performance.now();
      looksPrivate(part.repeat(10_000 / part.length));
      expect(performance.now() - start, part).toBeLessThan(1_000);
    }
  });

  it('makes of odd values what JSON can carry', () => {
    class Secretive {
      inside = 'x';
    }
    expect(
      cleanStepMetadata(
        {
          nan: Number.NaN,
          day: new Date(0),
          nul: 'a\0b',
          half: 'x\ud800',
          huge: 2 ** 60,
          card: 4_111_111_111_111_111,
          object: new Secretive(),
          run: () => 1,
          symbol: Symbol('x'),
          absent: undefined,
          ['__proto__']: 1,
        },
        () => undefined,
      ),
    ).toEqual({
      nan: null,
      day: '1970-01-01T00:00:00.000Z',
      nul: 'ab',
      half: 'x\ufffd',
      ['__proto__']: 1,
    });
  });

  it('cuts the text of decisions and signals, and drops what is nested', () => {
    expect(
      cleanRecordMetadata({ long: 'x'.repeat(150), list: [1], n: null }, () => undefined),
    ).toEqual({ long: 'x'.repeat(100), n: null });
  });

  it('makes null of a share out of range', () => {
    for (const bad of [1.01, -0.1, Number.NaN, '0.5', true]) {
      expect(cleanShare(bad, 'weight', () => undefined)).toBeNull();
    }
    expect(cleanShare(1, 'weight', () => undefined)).toBe(1);
  });
});
