import { RUN_SOURCES, RUN_STATUSES } from '@cairn/protocol';
import type { RunFilter, RunListQuery } from '@cairn/sdk';
import type { TextSearch } from '../routes/search.ts';
import { readMoment } from './read-range.ts';

/** The names that filters of runs have in the address. */
export const RUN_FILTERS = [
  'q',
  'agent',
  'version',
  'environment',
  'status',
  'source',
  'since',
  'until',
  'conversation',
  'parent',
  'breadcrumb',
] as const;

/** The part of an address that narrows runs, and nothing else of it. */
export function runFilters(search: TextSearch): TextSearch {
  return Object.fromEntries(
    RUN_FILTERS.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])),
  );
}

/** What takes every filter of runs out of the address. */
export const NO_RUN_FILTERS: TextSearch = Object.fromEntries(RUN_FILTERS.map((name) => [name, '']));

/** Which runs figures are of, by an address and the time, in milliseconds. */
export function readRunFilter(search: TextSearch, now: number): RunFilter {
  return given({
    agent_id: search['agent'],
    agent_version: search['version'],
    environment: search['environment'],
    start_time: readMoment(search['since'], now),
    end_time: readMoment(search['until'], now),
  });
}

/** Which runs a list holds, by an address and the time, in milliseconds. */
export function readRunQuery(search: TextSearch, now: number): RunListQuery {
  return {
    ...readRunFilter(search, now),
    ...given({
      status: RUN_STATUSES.find((each) => each === search['status']),
      source: RUN_SOURCES.find((each) => each === search['source']),
      parent_run_id: search['parent'],
      breadcrumb_id: search['breadcrumb'],
      conversation_id: search['conversation'],
      // Longer ones are refused.
      q: search['q']?.slice(0, 200),
    }),
  };
}

/** Without what is undefined. */
function given<T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
