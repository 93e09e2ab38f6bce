import type { Comparison } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Dices, Equal, Minus, type LucideIcon } from 'lucide-react';
import type { TextSearch } from '../routes/search.ts';
import { useSession } from '../session/session.ts';
import { classNames } from '../ui/class-names.ts';
import { SelectFilter } from '../ui/filters.tsx';
import { Section } from '../ui/page.tsx';
import { agentChoices } from './agent-choices.ts';
import {
  formatCost,
  formatCount,
  formatPart,
  formatPercent,
  formatSpan,
} from '../ui/format-figures.ts';
import { judgeDifference, nameOfMetric, type Verdict } from './judge-difference.ts';
import { NoneOf } from './none-of.tsx';
import { PlainTable } from './plain-table.tsx';
import { readRunFilter } from './read-run-query.ts';
import { Answered } from './read-section.tsx';
import { figuresOf } from './use-figures.ts';
import { useAgents } from './use-agents.ts';

interface Searched {
  readonly search: TextSearch;
  readonly change: (changes: TextSearch) => void;
}

/** Two versions of an agent side by side; which, the address says. Without a choice the two newest are compared. */
export function CompareTab({ search, change }: Searched) {
  const agents = useAgents();
  const several = agents.find(({ versions }) => new Set(versions.map(versionOf)).size > 1);
  const agent_id = search['agent'] ?? several?.agent_id;
  const { versions } = agentChoices(agents, agent_id);
  const a = search['a'] ?? versions[1];
  const b = search['b'] ?? versions[0];
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <SelectFilter
          label="Agent"
          value={agent_id ?? ''}
          options={agentChoices(agents, undefined).agents}
          onChange={(agent) => change({ agent, version: '', a: '', b: '' })}
        />
        <SelectFilter
          label="Version a"
          value={a ?? ''}
          options={versions}
          onChange={(next) => change({ a: next })}
        />
        <span className="text-sm text-ink-faint">against</span>
        <SelectFilter
          label="Version b"
          value={b ?? ''}
          options={versions}
          onChange={(next) => change({ b: next })}
        />
      </div>
      {agent_id === undefined || a === undefined || b === undefined ? (
        <NoneOf title="No two versions to compare">
          An agent that reported runs of two versions can be compared with itself.
        </NoneOf>
      ) : (
        <Compared search={search} agent_id={agent_id} a={a} b={b} />
      )}
    </>
  );
}

const versionOf = ({ agent_version }: { agent_version: string }) => agent_version;

function Compared({
  search,
  agent_id,
  a,
  b,
}: {
  search: TextSearch;
  agent_id: string;
  a: string;
  b: string;
}) {
  const { client } = useSession();
  const chosen = figuresOf(search);
  const query = useQuery({
    queryKey: ['statistics', 'compare', agent_id, a, b, chosen],
    queryFn: ({ signal }) => {
      const { agent_version: _, ...filter } = readRunFilter(chosen, Date.now());
      return client.runs.compare({ ...filter, agent_id, a, b }, { signal });
    },
  });
  return (
    <Answered query={query} what="The comparison">
      {(comparison) => <Differences comparison={comparison} />}
    </Answered>
  );
}

function Differences({ comparison }: { comparison: Comparison }) {
  const { a, b, differences } = comparison;
  return (
    <>
      <PlainTable
        label="Differences"
        head={['', a.agent_version, b.agent_version, 'Change', 'Judged']}
        rows={differences.map((each) => ({
          key: each.metric,
          cells: [
            nameOfMetric(each.metric),
            show(each.metric, each.a),
            show(each.metric, each.b),
            changeOf(each.metric, each),
            <VerdictWord key="verdict" verdict={judgeDifference(each, a, b)} />,
          ],
        }))}
      />
      <p className="mt-2 text-2xs text-ink-faint">
        Of {b.agent_version} against {a.agent_version}, in the chosen time. Within chance: runs that
        are alike would differ so much more often than once in 20 times. What is higher or lower is
        not tested but for the rate of success.
      </p>
      <Section title="Failures">
        <Breakdowns a={a.failure_breakdown} b={b.failure_breakdown} comparison={comparison} />
      </Section>
      <Section title="Steps">
        <Breakdowns a={a.step_type_breakdown} b={b.step_type_breakdown} comparison={comparison} />
      </Section>
    </>
  );
}

function show(metric: string, value: number | null): string {
  if (metric.endsWith('_ms')) return formatSpan(value);
  if (metric.startsWith('cost_usd')) return formatCost(value);
  if (metric === 'success_rate') return formatPercent(value);
  const is_round = value === null || Number.isInteger(value) || Math.abs(value) >= 100;
  return is_round ? formatCount(value) : value.toFixed(1);
}

function changeOf(
  metric: string,
  { absolute, relative }: { absolute: number | null; relative: number | null },
): string {
  if (absolute === null) return '–';
  if (metric === 'success_rate') {
    const points = Math.abs(absolute).toFixed(1);
    return `${absolute > 0 ? '+' : absolute < 0 ? '−' : '±'}${points} percentage points`;
  }
  const sign = absolute > 0 ? '+' : absolute < 0 ? '−' : '±';
  const size = show(metric, Math.abs(absolute));
  return relative === null
    ? sign + size
    : `${sign}${size} (${sign}${formatPart(Math.abs(relative))})`;
}

const VERDICTS: Readonly<Record<Verdict, { Icon: LucideIcon; word: string; look: string }>> = {
  higher: { Icon: ArrowUp, word: 'higher', look: 'text-ink' },
  lower: { Icon: ArrowDown, word: 'lower', look: 'text-ink' },
  same: { Icon: Equal, word: 'about the same', look: 'text-ink-faint' },
  within_chance: { Icon: Dices, word: 'within chance', look: 'text-ink-faint' },
  few: { Icon: Minus, word: 'too few runs', look: 'text-ink-faint' },
  unknown: { Icon: Minus, word: 'not known', look: 'text-ink-faint' },
};

function VerdictWord({ verdict }: { verdict: Verdict }) {
  const { Icon, word, look } = VERDICTS[verdict];
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1 align-middle text-xs font-medium',
        look,
      )}
    >
      <Icon className="size-3.5" aria-hidden />
      {word}
    </span>
  );
}

function Breakdowns({
  a,
  b,
  comparison,
}: {
  a: Readonly<Record<string, number>>;
  b: Readonly<Record<string, number>>;
  comparison: Comparison;
}) {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
  if (keys.length === 0) return <NoneOf title="None in either version" />;
  return (
    <PlainTable
      label="Counts of both versions"
      head={['', comparison.a.agent_version, comparison.b.agent_version]}
      rows={keys.map((key) => ({
        key,
        cells: [key, formatCount(a[key] ?? 0), formatCount(b[key] ?? 0)],
      }))}
    />
  );
}
