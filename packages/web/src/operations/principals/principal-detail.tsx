import type { AgentItem, Role } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { queryKeys } from '../../live/query-keys.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/error-notice.tsx';
import { formatMoment } from '../../ui/format-time.ts';
import { Card, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { useTextSearch } from '../../ui/use-text-search.ts';
import { labelOf } from '../agent-names.ts';
import { BackLink } from '../back-link.tsx';
import { FactList } from '../fact-list.tsx';
import { operationKeys } from '../operation-keys.ts';
import { RolesField } from '../roles-field.tsx';
import { useDefinitions } from '../use-agents.ts';
import { useCaller } from '../use-caller.ts';
import { GrantTable } from './grant-table.tsx';

/** One principal: its roles, its keys, what was granted to it, and the way to delete it. */
export function PrincipalDetail({ id }: { id: string }) {
  const { client } = useSession();
  const caller = useCaller();
  const definitions = useDefinitions();
  const [, change] = useTextSearch();
  const agent = useQuery({
    queryKey: [...operationKeys.agents, id],
    queryFn: ({ signal }) => client.agents.get(id, { signal }),
  });
  const back = () => change({ principal: '' }, { push: true });
  const { name, is_defined } = labelOf(id, definitions);
  const may_change = caller?.is_curator === true || caller?.agent_id === id;
  return (
    <>
      <BackLink onBack={back}>All principals</BackLink>
      {agent.isPending && <Skeleton className="mt-2 h-40 rounded-xl" />}
      {agent.error !== null && (
        <div className="mt-2">
          <ErrorNotice
            title="The principal could not be read"
            error={agent.error}
            onRetry={() => void agent.refetch()}
          />
        </div>
      )}
      {agent.data !== undefined && (
        <>
          <Section
            title="Principal"
            className="mt-2"
            actions={caller?.is_curator === true && <Delete id={id} name={name} onDeleted={back} />}
          >
            <FactList
              facts={[
                { name: 'Name', value: name },
                { name: 'Id', value: <code className="text-2xs break-all">{id}</code> },
                { name: 'Roles', value: agent.data.roles.join(', ') || 'none' },
                { name: 'Since', value: formatMoment(Date.parse(agent.data.created_at)) },
                {
                  name: 'See also',
                  value: <Links id={id} is_defined={is_defined} />,
                },
              ]}
            />
          </Section>
          {may_change && <Roles key={agent.data.roles.join()} agent={agent.data} />}
        </>
      )}
      <Section title="Granted to it">
        <GrantTable agent_id={id} />
      </Section>
    </>
  );
}

function Links({ id, is_defined }: { id: string; is_defined: boolean }) {
  const look = 'underline underline-offset-4 hover:text-ink';
  return (
    <span className="flex flex-wrap gap-x-3 text-xs text-ink-soft">
      <Link
        to="/operations/{-$part}"
        params={{ part: 'keys' }}
        search={{ agent: id }}
        className={look}
      >
        Its keys
      </Link>
      <Link
        to="/operations/{-$part}"
        params={{ part: 'webhooks' }}
        search={{ agent: id }}
        className={look}
      >
        Its webhooks
      </Link>
      {is_defined && (
        <Link to="/team/agents/$id" params={{ id }} className={look}>
          Its definition
        </Link>
      )}
    </span>
  );
}

function Roles({ agent }: { agent: AgentItem }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const caller = useCaller();
  const [roles, setRoles] = useState<readonly Role[]>(agent.roles);
  const [is_busy, setBusy] = useState(false);
  const is_same = roles.join() === agent.roles.join();
  const is_own = caller?.agent_id === agent.id;
  const gives_up_curator = is_own && agent.roles.includes('curator') && !roles.includes('curator');
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await client.agents.setRoles(agent.id, roles);
      toaster.done('The roles are set');
      await cache.invalidateQueries({ queryKey: operationKeys.agents });
      // What one may see depends on one's roles.
      if (is_own) await cache.invalidateQueries({ queryKey: queryKeys.system });
    } catch (error) {
      toaster.failed('The roles are as they were', error);
    }
    setBusy(false);
  };
  return (
    <Section title="Roles">
      <Card>
        <form onSubmit={(event) => void save(event)} className="space-y-4">
          <RolesField
            label="What it may do at all"
            value={roles}
            allowed={caller?.is_curator === true ? caller.roles : agent.roles}
            onChange={setRoles}
          />
          {gives_up_curator && (
            <p className="text-sm text-warn">
              This is you. Without the role curator you cannot take it back yourself.
            </p>
          )}
          <Button type="submit" disabled={is_busy || is_same}>
            Set the roles
          </Button>
        </form>
      </Card>
    </Section>
  );
}

function Delete({ id, name, onDeleted }: { id: string; name: string; onDeleted: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_asked, setAsked] = useState(false);
  const remove = async () => {
    await client.agents.delete(id);
    toaster.done(`${name} is deleted`);
    onDeleted();
    await cache.invalidateQueries({ queryKey: operationKeys.agents, exact: true });
  };
  return (
    <>
      <Button look="danger" onClick={() => setAsked(true)}>
        <Trash2 className="size-4" aria-hidden />
        Delete
      </Button>
      {is_asked && (
        <ConfirmDialog
          title={`Delete the principal ${name}?`}
          description="Its keys, webhooks and selectors go with it. What it wrote stays."
          verb="Delete"
          act={remove}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
