import type { QueueItem } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { useNow } from '../ui/clock.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { formatDuration } from '../ui/format-time.ts';
import { Section } from '../ui/page.tsx';
import { operationKeys } from './operation-keys.ts';

const REFRESH_MS = 10_000;

/** What each queue does, and where that can be seen, by name: people do not know them. */
const MEANINGS: Readonly<Record<string, { readonly about: string; readonly to: string }>> = {
  agents: { about: 'Agents that answer', to: '/team/agents' },
  'agent-chores': { about: 'What answers leave to be done', to: '/team/agents' },
  'agent-contexts': { about: 'Contexts for agents', to: '/team/agents' },
  tools: { about: 'Tools that run', to: '/team/tools' },
  webhooks: { about: 'Events on their way', to: '/operations/webhooks' },
};
const UNKNOWN = { about: 'Of another release', to: '/operations/status' };

/** What waits, runs, is tried again and was given up, by queue. */
export function QueuesPart() {
  const { client } = useSession();
  const queues = useQuery({
    queryKey: operationKeys.queues,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => client.queues.list({ signal }),
  });
  return (
    <Section title="Queues">
      <DataTable
        label="Queues"
        rows={queues}
        columns={COLUMNS}
        rowKey={({ queue }) => queue}
        linkTo={({ queue }) => (MEANINGS[queue] ?? UNKNOWN).to}
        empty={null}
      />
      <ul className="mt-3 max-w-3xl list-disc space-y-1 pl-4 text-xs text-ink-soft">
        <li>Delayed: not due yet, such as an agent that rests until its tools have answered.</li>
        <li>
          Given up webhooks are{' '}
          <PartLink part="dead-letters">dead letters, which can be sent again</PartLink>; the count
          here also has those that were.
        </li>
        <li>
          Work of agents and tools that was given up has been answered with a failure, so it is not
          done again by itself: see the{' '}
          <Link
            to="/runs"
            search={{ status: 'failure' }}
            className="underline underline-offset-4 hover:text-ink"
          >
            failed runs
          </Link>
          .
        </li>
      </ul>
    </Section>
  );
}

function PartLink({ part, children }: { part: string; children: ReactNode }) {
  return (
    <Link
      to="/operations/{-$part}"
      params={{ part }}
      className="underline underline-offset-4 hover:text-ink"
    >
      {children}
    </Link>
  );
}

const COLUMNS: readonly Column<QueueItem>[] = [
  {
    key: 'queue',
    name: 'Queue',
    cell: ({ queue }) => (
      <>
        <span className="block font-mono text-xs">{queue}</span>
        <span className="block truncate text-2xs font-normal text-ink-faint">
          {(MEANINGS[queue] ?? UNKNOWN).about}
        </span>
      </>
    ),
  },
  { key: 'waiting', name: 'Waiting', is_number: true, cell: ({ waiting }) => count(waiting) },
  { key: 'running', name: 'Running', is_number: true, cell: ({ running }) => count(running) },
  { key: 'delayed', name: 'Delayed', is_number: true, cell: ({ delayed }) => count(delayed) },
  { key: 'retrying', name: 'Retried', is_number: true, cell: ({ retrying }) => count(retrying) },
  { key: 'dead', name: 'Given up', is_number: true, cell: ({ dead }) => count(dead) },
  {
    key: 'age',
    name: 'Longest wait',
    is_number: true,
    cell: ({ oldest_due_at }) => <Age since={oldest_due_at} />,
  },
];

function count(figure: number): string {
  return figure.toLocaleString();
}

function Age({ since }: { since: string | null }) {
  const now = useNow();
  return <>{since === null ? '–' : formatDuration(Math.max(0, now - Date.parse(since)))}</>;
}
