import { SECRET_SCOPES, type SecretAudit, type SecretItem } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { LockKeyhole, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterBar, SearchFilter, SelectFilter } from '../../ui/filters.tsx';
import { Section } from '../../ui/page.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { usePages } from '../../ui/use-pages.ts';
import { useTextSearch } from '../../ui/use-text-search.ts';
import { operationKeys } from '../operation-keys.ts';
import { useCaller } from '../use-caller.ts';
import { lastAccesses } from './audit-lines.ts';
import { CreateSecretDialog } from './create-secret-dialog.tsx';
import { ScopeName } from './scope-name.tsx';
import { SecretDetail } from './secret-detail.tsx';

const REFRESH_MS = 15_000;
const AUDIT_LINES = 500;

/** The secrets of the tenant, without their values; one of them where the address names it. */
export function SecretsPart() {
  const [{ secret = '' }] = useTextSearch();
  // Another secret begins anew: what was revealed of one must not stand beside the other.
  return secret === '' ? <SecretList /> : <SecretDetail key={secret} id={secret} />;
}

function SecretList() {
  const { client } = useSession();
  const caller = useCaller();
  const [search, change] = useTextSearch();
  const { name = '', scope = '' } = search;
  const [is_creating, setCreating] = useState(false);
  const scope_type = SECRET_SCOPES.find((each) => each === scope);
  const filter = { ...(name === '' ? {} : { name }), ...(scope_type ? { scope_type } : {}) };
  const rows = usePages({
    key: [...operationKeys.secrets, filter],
    refresh_ms: REFRESH_MS,
    read: ({ signal, cursor }) =>
      client.secrets.list({ ...filter, ...(cursor === undefined ? {} : { cursor }) }, { signal }),
  });
  const accesses = useLastAccesses(caller?.is_curator === true);
  const columns = useMemo(() => columnsOf(accesses), [accesses]);
  return (
    <Section
      title="Secrets"
      actions={
        caller?.is_curator === true && (
          <Button look="primary" onClick={() => setCreating(true)}>
            <Plus className="size-4" aria-hidden />
            New secret
          </Button>
        )
      }
    >
      <FilterBar>
        <SearchFilter
          label="Exact name"
          value={name}
          onChange={(value) => change({ name: value })}
        />
        <SelectFilter
          label="Scope"
          value={scope}
          options={SECRET_SCOPES}
          onChange={(value) => change({ scope: value })}
        />
      </FilterBar>
      <DataTable
        label="Secrets"
        rows={rows}
        columns={columns}
        rowKey={({ id }) => id}
        linkTo={({ id }) => `/operations/secrets?secret=${id}`}
        empty={
          <EmptyState
            Icon={LockKeyhole}
            title="No secrets that you may see"
            command={`curl -X POST ${globalThis.location.origin}/v1/secrets -H 'Authorization: Bearer KEY' -H 'content-type: application/json' -d '{"name":"MAIL_KEY","scope_type":"global","value":"…"}'`}
          >
            Keys and passwords that tools and agents need are kept here, encrypted.
          </EmptyState>
        }
      />
      {is_creating && <CreateSecretDialog onClose={() => setCreating(false)} />}
    </Section>
  );
}

/** When each secret was read last, as the newest lines of the audit tell; null for who may not read them. */
function useLastAccesses(is_enabled: boolean): ReadonlyMap<string, SecretAudit> | null {
  const { client } = useSession();
  const { data } = useQuery({
    queryKey: [...operationKeys.secret_audit, 'last'],
    refetchInterval: REFRESH_MS,
    enabled: is_enabled,
    queryFn: async ({ signal }) =>
      (await client.secrets.audit({ limit: AUDIT_LINES }, { signal })).items,
  });
  return useMemo(() => (data === undefined ? null : lastAccesses(data)), [data]);
}

function columnsOf(
  accesses: ReadonlyMap<string, SecretAudit> | null,
): readonly Column<SecretItem>[] {
  const columns: readonly Column<SecretItem>[] = [
    {
      key: 'name',
      name: 'Name',
      cell: ({ name }) => <span className="font-mono text-xs">{name}</span>,
    },
    {
      key: 'scope',
      name: 'For',
      cell: ({ scope_type, scope_id }) => <ScopeName scope={scope_type} id={scope_id} />,
    },
    {
      key: 'updated',
      name: 'Changed',
      cell: ({ updated_at }) => <TimeAgo at={Date.parse(updated_at)} />,
    },
  ];
  if (accesses === null) return columns;
  const lastRead = ({ id }: SecretItem) => {
    const line = accesses.get(id);
    return line === undefined ? 'not of late' : <TimeAgo at={Date.parse(line.created_at)} />;
  };
  return [...columns, { key: 'read', name: 'Last read', is_minor: true, cell: lastRead }];
}
