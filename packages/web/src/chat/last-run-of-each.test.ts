import { expect, it } from 'vitest';
import { lastRunOfEach } from './last-run-of-each.ts';

it('is one run of each agent, its newest', () => {
  const runs = ['a', 'b', 'a', 'c', 'b'].map((agent_id, at) => ({ agent_id, run_id: String(at) }));
  expect(lastRunOfEach(runs).map(({ run_id }) => run_id)).toEqual(['0', '1', '3']);
});
