import { expect, it } from 'vitest';
import { endOfDay, keyState } from './key-state.ts';

const NOW = Date.parse('2026-05-05T12:00:00Z');
const EARLIER = '2026-05-05T11:59:59Z';

it('tells live, expired and revoked keys apart', () => {
  expect(keyState({ revoked_at: null, expires_at: null }, NOW).word).toBe('Live');
  expect(keyState({ revoked_at: null, expires_at: '2026-05-06T00:00:00Z' }, NOW).is_live).toBe(
    true,
  );
  expect(keyState({ revoked_at: null, expires_at: EARLIER }, NOW)).toMatchObject({
    word: 'Expired',
    is_live: false,
  });
  expect(keyState({ revoked_at: EARLIER, expires_at: EARLIER }, NOW).word).toBe('Revoked');
});

it('lets a key live until the day is over', () => {
  const end = endOfDay('2026-05-05');
  expect(new Date(end ?? '').getHours()).toBe(23);
  expect(new Date(end ?? '').getDate()).toBe(5);
  expect(endOfDay('')).toBeNull();
  expect(endOfDay('tomorrow')).toBeNull();
});
