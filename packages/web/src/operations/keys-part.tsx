import type { ApiKeyItem } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSession } from '../session/session.ts';
import { Chip, StatusBadge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { useNow } from '../ui/clock.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SelectFilter } from '../ui/filters.tsx';
import { formatMoment } from '../ui/format-time.ts';
import { Section } from '../ui/page.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { AgentName } from './agent-name.tsx';
import { labelOf } from './agent-names.ts';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { keyState } from './key-state.ts';
import { operationKeys } from './operation-keys.ts';
import { useDefinitions } from './use-agents.ts';
import { useSteps } from './use-steps.ts';

const REFRESH_MS = 15_000;

/** The API keys of the tenant. A key itself is shown once, when it is made. */
export function KeysPart() {
  const { client } = useSession();
  const [{ agent = '', state = '' }, change] = useTextSearch();
  const [is_creating, setCreating] = useState(false);
  const definitions = useDefinitions();
  const now = useNow();
  const keys = useQuery({
    queryKey: operationKeys.keys,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => client.listKeys({ signal }),
  });
  const shown = useMemo(
    () =>
      keys.data?.filter(
        (key) =>
          (agent === '' || key.agent_id === agent) &&
          (state === '' || keyState(key, now).is_live === (state === 'live')),
      ),
    [keys.data, agent, state, now],
  );
  return (
    <Section
      title="API keys"
      {...(shown ? { count: shown.length } : {})}
      actions={
        <Button look="primary" onClick={() => setCreating(true)}>
          <Plus className="size-4" aria-hidden />
          New key
        </Button>
      }
    >
      <FilterBar>
        <SelectFilter
          label="State"
          value={state}
          options={[
            { value: 'live', name: 'live' },
            { value: 'over', name: 'revoked or expired' },
          ]}
          onChange={(value) => change({ state: value })}
        />
        {agent !== '' && (
          <Button onClick={() => change({ agent: '' })}>
            Of {labelOf(agent, definitions).name}
            <X className="size-3.5" aria-label="Show those of all" />
          </Button>
        )}
      </FilterBar>
      <DataTable
        label="API keys"
        rows={useSteps({ ...keys, data: shown })}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            Icon={KeyRound}
            title="No keys"
            command='npx cairn key create "build server" --role emitter'
          >
            Programs that work with this server in strict mode show a key.
          </EmptyState>
        }
      />
      {is_creating && <CreateKeyDialog onClose={() => setCreating(false)} />}
    </Section>
  );
}

const COLUMNS: readonly Column<ApiKeyItem>[] = [
  { key: 'name', name: 'Name', cell: ({ name }) => <span title={name}>{name}</span> },
  {
    key: 'agent',
    name: 'Acts as',
    is_minor: true,
    cell: ({ agent_id }) => <AgentName id={agent_id} />,
  },
  {
    key: 'roles',
    name: 'Roles',
    is_minor: true,
    cell: ({ roles }) => (
      <span className="inline-flex gap-1">
        {roles.length === 0 ? 'none' : roles.map((role) => <Chip key={role}>{role}</Chip>)}
      </span>
    ),
  },
  { key: 'state', name: 'State', cell: (key) => <State apiKey={key} /> },
  {
    key: 'expires',
    name: 'Expires',
    is_minor: true,
    cell: ({ expires_at }) =>
      expires_at === null ? 'never' : formatMoment(Date.parse(expires_at)),
  },
  {
    key: 'used',
    name: 'Last used',
    is_minor: true,
    cell: ({ last_used_at }) =>
      last_used_at === null ? 'never' : <TimeAgo at={Date.parse(last_used_at)} />,
  },
  { key: 'revoke', name: 'Action', cell: (key) => <Revoke apiKey={key} /> },
];

function State({ apiKey }: { apiKey: ApiKeyItem }) {
  const { tone, word } = keyState(apiKey, useNow());
  return <StatusBadge tone={tone}>{word}</StatusBadge>;
}

function Revoke({ apiKey }: { apiKey: ApiKeyItem }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_asked, setAsked] = useState(false);
  const is_live = keyState(apiKey, useNow()).is_live;
  const revoke = async () => {
    await client.revokeKey(apiKey.id);
    toaster.done(`The key ${apiKey.name} is revoked`);
    await cache.invalidateQueries({ queryKey: operationKeys.keys });
  };
  if (!is_live) return <>–</>;
  return (
    <>
      <Button
        look="danger"
        className="text-xs"
        aria-label={`Revoke ${apiKey.name}`}
        onClick={() => setAsked(true)}
      >
        Revoke
      </Button>
      {is_asked && (
        <ConfirmDialog
          title={`Revoke the key ${apiKey.name}?`}
          description="Whoever uses it is shut out within seconds, with the tokens that were got with it."
          verb="Revoke"
          act={revoke}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
