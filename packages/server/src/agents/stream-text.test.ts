import type { AgentDelta } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../base/index.ts';
import { MAX_MESSAGE_BYTES, type Bus } from '../bus/index.ts';
import type { Run } from './contract.ts';
import { RunBroadcast } from './stream-text.ts';

const OPEN = { visibility: 'team', sensitivity: 'low' };

/** A bus that keeps what it is given, and refuses what is too long as the real ones do. */
function start(trigger = OPEN, conversation_id = 'c1') {
  const sent: AgentDelta[] = [];
  let refused = 0;
  const bus: Bus = {
    label: 'kept',
    async publish(_topic, message) {
      if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) {
        refused++;
        throw new RangeError('too long');
      }
      sent.push(JSON.parse(message));
    },
    subscribe: async () => async () => {},
    close: async () => {},
  };
  const clock = new ManualClock();
  const run: Run = {
    id: 'r',
    owner_id: 'o',
    agent_id: 'a',
    delivery_id: 'd',
    trigger_id: 't',
    trigger_version: 1,
    conversation_id,
    state: 'running',
    parent_run_id: null,
    root_run_id: 'r',
    depth: 0,
    request_id: null,
  };
  const broadcast = new RunBroadcast(bus, clock, run, trigger);
  return { sent, clock, broadcast, refused: () => refused };
}

describe('what a run tells while it works', () => {
  it('gathers pieces for a moment and numbers what it sends', () => {
    const { sent, clock, broadcast } = start();
    broadcast.write('a');
    broadcast.write('b');
    expect(sent).toEqual([]);
    clock.advance(40);
    broadcast.write('c');
    clock.advance(40);
    expect(sent.map(({ index, text }) => [index, text])).toEqual([
      [0, 'ab'],
      [1, 'c'],
    ]);
  });

  it('tells text before the status that follows it, and nothing twice', () => {
    const { sent, clock, broadcast } = start();
    broadcast.write('a');
    broadcast.status('done');
    broadcast.flush();
    clock.advance(1_000);
    expect(sent.map(({ type }) => type)).toEqual(['agent.delta', 'agent.status']);
  });

  it.each([['\u{1}'], ['😀'], ['語'], ['"']])('fits the bus whatever the letters: %j', (letter) => {
    const { sent, broadcast, refused } = start(OPEN, '語'.repeat(247));
    broadcast.write(letter.repeat(5_000));
    broadcast.status('failed', letter.repeat(5_000));
    expect(refused()).toBe(0);
    expect(sent.map(({ text }) => text ?? '').join('')).toBe(letter.repeat(5_000));
  });

  it.each([
    { visibility: 'private', sensitivity: 'low' },
    { visibility: 'team', sensitivity: 'secret' },
  ])('tells nothing of %j', (trigger) => {
    const { sent, broadcast } = start(trigger);
    broadcast.write('hidden');
    broadcast.status('failed', 'hidden');
    broadcast.flush();
    expect(sent).toEqual([]);
  });
});
