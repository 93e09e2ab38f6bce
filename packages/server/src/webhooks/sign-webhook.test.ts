import { describe, expect, it } from 'vitest';
import { newSigningSecret, signWebhook, whyNotSigningSecret } from './sign-webhook.ts';
import { verifyOriginal, verifyStandardWebhook } from './testing.ts';

const message = { webhook_id: 'evt_7_x', timestamp_s: 1_700_000_000, body: '{"é":1}' };

describe('signatures', () => {
  it('match the example of the Standard Webhooks specification', () => {
    const headers = signWebhook(
      {
        webhook_id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        timestamp_s: 1_614_265_330,
        body: '{"test": 2432232314}',
      },
      ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    );
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('verify with an independent implementation, one for each secret', async () => {
    const secrets = ['a plain secret', newSigningSecret(), newSigningSecret()];
    const received = { headers: signWebhook(message, secrets), body: message.body };
    for (const [index, secret] of secrets.entries())
      expect(await verifyStandardWebhook(received, secret)).toBe(index);
    expect(await verifyStandardWebhook(received, newSigningSecret())).toBe(-1);
    expect(await verifyStandardWebhook({ ...received, body: '{"é":2}' }, 'a plain secret')).toBe(
      -1,
    );
    expect(await verifyOriginal(received, 'a plain secret')).toBe(true);
    expect(await verifyOriginal({ ...received, body: '' }, 'a plain secret')).toBe(false);
  });

  it('are left out without a secret', () => {
    expect(Object.keys(signWebhook(message, []))).toEqual(['webhook-id', 'webhook-timestamp']);
  });
});

describe('a signing secret', () => {
  it('may be any text, but what starts with whsec_ must be 24 to 64 bytes', () => {
    expect(whyNotSigningSecret('anything at all')).toBeNull();
    expect(whyNotSigningSecret(newSigningSecret())).toBeNull();
    for (const bytes of [23, 65])
      expect(whyNotSigningSecret(`whsec_${Buffer.alloc(bytes, 1).toString('base64')}`)).toContain(
        '24 to 64',
      );
    expect(whyNotSigningSecret('whsec_!!!')).toContain('base64');
  });

  it('that the server makes is never the same', () => {
    expect(new Set(Array.from({ length: 50 }, newSigningSecret)).size).toBe(50);
  });
});
