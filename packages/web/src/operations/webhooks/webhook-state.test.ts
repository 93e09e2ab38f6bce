import type { Webhook } from '@cairn/protocol';
import { expect, it } from 'vitest';
import { stateOf } from './webhook-state.ts';

const webhook = (active: boolean, disabled_reason: string | null) =>
  stateOf({ active, disabled_reason } as Webhook);

it('says how a webhook stands, also for reasons of another release', () => {
  expect(webhook(true, null)).toMatchObject({ tone: 'good', word: 'Active' });
  expect(webhook(false, 'deleted')).toMatchObject({ tone: 'calm', word: 'Deleted' });
  expect(webhook(false, 'gone').word).toBe('Disabled: gone');
  expect(webhook(false, 'failing').word).toBe('Disabled: failing');
  expect(webhook(false, 'too loud')).toMatchObject({ tone: 'bad', why: 'too loud' });
  expect(webhook(false, null).why).not.toBe('');
});
