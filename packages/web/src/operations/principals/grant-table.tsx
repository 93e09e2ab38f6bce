import type { GrantItem } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { KeySquare } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSession } from '../../session/session.ts';
import { Chip } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { AgentName } from '../agent-name.tsx';
import { operationKeys } from '../operation-keys.ts';
import { useCaller } from '../use-caller.ts';
import { useSteps } from '../use-steps.ts';

const REFRESH_MS = 15_000;

/** What single agents may do with single breadcrumbs, beyond their roles; of one agent where one is given. */
export function GrantTable({ agent_id }: { agent_id?: string }) {
  const { client } = useSession();
  const caller = useCaller();
  const grants = useQuery({
    queryKey: operationKeys.grants,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => client.grants.list({ signal }),
  });
  const shown = useMemo(
    () =>
      grants.data?.filter((each) => agent_id === undefined || each.grantee_agent_id === agent_id),
    [grants.data, agent_id],
  );
  const columns = caller?.is_curator === true ? COLUMNS : COLUMNS.slice(0, -1);
  return (
    <DataTable
      label="Grants on breadcrumbs"
      rows={useSteps({ ...grants, data: shown })}
      columns={columns}
      rowKey={({ id }) => id}
      empty={
        <EmptyState Icon={KeySquare} title="No grants">
          A grant lets an agent read, change or hear of a breadcrumb that is private or secret. It
          is given on the page of the breadcrumb.
        </EmptyState>
      }
    />
  );
}

const COLUMNS: readonly Column<GrantItem>[] = [
  {
    key: 'agent',
    name: 'Agent',
    cell: ({ grantee_agent_id }) => <AgentName id={grantee_agent_id} />,
  },
  {
    key: 'breadcrumb',
    name: 'Breadcrumb',
    cell: ({ breadcrumb_id }) => (
      <Link
        to="/trail/$id"
        params={{ id: breadcrumb_id }}
        title={breadcrumb_id}
        className="underline-offset-4 hover:underline"
      >
        …{breadcrumb_id.slice(-8)}
      </Link>
    ),
  },
  {
    key: 'actions',
    name: 'May',
    cell: ({ actions }) => (
      <span className="inline-flex gap-1">
        {actions.map((action) => (
          <Chip key={action}>{action}</Chip>
        ))}
      </span>
    ),
  },
  {
    key: 'at',
    name: 'Since',
    is_minor: true,
    cell: ({ created_at }) => <TimeAgo at={Date.parse(created_at)} />,
  },
  { key: 'revoke', name: 'Action', cell: (grant) => <TakeBack grant={grant} /> },
];

function TakeBack({ grant }: { grant: GrantItem }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_asked, setAsked] = useState(false);
  const { breadcrumb_id, grantee_agent_id, actions } = grant;
  const revoke = async () => {
    for (const action of actions)
      await client.grants.revoke({ breadcrumb_id, grantee_agent_id, action });
    toaster.done('The grant is taken back');
    await cache.invalidateQueries({ queryKey: operationKeys.grants });
  };
  return (
    <>
      <Button look="danger" className="text-xs" onClick={() => setAsked(true)}>
        Take back
      </Button>
      {is_asked && (
        <ConfirmDialog
          title="Take the grant back?"
          description={`The agent may then no longer ${actions.join(', ')} this breadcrumb, unless its roles let it.`}
          verb="Take back"
          act={revoke}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
