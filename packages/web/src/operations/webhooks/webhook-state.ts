import type { Webhook } from '@cairn/protocol';
import type { Tone } from '../../ui/badge.tsx';

/** How a webhook stands, in a word for its badge and a sentence. */
export interface WebhookState {
  readonly tone: Tone;
  readonly word: string;
  readonly why: string;
}

/** Says how a webhook stands and why. */
export function stateOf({ active, disabled_reason }: Webhook): WebhookState {
  if (active) return { tone: 'good', word: 'Active', why: 'Events are sent to it.' };
  switch (disabled_reason) {
    case 'deleted':
      return { tone: 'calm', word: 'Deleted', why: 'Somebody deleted it.' };
    case 'gone':
      return {
        tone: 'bad',
        word: 'Disabled: gone',
        why: 'Its receiver answered 410: it wants no more events.',
      };
    case 'failing':
      return {
        tone: 'bad',
        word: 'Disabled: failing',
        why: 'It did nothing but fail for days.',
      };
    default:
      return { tone: 'bad', word: 'Disabled', why: disabled_reason ?? 'Nothing is sent to it.' };
  }
}
