import { describe, expect, it } from 'vitest';
import { failedPairs } from './failed-kinds.ts';

describe('what agents failed with', () => {
  it('is told apart by agent and code, whatever the messages were', () => {
    const kinds = [
      { agents: ['a', 'b'], failure_code: 'timeout' },
      { agents: ['a'], failure_code: 'timeout' },
      { agents: ['a'], failure_code: 'http_500' },
    ];
    expect(failedPairs(kinds, [])).toEqual([
      { agent_id: 'a', code: 'timeout' },
      { agent_id: 'b', code: 'timeout' },
      { agent_id: 'a', code: 'http_500' },
    ]);
  });

  it('is unknown of runs that said nothing of why', () => {
    const newest = [
      { agent_id: 'a', failure: null },
      { agent_id: 'a', failure: null },
      { agent_id: 'b', failure: 'tool/timeout' },
    ];
    expect(failedPairs([], newest)).toEqual([{ agent_id: 'a', code: null }]);
  });
});
