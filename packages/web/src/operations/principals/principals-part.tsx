import type { AgentItem } from '@cairn/protocol';
import { UsersRound } from 'lucide-react';
import { useMemo } from 'react';
import { Chip } from '../../ui/badge.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterBar, SearchFilter } from '../../ui/filters.tsx';
import { Section } from '../../ui/page.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useTextSearch } from '../../ui/use-text-search.ts';
import { labelOf } from '../agent-names.ts';
import { useAgents, useDefinitions } from '../use-agents.ts';
import { useSteps } from '../use-steps.ts';
import { GrantTable } from './grant-table.tsx';
import { PrincipalDetail } from './principal-detail.tsx';

/** The agents as principals; one of them where the address names it. */
export function PrincipalsPart() {
  const [{ principal = '' }] = useTextSearch();
  if (principal !== '') return <PrincipalDetail id={principal} />;
  return (
    <>
      <PrincipalList />
      <Section title="Grants on breadcrumbs">
        <GrantTable />
      </Section>
    </>
  );
}

function PrincipalList() {
  const [{ q = '' }, change] = useTextSearch();
  const { agents, error, refetch } = useAgents();
  const definitions = useDefinitions();
  const shown = useMemo(() => {
    const words = q.trim().toLowerCase();
    return agents?.filter(({ id, roles }) =>
      [id, labelOf(id, definitions).name, ...roles].some((text) =>
        text.toLowerCase().includes(words),
      ),
    );
  }, [agents, definitions, q]);
  const columns = useMemo(
    (): readonly Column<AgentItem>[] => [
      { key: 'name', name: 'Principal', cell: ({ id }) => labelOf(id, definitions).name },
      {
        key: 'id',
        name: 'Id',
        is_minor: true,
        cell: ({ id }) => <code className="text-2xs">{id}</code>,
      },
      { key: 'roles', name: 'Roles', cell: ({ roles }) => <RoleChips roles={roles} /> },
      {
        key: 'made',
        name: 'Since',
        cell: ({ created_at }) => <TimeAgo at={Date.parse(created_at)} />,
      },
    ],
    [definitions],
  );
  return (
    <Section title="Principals" {...(shown ? { count: shown.length } : {})}>
      <FilterBar>
        <SearchFilter
          label="Name, id or role"
          value={q}
          onChange={(value) => change({ q: value })}
        />
      </FilterBar>
      <DataTable
        label="Principals"
        rows={useSteps({ data: shown, error, refetch })}
        columns={columns}
        rowKey={({ id }) => id}
        linkTo={({ id }) => `/operations/principals?principal=${id}`}
        empty={
          <EmptyState Icon={UsersRound} title="No principal is like that">
            A principal comes with its first token, its first key, or the definition of an agent.
          </EmptyState>
        }
      />
    </Section>
  );
}

function RoleChips({ roles }: { roles: AgentItem['roles'] }) {
  if (roles.length === 0) return <>none</>;
  return (
    <span className="inline-flex gap-1">
      {roles.map((role) => (
        <Chip key={role}>{role}</Chip>
      ))}
    </span>
  );
}
