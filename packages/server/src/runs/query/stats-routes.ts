import {
  AgentOverview,
  Comparison,
  FailureGroup,
  LatencyStats,
  RUN_LIMITS,
  RunStats,
  STATS_GROUPINGS,
  STATS_SERIES,
  StatsGroup,
  TimeSeries,
  UsageStats,
} from '@cairn/protocol';
import { Type, type TSchema } from 'typebox';
import { AppError } from '../../base/index.ts';
import type { HttpServer } from '../../http/index.ts';
import { compareVersions } from './compare-versions.ts';
import { FILTER_QUERY, given, readFilter } from './read-query.ts';
import type { RunStatistics } from './stats-queries.ts';

const tags = ['runs'];
const Filter = Type.Object(FILTER_QUERY);

/** A route that reads; who may is one rule for all. */
function reads<Q extends TSchema, A extends TSchema>(
  summary: string,
  querystring: Q,
  answer: A,
  description?: string,
) {
  return {
    config: { access: 'run.read', open_in_dev: true },
    serializerCompiler: () => JSON.stringify,
    schema: {
      summary,
      tags,
      querystring,
      response: { 200: answer },
      ...(description === undefined ? {} : { description }),
    },
  };
}

/** The routes of figures about many runs: whole hours come from sums, so they cost the same however many runs there are. */
export function addStatistics(server: HttpServer, statistics: RunStatistics): void {
  addTotals(server, statistics);
  addBreakdowns(server, statistics);
  addComparisons(server, statistics);
}

function addTotals(server: HttpServer, statistics: RunStatistics): void {
  server.get(
    '/stats',
    {
      ...reads(
        'How many runs there were, how they ended and how long their steps took',
        Filter,
        RunStats,
        'Runs that are still going on are not counted. `success_rate` is in percent, partial runs count as success; `avg_latency_ms` is the mean of steps.',
      ),
      config: { access: 'run.read', open_in_dev: true, refuses_as_original: true },
    },
    ({ principal, query }) => statistics.stats(principal.owner_id, readFilter(query)),
  );
  server.get(
    '/stats/latency',
    reads(
      'Percentiles of the durations of runs and steps',
      Filter,
      LatencyStats,
      'From histograms: a percentile is off by no more than `relative_error` of itself.',
    ),
    ({ principal, query }) => statistics.latency(principal.owner_id, readFilter(query)),
  );
  server.get(
    '/stats/usage',
    reads('Tokens and cost; null where no run reported any', Filter, UsageStats),
    ({ principal, query }) => statistics.usage(principal.owner_id, readFilter(query)),
  );
}

function addBreakdowns(server: HttpServer, statistics: RunStatistics): void {
  server.get(
    '/stats/timeseries',
    reads(
      'One figure by hour or day (UTC)',
      Type.Object({
        ...FILTER_QUERY,
        bucket: Type.Optional(Type.Enum(['hour', 'day'], { default: 'hour' })),
        metric: Type.Optional(Type.Enum([...STATS_SERIES], { default: 'runs' })),
      }),
      TimeSeries,
      'Without a start the last 48 hours or 30 days; at most 2,000 buckets. Of the first and the last bucket only what lies in the range is counted.',
    ),
    ({ principal, query }) =>
      statistics.timeSeries(
        principal.owner_id,
        readFilter(query),
        query.bucket ?? 'hour',
        query.metric ?? 'runs',
      ),
  );
  server.get(
    '/stats/groups',
    reads(
      'The same figures for each agent, version or environment, most runs first',
      Type.Object({
        ...FILTER_QUERY,
        by: Type.Enum([...STATS_GROUPINGS]),
      }),
      Type.Array(StatsGroup),
      'At most 1,000 groups. A version is one of an agent.',
    ),
    ({ principal, query }) => statistics.groups(principal.owner_id, readFilter(query), query.by),
  );
  server.get(
    '/stats/failures',
    reads(
      'Kinds of failures of the runs that began in the range, most frequent first',
      Type.Object(
        {
          ...FILTER_QUERY,
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 20 })),
        },
        // A filter that is not known here would otherwise be one that holds nothing back.
        { additionalProperties: false },
      ),
      Type.Array(FailureGroup),
      'Counts, first and last time are those of the runs that the filter means; a failure is seen when its run ends.',
    ),
    ({ principal, query }) =>
      statistics.failures(principal.owner_id, readFilter(query), query.limit ?? 20),
  );
  server.get(
    '/runs/agents',
    reads(
      'The agents that reported runs, with versions and environments',
      Filter,
      Type.Array(AgentOverview),
      'Counts and times are of all time; `agent_id` and `environment` narrow.',
    ),
    ({ principal, query }) => statistics.agents(principal.owner_id, readFilter(query)),
  );
}

function addComparisons(server: HttpServer, statistics: RunStatistics): void {
  const Version = Type.String({ minLength: 1, maxLength: RUN_LIMITS.agent_version_chars });
  server.get(
    '/stats/compare',
    reads(
      'Two versions of an agent side by side',
      Type.Object({
        ...FILTER_QUERY,
        agent_id: Type.String({ minLength: 1, maxLength: RUN_LIMITS.agent_id_chars }),
        a: Version,
        b: Version,
      }),
      Comparison,
      'Differences are b less a, also as a part of a.',
    ),
    ({ principal, query }) => {
      const agent_id = given(query.agent_id);
      if (agent_id === undefined) throw new AppError('validation_failed', 'agent_id is missing');
      const filter = { ...readFilter(query), agent_id };
      return compareVersions(statistics, principal.owner_id, filter, query);
    },
  );
}
