import type { StreamEvent } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { createEventBatches } from './event-batches.ts';

const ping = (ts: string): StreamEvent => ({ type: 'ping', ts });

describe('batches of events', () => {
  it('come by themselves: what arrived together is applied together, in order', async () => {
    const batch = await new Promise<readonly StreamEvent[]>((resolve) => {
      const batches = createEventBatches(resolve);
      batches.push(ping('1'));
      batches.push(ping('2'));
    });
    expect(batch).toEqual([ping('1'), ping('2')]);
  });

  it('are applied at once on a flush, each event once, and never empty', () => {
    const applied: (readonly StreamEvent[])[] = [];
    const batches = createEventBatches((events) => applied.push(events));
    batches.flush();
    batches.push(ping('1'));
    batches.flush();
    batches.flush();
    batches.push(ping('2'));
    batches.flush();
    expect(applied).toEqual([[ping('1')], [ping('2')]]);
  });
});
