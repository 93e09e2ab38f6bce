import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISCLOSURES } from './testing/disclosing-messages.ts';
import { isCard } from './find-personal-data.ts';
import { INNOCENT_MESSAGES } from './testing/innocent-messages.ts';
import { redactText } from './redact-text.ts';

describe('redactText', () => {
  it.each(INNOCENT_MESSAGES)('lets pass: %s', (message) => {
    expect(redactText(message)).toEqual({ text: message, rules: [] });
  });

  it('has a hundred innocent messages or more', () => {
    expect(new Set(INNOCENT_MESSAGES).size).toBeGreaterThanOrEqual(100);
  });

  it.each(DISCLOSURES)('takes $rule out of: $text', ({ text, secret, rule }) => {
    const { text: clean, rules } = redactText(text);
    expect(clean).not.toContain(secret);
    expect(rules).toContain(rule);
    expect(clean).toContain(`[redacted:${rule}]`);
  });

  it.each(DISCLOSURES)('finds nothing more in what it has cleaned: $text', ({ text }) => {
    const { text: clean } = redactText(text);
    expect(redactText(clean)).toEqual({ text: clean, rules: [] });
  });

  it('leaves what stands around it', () => {
    expect(redactText('mail to alice@example.com failed, card 4111111111111111 too').text).toBe(
      'mail to [redacted:email] failed, card [redacted:card_number] too',
    );
  });

  it('leaves personal data when it is asked for credentials only', () => {
    const text = 'alice@example.com, 4111111111111111, 123-45-6789';
    expect(redactText(text, true)).toEqual({ text, rules: [] });
    expect(redactText('password=hunter2', true).text).toBe('password=[redacted:credential]');
  });

  it.each([
    '41111111-1111-1111-1111-111111111111',
    'a1b2c3d4-0000-4000-4111-111111111111',
    'run 41111111-1111-1111-8111-411111111111 failed',
  ])('takes no id for a card number: %s', (text) => {
    expect(redactText(text)).toEqual({ text, rules: [] });
  });

  it('finds a card number beside an id', () => {
    const id = '41111111-1111-1111-1111-111111111111';
    expect(redactText(`${id} 4111111111111111 ${id}`).text).toBe(
      `${id} [redacted:card_number] ${id}`,
    );
  });

  it('finds a disclosure between any two innocent texts', () => {
    const around = fc.constantFrom(...INNOCENT_MESSAGES);
    fc.assert(
      fc.property(around, around, fc.constantFrom(...DISCLOSURES), (before, after, disclosure) => {
        const { text } = redactText(`${before}. ${disclosure.text}\n${after}`);
        expect(text).not.toContain(disclosure.secret);
      }),
      { numRuns: 500 },
    );
  });
});

describe('isCard', () => {
  it('refuses a number with one wrong digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 9 }), (place, by) => {
        const digits = Array.from('4111111111111111', Number);
        digits[place] = ((digits[place] ?? 0) + by) % 10;
        const number = digits.join('');
        // Another first digit can be another issuer's, but the check digit is wrong in any case.
        expect(isCard(number)).toBe(false);
      }),
    );
  });

  it('refuses a number that no issuer gives, whatever its check digit', () => {
    expect(isCard('0000000000000000')).toBe(false);
    expect(isCard('9999999999999995')).toBe(false);
    expect(isCard('41111111111111111')).toBe(false);
  });
});

/** Time of the processor, which does not pass while others have it. */
function cpuMillisOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('redactText on hostile texts of 1 MiB', () => {
  const seeds = [
    'a',
    ' ',
    '@',
    'a@',
    'a.',
    '@a.',
    'a@a.',
    '%40',
    '1',
    '1 ',
    '11-',
    '4111 ',
    '4111-1111-',
    'sk-',
    'sk-a',
    '-sk-',
    'sk-aaaaaaaaaaaaaaaa ',
    'eyJ',
    'eyJa',
    '.eyJ',
    'eyJaaaaaaaa.',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY',
    '-----END ',
    'password',
    'password=',
    'password: ',
    'password="',
    'password is ',
    'token=a ',
    'token:',
    'token: a',
    'secret ',
    'api key ',
    'api_key\'"',
    'authorization: token ',
    'bearer ',
    'bearer a',
    '://',
    '://a:',
    '://a:@',
    'a://b:c/',
    'ssn',
    'ssn ',
    'social security ',
    'AKIA',
    'xoxb-',
    'SG.',
    'SG.a-',
    'ghp_',
    'x',
    '*',
    '[redacted:',
    '\\',
    '"',
    "'",
    '\u{1F600}',
    'é@',
    '=',
    ':',
    'passwordpassword',
    'apikeyapikey',
    ' is ',
    'token is ',
    'pwd=***',
    'pwd=...',
    'cookie: a=',
    'signature:aaaaaaaaaaaaaaaa',
  ];
  it.each(seeds)('takes %j over and over', (seed) => {
    const text = seed.repeat(Math.ceil(1_048_576 / seed.length));
    // Linear work takes some 50 ms, at most 400; a quadratic search would take minutes.
    expect(cpuMillisOf(() => redactText(text))).toBeLessThan(3_000);
  });

  it('takes any mixture of them in time that grows with the length only', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 6 }),
        (mixture) => {
          const unit = mixture.join('');
          const text = unit.repeat(Math.ceil(262_144 / unit.length));
          expect(cpuMillisOf(() => redactText(text))).toBeLessThan(3_000);
        },
      ),
      { numRuns: 60 },
    );
  });
});
