import type { SecretAudit } from '@cairn/protocol';
import { Link } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import { useMemo } from 'react';
import { useSession } from '../../session/session.ts';
import { StatusBadge } from '../../ui/badge.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { pageAfter, usePages } from '../../ui/use-pages.ts';
import { AgentName } from '../agent-name.tsx';
import { operationKeys } from '../operation-keys.ts';
import { ACTION_WORDS } from './audit-lines.ts';

const REFRESH_MS = 10_000;

/** What was done to one secret, or to all when none is given; `action` narrows what was read of it. */
export function SecretAuditTable({
  secret_id,
  action = '',
}: {
  secret_id?: string;
  action?: string;
}) {
  const { client } = useSession();
  const which = secret_id === undefined ? {} : { secret_id };
  const rows = usePages({
    key: [...operationKeys.secret_audit, secret_id ?? 'all'],
    refresh_ms: REFRESH_MS,
    read: ({ signal, cursor }) =>
      client.secrets.audit({ ...which, ...pageAfter(cursor) }, { signal }),
  });
  const data = useMemo(
    () => rows.data?.filter((line) => action === '' || line.action === action),
    [rows.data, action],
  );
  const is_narrowed = action !== '' && rows.more !== null && rows.more !== undefined;
  return (
    <>
      <DataTable
        label="Audit of secrets"
        rows={{ ...rows, data }}
        columns={secret_id === undefined ? COLUMNS : COLUMNS.filter(({ key }) => key !== 'secret')}
        rowKey={({ id }) => id}
        empty={
          <EmptyState Icon={ScrollText} title="Nothing of the kind was noted">
            Every making, change, grant, look and refusal of a secret stands here, and stays when
            the secret is deleted.
          </EmptyState>
        }
      />
      {is_narrowed && (
        <p className="mt-2 text-xs text-ink-soft">
          Older lines are narrowed when they are read.{' '}
          <button
            type="button"
            className="underline underline-offset-4 hover:text-ink"
            onClick={() => rows.more?.()}
          >
            Read older lines
          </button>
        </p>
      )}
    </>
  );
}

const COLUMNS: readonly Column<SecretAudit>[] = [
  {
    key: 'action',
    name: 'What',
    cell: ({ action }) => {
      const { word, tone } = ACTION_WORDS[action] ?? { word: action, tone: 'calm' };
      return <StatusBadge tone={tone}>{word}</StatusBadge>;
    },
  },
  {
    key: 'secret',
    name: 'Secret',
    cell: ({ secret_id, secret_name }) => (
      <Link
        to="/operations/{-$part}"
        params={{ part: 'secrets' }}
        search={{ secret: secret_id }}
        className="font-mono text-xs underline-offset-4 hover:underline"
      >
        {secret_name}
      </Link>
    ),
  },
  {
    key: 'agent',
    name: 'Who',
    cell: ({ agent_id }) => (agent_id === null ? 'The server' : <AgentName id={agent_id} />),
  },
  {
    key: 'reason',
    name: 'Reason',
    cell: ({ reason }) => <span title={reason ?? undefined}>{reason ?? '–'}</span>,
  },
  { key: 'at', name: 'When', cell: ({ created_at }) => <TimeAgo at={Date.parse(created_at)} /> },
];
