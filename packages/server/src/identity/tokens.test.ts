import { ROLES } from '@cairn/protocol';
import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { AppError, ManualClock, newId, silentLog } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { loadSigningKeys, type SigningKeys } from './signing-keys.ts';
import { IdentityStore } from './store.ts';
import { Tokens } from './tokens.ts';

const PAIR = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const WHO = { owner_id: newId(), agent_id: newId(), roles: ['emitter', 'subscriber'] as const };

interface Scene {
  db: Database;
  store: IdentityStore;
  tokens: Tokens;
  clock: ManualClock;
  keys: SigningKeys;
}

async function open(): Promise<Scene> {
  const db = await openTestDatabase();
  const store = new IdentityStore(db);
  const clock = new ManualClock();
  const keys = await loadSigningKeys(tmpdir(), PEM);
  return { db, store, clock, keys, tokens: new Tokens({ keys, store, clock, log: silentLog }) };
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof AppError)) return `not refused: ${String(error)}`;
  expect(error.code).toBe('unauthenticated');
  return error.message;
}

describe('a token', () => {
  it('has the claims that others rely on, and is verified by the published key set', async () => {
    const { tokens, clock } = await open();
    const { token, exp } = await tokens.mint(WHO, 600);
    const iat = Math.floor(clock.now() / 1000);
    expect(exp).toBe(iat + 600);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256' });
    const { payload } = await jwtVerify(token, createLocalJWKSet(tokens.jwks), {
      algorithms: ['RS256'],
      currentDate: new Date(clock.now()),
    });
    expect(payload).toMatchObject({
      sub: WHO.agent_id,
      owner_id: WHO.owner_id,
      roles: WHO.roles,
      iat,
      exp,
    });
  });

  it('stands for its principal until it expires, by the clock, also when it was seen before', async () => {
    const { tokens, clock } = await open();
    const { token } = await tokens.mint(WHO, 60);
    expect(await tokens.verify(token)).toEqual(WHO);
    clock.advance(59_000);
    expect(await tokens.verify(token)).toEqual(WHO);
    clock.advance(1_000);
    expect(await refusal(tokens.verify(token))).toContain('expired');
    expect(await refusal(tokens.verify(token))).toContain('expired');
  });

  it('ends with the key that vouched for it', async () => {
    const { tokens, clock } = await open();
    const { exp } = await tokens.mint(WHO, 3_600, {
      ends_at: clock.now() + 90_500,
      key_id: null,
    });
    expect(exp).toBe(Math.floor((clock.now() + 90_500) / 1000));
  });

  it('is refused when anything about it is changed', async () => {
    const { tokens } = await open();
    const { token } = await tokens.mint(WHO, 60);
    const [header = '', body = '', signature = ''] = token.split('.');
    const claims = { ...decodeJwt(token), roles: [...ROLES] };
    const other = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const hmac = Buffer.from('{"alg":"HS256"}').toString('base64url');
    for (const forged of [
      `${header}.${other}.${signature}`,
      `${none}.${body}.`,
      `${none}.${other}.`,
      `${none}.${body}.${signature}`,
      `${hmac}.${other}.${signature}`,
      `${header}.${body}.${signature.slice(0, -8)}`,
      `${header}.${body}.`,
      `${header}.${body}`,
      '',
      '..',
      'x'.repeat(10_000),
    ])
      expect(await refusal(tokens.verify(forged))).toBe('the token is not valid');
    expect(await tokens.verify(token)).toEqual(WHO);
  });

  it('is refused when it was signed with another key, another algorithm or by another issuer', async () => {
    const { tokens, clock } = await open();
    const make = (alg: string, issuer: string) =>
      new SignJWT({ owner_id: WHO.owner_id, roles: [...ROLES] })
        .setProtectedHeader({ alg })
        .setSubject(WHO.agent_id)
        .setIssuer(issuer)
        .setIssuedAt(clock.now() / 1000)
        .setExpirationTime(Math.floor(clock.now() / 1000) + 60);
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const shared = Buffer.from(PAIR.publicKey.export({ type: 'spki', format: 'pem' }));
    for (const forged of [
      make('RS256', 'cairn').sign(stranger),
      make('PS256', 'cairn').sign(PAIR.privateKey),
      make('RS512', 'cairn').sign(PAIR.privateKey),
      make('HS256', 'cairn').sign(shared),
      make('RS256', 'elsewhere').sign(PAIR.privateKey),
    ])
      expect(await refusal(tokens.verify(await forged))).toBe('the token is not valid');
    const right = await make('RS256', 'cairn').sign(PAIR.privateKey);
    expect(await tokens.verify(right)).toMatchObject({ agent_id: WHO.agent_id });
  });

  it('is refused without its claims, and unknown roles count for nothing', async () => {
    const { tokens, clock } = await open();
    const sign = (claims: Record<string, unknown>) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer('cairn')
        .sign(PAIR.privateKey);
    const exp = Math.floor(clock.now() / 1000) + 60;
    const { owner_id, agent_id: sub } = WHO;
    for (const claims of [
      { owner_id, sub },
      { owner_id, exp },
      { sub, exp },
      { owner_id: 'x', sub, exp },
      { owner_id, sub: 'x', exp },
      { owner_id: 7, sub, exp },
    ])
      expect(await refusal(tokens.verify(await sign(claims)))).not.toContain('not refused');
    const odd = await sign({ owner_id, sub, exp, roles: ['root', 'emitter', { a: 1 }] });
    expect((await tokens.verify(odd)).roles).toEqual(['emitter']);
    expect(
      (await tokens.verify(await sign({ owner_id, sub, exp, roles: 'curator' }))).roles,
    ).toEqual([]);
  });
});

describe('an API key', () => {
  it('stands for its principal with its roles, and its use is noted', async () => {
    const { tokens, store } = await open();
    await store.ensureAgent(WHO);
    const { key, ...item } = await tokens.createKey({ ...WHO, roles: ['emitter'] }, 'build', null);
    expect(key).toMatch(/^cairn_[0-9a-f]{32}_[\w-]{43}$/);
    expect(item).toMatchObject({ name: 'build', roles: ['emitter'], last_used_at: null });
    expect(await tokens.verify(key)).toEqual({ ...WHO, roles: ['emitter'] });
    await store.noteUse(item.id);
    expect((await store.listKeys(WHO.owner_id))[0]?.last_used_at).toBeTypeOf('string');
  });

  it('is nowhere in the database in clear', async () => {
    const { tokens, store, db } = await open();
    await store.ensureAgent(WHO);
    const { key } = await tokens.createKey(WHO, 'build', null);
    const secret = key.split('_')[2] ?? '';
    const { rows } = await db.query<{ row: string }>({
      text: 'select row_to_json(api_keys)::text as row from api_keys',
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(secret);
    expect(JSON.stringify(await store.listKeys(WHO.owner_id))).not.toMatch(/hash|cairn_/);
  });

  it('is handed over before it is live, and is not live when that fails', async () => {
    const { tokens, store } = await open();
    await store.ensureAgent(WHO);
    const keep = async (key: string) => {
      expect(await refusal(tokens.verify(key))).toContain('not known');
      throw new Error('the disk is full');
    };
    await expect(tokens.createKey(WHO, 'admin', null, keep)).rejects.toThrow('the disk is full');
    expect(await store.listKeys(WHO.owner_id)).toEqual([]);
  });

  it('ends when it expires, when it is revoked, and with its agent', async () => {
    const { tokens, store, clock, db } = await open();
    await store.ensureAgent(WHO);
    const soon = new Date(clock.now() + 1_000).toISOString();
    const short = await tokens.createKey(WHO, 'short', soon);
    const long = await tokens.createKey(WHO, 'long', null);
    expect(await tokens.readKey(short.key)).toMatchObject({ ends_at: clock.now() + 1_000 });
    clock.advance(1_000);
    const words = await refusal(tokens.verify(short.key));
    expect(words).toBe('the key is not known, has expired or was revoked');
    expect(await store.revokeKey(newId(), long.id)).toBe(false);
    expect(await tokens.verify(long.key)).toEqual(WHO);
    expect(await store.revokeKey(WHO.owner_id, long.id)).toBe(true);
    expect(await store.revokeKey(WHO.owner_id, long.id)).toBe(false);
    expect(await refusal(tokens.verify(long.key))).toBe(words);
    const last = await tokens.createKey(WHO, 'last', null);
    await db.query({ text: 'delete from agents where id = $1', values: [WHO.agent_id] });
    expect(await refusal(tokens.verify(last.key))).toBe(words);
  });

  it('takes the tokens that were got with it along, within seconds, and what they opened', async () => {
    const { tokens, store, clock } = await open();
    await store.ensureAgent(WHO);
    const { id, key } = await tokens.createKey(WHO, 'build', null);
    const { token } = await tokens.mint(WHO, 3_600, await tokens.readKey(key));
    const { token: free } = await tokens.mint(WHO, 3_600);
    expect(await tokens.verify(token)).toEqual(WHO);
    expect(await Promise.all([token, key, free].map((each) => tokens.holds(each)))).toEqual([
      true,
      true,
      true,
    ]);
    await store.revokeKey(WHO.owner_id, id);
    clock.advance(5_000);
    expect(await refusal(tokens.verify(token))).toBe(
      'the key that the token was got with was revoked',
    );
    expect(await Promise.all([token, key, free].map((each) => tokens.holds(each)))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('is refused in the same words whatever is wrong with it', async () => {
    const { tokens, store } = await open();
    await store.ensureAgent(WHO);
    const { key } = await tokens.createKey(WHO, 'build', null);
    const last = key.endsWith('A') ? 'B' : 'A';
    for (const wrong of [
      'cairn_',
      'cairn_x_y',
      `${key}x`,
      key.slice(0, -1),
      key.slice(0, -1) + last,
      key.replace(/_[0-9a-f]{32}_/, (id) => id.toUpperCase().replace('A', 'B')),
      key.replace(/_[0-9a-f]{32}_/, `_${newId().replaceAll('-', '')}_`),
      `cairn_${'0'.repeat(32)}_${'A'.repeat(43)}`,
      `cairn_${"' or 1=1 --".padEnd(32, '0')}_${'A'.repeat(43)}`,
      'cairn_\0',
    ])
      expect(await refusal(tokens.verify(wrong))).toBe(
        'the key is not known, has expired or was revoked',
      );
  });

  it.each([
    ['2023-01-01T00:00:00Z'],
    ['2016-12-31T23:59:60Z'],
    ['0000-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59-01:00'],
  ])('cannot end at %s', async (expires_at) => {
    const { tokens } = await open();
    expect(() => tokens.readExpiry(expires_at)).toThrow('expires_at must be a time to come');
    expect(tokens.readExpiry('2100-01-01T00:00:00+20:00')).toBe('2099-12-31T04:00:00.000Z');
    expect(tokens.readExpiry(null)).toBeNull();
  });
});
