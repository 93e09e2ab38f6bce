import { SECRET_ACTIONS, type SecretAudit } from '@cairn/protocol';
import { expect, it } from 'vitest';
import { ACTION_WORDS, lastAccesses } from './audit-lines.ts';

const line = (id: string, secret_id: string, action: SecretAudit['action']) =>
  ({ id, secret_id, action }) as SecretAudit;

it('has a word for everything that can be done to a secret', () => {
  for (const action of SECRET_ACTIONS) expect(ACTION_WORDS[action].word).not.toBe('');
});

it('finds the newest reading of each secret, and takes no refusal or change for one', () => {
  const lines = [
    line('5', 'a', 'decrypt_refused'),
    line('4', 'a', 'decrypt'),
    line('3', 'b', 'update'),
    line('2', 'a', 'use'),
    line('1', 'b', 'use'),
  ];
  const found = [...lastAccesses(lines)].map(([secret, { id }]) => [secret, id]);
  expect(found).toEqual([
    ['a', '4'],
    ['b', '1'],
  ]);
});
