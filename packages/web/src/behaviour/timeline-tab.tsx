import type { BehaviorDrift, DriftTimeline } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TextSearch } from '../routes/search.ts';
import { AgentFilters } from '../runs/agent-filters.tsx';
import { formatPart, formatSpan } from '../ui/format-figures.ts';
import { LineChart } from '../runs/line-chart.tsx';
import { NoneOf } from '../runs/none-of.tsx';
import { RangeFilter, MomentFields } from '../runs/range-filter.tsx';
import { Answered } from '../runs/read-section.tsx';
import { readMoment } from '../runs/read-range.ts';
import { useSession } from '../session/session.ts';
import { FilterBar } from '../ui/filters.tsx';
import { formatMoment } from '../ui/format-time.ts';
import { Section } from '../ui/page.tsx';
import { describeDrift } from './describe-drift.ts';
import { ResolvedBadge, SeverityBadge } from './drift-looks.tsx';
import { layOutDrift } from './lay-out-drift.ts';
import { useActiveBaselines, useNewestDrift } from './use-behaviour.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

/** The span of the timeline when the address says none. */
const SINCE = '30d';

/** What was observed of one agent over time, with the drift that was found in it. */
export function TimelineTab({ search, change }: Searched) {
  const baselines = useActiveBaselines();
  const newest = useNewestDrift();
  const agent_id = search['agent'] ?? newest.data?.[0]?.agent_id ?? baselines.data?.[0]?.agent_id;
  return (
    <>
      <FilterBar>
        <AgentFilters
          search={agent_id === undefined ? search : { ...search, agent: agent_id }}
          change={change}
        />
        <RangeFilter search={search} change={change} fallback={SINCE} />
        <MomentFields search={search} change={change} />
      </FilterBar>
      {agent_id === undefined ? (
        <NoneOf title="Choose an agent">Nobody has a baseline or drift yet.</NoneOf>
      ) : (
        <Timeline search={search} agent_id={agent_id} />
      )}
    </>
  );
}

function Timeline({ search, agent_id }: { search: TextSearch; agent_id: string }) {
  const { client } = useSession();
  const { version, environment, since = SINCE, until } = search;
  const query = {
    agent_id,
    ...(version === undefined ? {} : { agent_version: version }),
    ...(environment === undefined ? {} : { environment }),
  };
  const timeline = useQuery({
    queryKey: ['drift', 'timeline', query, since, until],
    queryFn: ({ signal }) => {
      const [start_date, end_date] = [since, until].map((each) => readMoment(each, Date.now()));
      return client.drift.timeline(
        {
          ...query,
          ...(start_date === undefined ? {} : { start_date }),
          ...(end_date === undefined ? {} : { end_date }),
        },
        { signal },
      );
    },
  });
  const drifts = useNewestDrift(agent_id);
  return (
    <Answered query={timeline} what="The timeline">
      {(found) => (
        <Answered query={drifts} what="Drift">
          {(all) => <Charts timeline={found} drifts={namedIn(found, all)} />}
        </Answered>
      )}
    </Answered>
  );
}

/** Those drifts that a timeline names. */
function namedIn({ timeline }: DriftTimeline, drifts: readonly BehaviorDrift[]) {
  const named = new Set(timeline.flatMap(({ drift_id }) => drift_id ?? []));
  return drifts.filter(({ drift_id }) => named.has(drift_id));
}

function Charts({
  timeline,
  drifts,
}: {
  timeline: DriftTimeline;
  drifts: readonly BehaviorDrift[];
}) {
  if (timeline.timeline.length === 0) {
    return (
      <NoneOf title="Nothing was observed in this time">
        Each comparison with a baseline leaves what it observed.
      </NoneOf>
    );
  }
  const charts = layOutDrift(timeline, drifts);
  return (
    <>
      {charts.latency.length > 0 && (
        <Section title="Run durations">
          <LineChart
            label={`Run durations of ${timeline.agent_id}`}
            series={charts.latency}
            marks={charts.latency_marks}
            format={formatSpan}
            formatTime={formatAt}
          />
        </Section>
      )}
      {charts.parts.length > 0 && (
        <Section title="Decisions and signals that drifted">
          <LineChart
            label={`Decisions and signals of ${timeline.agent_id} that drifted`}
            series={charts.parts}
            marks={charts.part_marks}
            format={formatPart}
            formatTime={formatAt}
          />
        </Section>
      )}
      <Section title="Drift" count={drifts.length}>
        <DriftList drifts={drifts} />
      </Section>
    </>
  );
}

const AT = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const formatAt = (at: number) => (Number.isFinite(at) ? AT.format(at) : '');

/** Drifts that the list shows; the tab Drift has all. */
const LISTED = 100;

function DriftList({ drifts }: { drifts: readonly BehaviorDrift[] }) {
  if (drifts.length === 0) return <NoneOf title="No drift in this time" />;
  return (
    <ol className="divide-y divide-line rounded-xl border border-line bg-raised text-sm">
      {drifts.slice(0, LISTED).map((drift) => (
        <li
          key={drift.drift_id}
          className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5"
        >
          <SeverityBadge severity={drift.severity} />
          <Link
            to="/behaviour/$id"
            params={{ id: drift.drift_id }}
            className="min-w-0 flex-1 break-words underline-offset-4 hover:underline"
          >
            {describeDrift(drift)}
          </Link>
          <ResolvedBadge drift={drift} />
          <span className="text-2xs text-ink-faint">
            {formatMoment(Date.parse(drift.detected_at))}
          </span>
        </li>
      ))}
    </ol>
  );
}
