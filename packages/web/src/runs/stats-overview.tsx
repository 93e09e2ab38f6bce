import { STATS_GROUPINGS, STEP_TYPES, type Latency, type StatsGroup } from '@cairn/protocol';
import { Link } from '@tanstack/react-router';
import type { TextSearch } from '../routes/search.ts';
import { Section } from '../ui/page.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { formatCount, formatPercent, formatSpan } from '../ui/format-figures.ts';
import { NoneOf } from './none-of.tsx';
import { PlainTable } from './plain-table.tsx';
import { Answered } from './read-section.tsx';
import { FAILURES, StepIcon, stepTypeName } from './run-looks.tsx';
import { StatsCards } from './stats-cards.tsx';
import { StatsChart } from './stats-chart.tsx';
import { figuresOf, useFigures } from './use-figures.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

/** The figures of the chosen runs, over time and taken apart. */
export function StatsOverview({ search, change }: Searched) {
  return (
    <>
      <StatsCards search={search} />
      <Section title="Over time">
        <StatsChart search={search} change={change} />
      </Section>
      <Section title="Latency">
        <LatencyTable search={search} />
      </Section>
      <Section title="Failures">
        <FailureKinds search={search} />
      </Section>
      <Groups search={search} change={change} />
    </>
  );
}

function LatencyTable({ search }: { search: TextSearch }) {
  const query = useFigures('latency', search, (client, filter, signal) =>
    client.runs.latency(filter, { signal }),
  );
  return (
    <Answered query={query} what="Latencies">
      {({ runs, steps, by_step_type, relative_error }) => {
        const types = STEP_TYPES.flatMap((type) => {
          const latency = by_step_type[type];
          return latency === undefined ? [] : [{ type, latency }];
        });
        return (
          <>
            <PlainTable
              label="Latency percentiles"
              head={['', 'Count', 'Mean', 'p50', 'p90', 'p95', 'p99']}
              rows={[
                { key: 'runs', cells: ['Runs', ...latencyCells(runs)] },
                { key: 'steps', cells: ['All steps', ...latencyCells(steps)] },
                ...types.map(({ type, latency }) => ({
                  key: type,
                  cells: [
                    <span key={type} className="inline-flex items-center gap-2 pl-3">
                      <StepIcon type={type} />
                      {stepTypeName(type)}
                    </span>,
                    ...latencyCells(latency),
                  ],
                })),
              ]}
            />
            <p className="mt-2 text-2xs text-ink-faint">
              From histograms: a percentile is off by at most {formatPercent(relative_error * 100)}.
            </p>
          </>
        );
      }}
    </Answered>
  );
}

function latencyCells({ count, mean_ms, p50_ms, p90_ms, p95_ms, p99_ms }: Latency): string[] {
  return [formatCount(count), ...[mean_ms, p50_ms, p90_ms, p95_ms, p99_ms].map(formatSpan)];
}

function FailureKinds({ search }: { search: TextSearch }) {
  const query = useFigures('failures', search, (client, filter, signal) =>
    client.runs.failureKinds({ ...filter, limit: 50 }, { signal }),
  );
  return (
    <Answered query={query} what="Failures">
      {(kinds) =>
        kinds.length === 0 ? (
          <NoneOf title="Nothing failed" />
        ) : (
          <>
            <PlainTable
              label="Kinds of failures"
              head={['Failure', 'Times', 'First seen', 'Last seen', 'Last run']}
              rows={kinds.map((kind) => ({
                key: kind.fingerprint,
                cells: [
                  <span key="kind" title={kind.message}>
                    <span className="font-medium">
                      {FAILURES[kind.failure_type]} · {kind.failure_code}
                    </span>
                    <span className="block max-w-64 truncate text-2xs text-ink-faint md:max-w-lg">
                      {kind.message}
                    </span>
                  </span>,
                  formatCount(kind.count),
                  <TimeAgo key="first" at={Date.parse(kind.first_seen)} />,
                  <TimeAgo key="last" at={Date.parse(kind.last_seen)} />,
                  <Link
                    key="run"
                    to="/runs/$id"
                    params={{ id: kind.last_run_id }}
                    className="text-accent underline underline-offset-4"
                  >
                    open
                  </Link>,
                ],
              }))}
            />
            <p className="mt-2 text-2xs text-ink-faint">
              Of the runs that began in the chosen time.
            </p>
          </>
        )
      }
    </Answered>
  );
}

const GROUPINGS = {
  agent_id: 'agent',
  agent_version: 'version',
  environment: 'environment',
} as const;
/** More groups than these are not drawn; the filters narrow. */
const GROUPS = 200;

function Groups({ search, change }: Searched) {
  const by = STATS_GROUPINGS.find((each) => each === search['by']) ?? 'agent_id';
  const query = useFigures(['groups', by], search, (client, filter, signal) =>
    client.runs.groups({ ...filter, by }, { signal }),
  );
  return (
    <Section
      title={`By ${GROUPINGS[by]}`}
      actions={
        <select
          aria-label="Group by"
          value={by}
          onChange={(event) => change({ by: event.target.value })}
          className="h-8 rounded-lg border border-line bg-raised px-2 text-xs"
        >
          {STATS_GROUPINGS.map((each) => (
            <option key={each} value={each}>
              by {GROUPINGS[each]}
            </option>
          ))}
        </select>
      }
    >
      <Answered query={query} what="The groups">
        {(groups) =>
          groups.length === 0 ? (
            <NoneOf title="No runs ended in this time" />
          ) : (
            <PlainTable
              label={`Figures by ${GROUPINGS[by]}`}
              head={['', 'Runs', 'Failed', 'Success', 'Steps', 'Mean step']}
              rows={groups.slice(0, GROUPS).map((group) => ({
                key: JSON.stringify([group.agent_id, group.agent_version, group.environment]),
                cells: groupCells(group, search),
              }))}
            />
          )
        }
      </Answered>
    </Section>
  );
}

function groupCells(group: StatsGroup, searched: TextSearch) {
  const { since, until } = figuresOf(searched);
  const { agent_id, agent_version, environment } = group;
  const search: TextSearch = {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(agent_id === undefined ? {} : { agent: agent_id }),
    ...(agent_version === undefined ? {} : { version: agent_version }),
    ...(environment === undefined ? {} : { environment }),
  };
  const name = [agent_id, agent_version, environment].filter((each) => each !== undefined);
  return [
    <Link
      key="name"
      to="/runs"
      search={search}
      className="font-medium text-accent underline-offset-4 hover:underline"
    >
      {name.join(' ') || '(none)'}
    </Link>,
    formatCount(group.total_runs),
    formatCount(group.total_failures),
    formatPercent(group.success_rate),
    formatCount(group.total_steps),
    formatSpan(group.avg_latency_ms),
  ];
}
