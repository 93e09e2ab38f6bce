import { expect, it } from 'vitest';
import { describeRemoved, readReport } from './hygiene-reports.ts';

it('reads what was removed, and says it', () => {
  const context = {
    since: '2026-01-01T00:00:00Z',
    until: '2026-01-02T00:00:00Z',
    removed: { expired_breadcrumbs: 4, idle_agents: 0, dead_letters: 1 },
  };
  const report = readReport({ version: 3, context });
  expect(report).toMatchObject({ version: 3, since: context.since, until: context.until });
  expect(describeRemoved(report)).toBe('4 expired breadcrumbs, 1 dead letters');
});

it.each([null, 'text', [], { removed: 'all' }, { removed: { a: '1' }, since: 4 }])(
  'makes an empty report of %j',
  (context) => {
    const report = readReport({ version: 1, context });
    expect(report).toEqual({ version: 1, since: null, until: null, removed: [] });
    expect(describeRemoved(report)).toBe('nothing');
  },
);
