import { describe, expect, it } from 'vitest';
import { NO_RUN_FILTERS, readRunFilter, readRunQuery, runFilters } from './read-run-query.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');

describe('the address of the runs', () => {
  it('narrows the list by all that it says', () => {
    const search = {
      agent: 'support',
      version: '2',
      environment: 'test',
      status: 'failure',
      source: 'otlp',
      since: '1h',
      until: '2026-03-10T11:30:00Z',
      q: 'timeout',
      conversation: 'c1',
      parent: 'p',
      breadcrumb: 'b',
    };
    expect(readRunQuery(search, NOW)).toEqual({
      agent_id: 'support',
      agent_version: '2',
      environment: 'test',
      status: 'failure',
      source: 'otlp',
      start_time: '2026-03-10T11:00:00.000Z',
      end_time: '2026-03-10T11:30:00.000Z',
      q: 'timeout',
      conversation_id: 'c1',
      parent_run_id: 'p',
      breadcrumb_id: 'b',
    });
  });

  it('leaves out what it does not know', () => {
    expect(readRunQuery({ status: 'odd', source: '<b>', since: 'soon', tab: 'x' }, NOW)).toEqual(
      {},
    );
    expect(readRunFilter({}, NOW)).toEqual({});
  });

  it('can be emptied of filters, and only of these', () => {
    expect(runFilters({ agent: 'a', tab: 'tree', q: 'x' })).toEqual({ agent: 'a', q: 'x' });
    expect(Object.keys(NO_RUN_FILTERS)).not.toContain('tab');
    expect(new Set(Object.values(NO_RUN_FILTERS))).toEqual(new Set(['']));
  });
});
