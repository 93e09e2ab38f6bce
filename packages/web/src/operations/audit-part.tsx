import { APPROVAL_STATES, SECRET_ACTIONS, type ApprovalItem } from '@cairn/protocol';
import { Link } from '@tanstack/react-router';
import { Hand } from 'lucide-react';
import { useSession } from '../session/session.ts';
import { StatusBadge, type Tone } from '../ui/badge.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SelectFilter } from '../ui/filters.tsx';
import { TabView } from '../ui/tabs.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { pageAfter, usePages } from '../ui/use-pages.ts';
import { useTextSearch } from '../ui/use-text-search.ts';
import { AgentName } from './agent-name.tsx';
import { operationKeys } from './operation-keys.ts';
import { GrantTable } from './principals/grant-table.tsx';
import { ACTION_WORDS } from './secrets/audit-lines.ts';
import { SecretAuditTable } from './secrets/secret-audit-table.tsx';

/** What is noted for good: what was done to secrets, what people decided, and what was granted. */
export function AuditPart() {
  const [{ tab = '' }, change] = useTextSearch();
  return (
    <TabView
      label="Kinds of audit"
      value={tab}
      onChange={(value) => change({ tab: value, action: '', state: '' })}
      tabs={[
        { value: 'secrets', name: 'Secrets', content: <Secrets /> },
        { value: 'consents', name: 'Consents', content: <Consents /> },
        { value: 'grants', name: 'Grants', content: <GrantTable /> },
      ]}
    />
  );
}

function Secrets() {
  const [{ action = '' }, change] = useTextSearch();
  return (
    <>
      <FilterBar>
        <SelectFilter
          label="Action"
          value={action}
          options={SECRET_ACTIONS.map((each) => ({ value: each, name: ACTION_WORDS[each].word }))}
          onChange={(value) => change({ action: value })}
        />
      </FilterBar>
      <SecretAuditTable action={action} />
    </>
  );
}

const REFRESH_MS = 15_000;

function Consents() {
  const { client } = useSession();
  const [{ state = '' }, change] = useTextSearch();
  const chosen = APPROVAL_STATES.find((each) => each === state);
  const rows = usePages({
    key: [...operationKeys.consents, state],
    refresh_ms: REFRESH_MS,
    read: ({ signal, cursor }) =>
      client.approvals.list(
        { ...(chosen ? { state: chosen } : {}), ...pageAfter(cursor) },
        { signal },
      ),
  });
  return (
    <>
      <FilterBar>
        <SelectFilter
          label="State"
          value={state}
          options={APPROVAL_STATES}
          onChange={(value) => change({ state: value })}
        />
      </FilterBar>
      <DataTable
        label="Consents"
        rows={rows}
        columns={CONSENT_COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <EmptyState Icon={Hand} title="Nobody was asked for consent">
            Calls of tools that need the consent of a person stand here, with who decided.
          </EmptyState>
        }
      />
    </>
  );
}

const STATE_TONES: Readonly<Record<ApprovalItem['state'], Tone>> = {
  pending: 'warn',
  approved: 'good',
  denied: 'bad',
  expired: 'calm',
};

const CONSENT_COLUMNS: readonly Column<ApprovalItem>[] = [
  {
    key: 'state',
    name: 'Decision',
    cell: ({ state }) => <StatusBadge tone={STATE_TONES[state]}>{state}</StatusBadge>,
  },
  {
    key: 'tool',
    name: 'Tool',
    cell: ({ tool, conversation_id }) => (
      <Link
        to="/chat/{-$conversation_id}"
        params={{ conversation_id }}
        className="font-mono text-xs underline-offset-4 hover:underline"
      >
        {tool}
      </Link>
    ),
  },
  { key: 'agent', name: 'Asked by', cell: ({ agent_id }) => <AgentName id={agent_id} /> },
  {
    key: 'by',
    name: 'Decided by',
    cell: ({ decided_by, state }) =>
      decided_by === null ? state === 'pending' ? '–' : 'The time' : <AgentName id={decided_by} />,
  },
  {
    key: 'comment',
    name: 'Comment',
    is_minor: true,
    cell: ({ comment }) => <span title={comment ?? undefined}>{comment ?? '–'}</span>,
  },
  {
    key: 'at',
    name: 'When',
    cell: ({ decided_at, requested_at }) => <TimeAgo at={Date.parse(decided_at ?? requested_at)} />,
  },
];
