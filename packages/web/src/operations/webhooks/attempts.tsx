import type { Webhook, WebhookAttempt } from '@cairn/protocol';
import { Link } from '@tanstack/react-router';
import { Send } from 'lucide-react';
import { useSession } from '../../session/session.ts';
import { StatusBadge } from '../../ui/badge.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { formatDuration } from '../../ui/format-time.ts';
import { Section } from '../../ui/page.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { usePages } from '../../ui/use-pages.ts';
import { operationKeys } from '../operation-keys.ts';

const REFRESH_MS = 5_000;

/** The delivery log of a webhook: the last 200 attempts, newest first. */
export function Attempts({ webhook: { id, agent_id } }: { webhook: Webhook }) {
  const { client } = useSession();
  const rows = usePages({
    key: [...operationKeys.attempts, id],
    refresh_ms: REFRESH_MS,
    read: ({ signal, cursor }) =>
      client.webhooks.listAttempts(agent_id, id, cursor === undefined ? {} : { cursor }, {
        signal,
      }),
  });
  return (
    <Section title="Last attempts">
      <DataTable
        label="Last attempts"
        rows={rows}
        columns={COLUMNS}
        rowKey={(attempt) => attempt.id}
        empty={
          <EmptyState Icon={Send} title="Nothing was sent yet">
            An attempt stands here for every time that an event was sent, or should have been.
          </EmptyState>
        }
      />
    </Section>
  );
}

const COLUMNS: readonly Column<WebhookAttempt>[] = [
  {
    key: 'outcome',
    name: 'Outcome',
    cell: ({ outcome }) =>
      outcome === 'delivered' ? (
        <StatusBadge tone="good">Delivered</StatusBadge>
      ) : (
        <StatusBadge tone="bad">Failed</StatusBadge>
      ),
  },
  { key: 'status', name: 'Status', is_number: true, cell: ({ status }) => status ?? '–' },
  {
    key: 'took',
    name: 'Took',
    is_number: true,
    cell: ({ duration_ms }) => formatDuration(duration_ms),
  },
  {
    key: 'error',
    name: 'Error',
    cell: ({ error }) => <span title={error ?? undefined}>{error ?? '–'}</span>,
  },
  {
    key: 'attempt',
    name: 'Attempt',
    is_number: true,
    is_minor: true,
    cell: ({ attempt }) => attempt,
  },
  {
    key: 'breadcrumb',
    name: 'Event',
    cell: ({ breadcrumb_id, seq }) => (
      <Link
        to="/trail/$id"
        params={{ id: breadcrumb_id }}
        className="text-accent underline underline-offset-4"
      >
        {seq}
      </Link>
    ),
  },
  { key: 'at', name: 'When', cell: ({ created_at }) => <TimeAgo at={Date.parse(created_at)} /> },
];
