import { describe, expect, it } from 'vitest';
import { FIRST_CONNECTION, nextConnection, OFFLINE_AFTER_MS } from './connection-state.ts';

describe('nextConnection', () => {
  const live = nextConnection(FIRST_CONNECTION, 'open', 0);

  it('is live once it is open, and remembers that', () => {
    expect(live).toEqual({ phase: 'live', has_been_live: true, lost_at: null });
    expect(nextConnection(live, 'lost', 1_000).has_been_live).toBe(true);
  });

  it('turns a short loss into reconnecting and a long one into offline', () => {
    const lost = nextConnection(live, 'lost', 1_000);
    expect(lost.phase).toBe('reconnecting');
    expect(nextConnection(lost, 'tick', 1_000 + OFFLINE_AFTER_MS - 1)).toBe(lost);
    expect(nextConnection(lost, 'tick', 1_000 + OFFLINE_AFTER_MS).phase).toBe('offline');
  });

  it('counts from the first loss, not from the last failed try', () => {
    const lost = nextConnection(live, 'lost', 1_000);
    const again = nextConnection(lost, 'lost', 5_000);
    expect(nextConnection(again, 'tick', 1_000 + OFFLINE_AFTER_MS).phase).toBe('offline');
  });

  it('stays offline through failed tries and is live again when open', () => {
    const offline = nextConnection(live, 'refused', 1_000);
    expect(offline.phase).toBe('offline');
    expect(nextConnection(offline, 'lost', 2_000).phase).toBe('offline');
    expect(nextConnection(offline, 'open', 3_000)).toEqual(live);
  });

  it('does not change while it is live', () => {
    expect(nextConnection(live, 'tick', 1e9)).toBe(live);
    expect(nextConnection(live, 'open', 1e9)).toBe(live);
  });
});
