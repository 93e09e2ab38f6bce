import { type PrivacyRule } from '../contract.ts';

/** A text, what in it must not be stored, and why. */
export interface Disclosure {
  readonly text: string;
  readonly secret: string;
  readonly rule: PrivacyRule;
}

/** Joins the pieces of a made-up key, which keeps scanners of repositories from taking it for a real one. */
const key = (...pieces: readonly string[]): string => pieces.join('');

const credential = (text: (secret: string) => string, secret: string): Disclosure => ({
  text: text(secret),
  secret,
  rule: 'credential',
});

const PEM = `${key('-----BEGIN RSA PRI', 'VATE KEY-----')}\nMIIEpAIBAAKCAQEA1c7\n${key('-----END RSA PRI', 'VATE KEY-----')}`;
const JWT = key(
  'eyJhbGciOiJIUzI1NiJ9',
  '.eyJzdWIiOiIxMjM0In0',
  '.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P',
);

/** Texts that each disclose something. */
export const DISCLOSURES: readonly Disclosure[] = [
  credential((s) => `Incorrect API key provided: ${s}.`, key('sk-', 'proj-a1B2c3D4e5F6g7H8i9J0')),
  credential((s) => `401 for ${s}`, key('sk-', 'ant-api03-AbCdEfGhIjKlMnOpQrSt')),
  credential((s) => `used ${s}`, key('sk_', 'live_51HabcDEF0123456789')),
  credential((s) => `git: ${s} has no access`, key('ghp_', '16C7e42F292c6912E7710c838347Ae178B4a')),
  credential((s) => `token ${s}`, key('github_pat_', '11ABCDEFG0123456789_abcdef')),
  credential((s) => `(${s})`, key('glpat-', 'AbCdEf0123456789xyzz')),
  credential((s) => `aws ${s} denied`, key('AKIA', 'IOSFODNN7EXAMPLE')),
  credential((s) => `slack: ${s}`, key('xoxb-', '123456789012-abcdefABCDEF')),
  credential((s) => `google ${s}`, key('AIza', 'SyA1234567890abcdefghijklmnopqrstu')),
  credential((s) => `hub ${s}`, key('hf_', 'AbCdEfGhIjKlMnOpQrStUv')),
  credential((s) => `npm ${s}`, key('npm_', 'abcdefghijklmnopqrstuvwxyz0123456789')),
  credential((s) => `groq ${s}`, key('gsk_', 'abcdefghijklmnop0123456789')),
  credential((s) => `ours: ${s}`, key('cairn_', `${'0f'.repeat(16)}_${'aB3'.repeat(14)}x`)),
  credential((s) => `jwt ${s} expired`, JWT),
  credential((s) => `key:\n${s}\nis not valid`, PEM),
  credential((s) => `Authorization: Bearer ${s}`, 'abc123def456'),
  credential((s) => `curl -H "Authorization: Bearer ${s}"`, 'mF_9.B5f-4.1JqM'),
  credential((s) => `Authorization: Basic ${s}`, 'dXNlcjpwYXNzd29yZA=='),
  credential((s) => `Authorization: Token ${s} was refused`, '9944b09199c62bcf9418'),
  credential((s) => `login failed: password=${s}`, 'hunter2'),
  credential((s) => `password: ${s}`, 'swordfish'),
  credential((s) => `{"client_secret":"${s}"}`, 'swordfish'),
  credential((s) => `secret=${s}`, 'swordfish'),
  credential((s) => `{"user":"a","password":"${s}"}`, 'correct horse battery'),
  credential((s) => `connection failed (Pwd=${s};Server=db)`, 'Tr0ub4dor&3'.slice(0, 8)),
  credential((s) => `my password is ${s}`, 'hunter2x'),
  credential((s) => `api_key=${s} was refused`, 'f00ba4f00ba4'),
  credential((s) => `apiKey: '${s}'`, 'f00ba4-F00BA4'),
  credential((s) => `OPENAI_API_KEY=${s}`, 'abcdef123456'),
  credential((s) => `client_secret=${s}&grant_type=x`, 'zxcvb98765'),
  credential((s) => `https://example.com/?access_token=${s}&x=1`, 'ya12345abcde'),
  credential((s) => `refresh_token: ${s}`, '1//0gabcDEF123456'),
  credential((s) => `token=${s}`, 'abc123def'),
  credential((s) => `Cookie: session=${s}`, 's3cr3tcookievalue'),
  credential((s) => `postgres://app:${s}@db.example.com/app refused`, 'pa55w0rd'),
  credential((s) => `redis://:${s}@cache:6379`, 'pa55'),
  credential((s) => `https://user:${s}@host/path`, 'with/slash'),
  { text: 'could not write to alice.b@example.com', secret: 'alice.b@example.com', rule: 'email' },
  {
    text: 'no user ALICE+x@Sub.Example.CO.UK!',
    secret: 'ALICE+x@Sub.Example.CO.UK',
    rule: 'email',
  },
  { text: 'GET /users?mail=alice%40example.com', secret: 'alice%40example.com', rule: 'email' },
  { text: 'jörg@müller.de bounced', secret: 'jörg@müller.de', rule: 'email' },
  { text: 'card 4111 1111 1111 1111 declined', secret: '4111 1111 1111 1111', rule: 'card_number' },
  { text: 'card 4111111111111111 declined', secret: '4111111111111111', rule: 'card_number' },
  { text: '5555-5555-5555-4444', secret: '5555-5555-5555-4444', rule: 'card_number' },
  { text: 'amex 3782 822463 10005.', secret: '3782 822463 10005', rule: 'card_number' },
  { text: 'order 12 4111 1111 1111 1111', secret: '4111 1111 1111 1111', rule: 'card_number' },
  { text: '2223003122003222', secret: '2223003122003222', rule: 'card_number' },
  { text: '6011111111111117', secret: '6011111111111117', rule: 'card_number' },
  { text: '3530111333300000', secret: '3530111333300000', rule: 'card_number' },
  { text: 'ssn 078-05-1120 is invalid', secret: '078-05-1120', rule: 'social_security_number' },
  { text: 'for 123-45-6789', secret: '123-45-6789', rule: 'social_security_number' },
  { text: 'SSN: 219099998', secret: '219099998', rule: 'social_security_number' },
  {
    text: 'social security number 123 45 6789',
    secret: '123 45 6789',
    rule: 'social_security_number',
  },
];
