import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice } from '../../ui/error-notice.tsx';
import { Section } from '../../ui/page.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { AgentField } from '../agent-field.tsx';
import { AgentName } from '../agent-name.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { operationKeys } from '../operation-keys.ts';

/** Which agents may decrypt a secret by a grant, with the ways to give and take one. */
export function SecretGrants({ id }: { id: string }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_granting, setGranting] = useState(false);
  const key = [...operationKeys.secret_grants, id];
  const grants = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => client.secrets.listGrants(id, { signal }),
  });
  const readAgain = () => {
    void cache.invalidateQueries({ queryKey: key });
    void cache.invalidateQueries({ queryKey: operationKeys.secret_audit });
  };
  const revoke = async (agent_id: string) => {
    try {
      await client.secrets.revoke(id, agent_id);
      toaster.done('The grant is taken back');
    } catch (error) {
      toaster.failed('The grant still stands', error);
    }
    readAgain();
  };
  return (
    <Section
      title="Who may decrypt it"
      {...(grants.data ? { count: grants.data.length } : {})}
      actions={
        <Button onClick={() => setGranting(true)}>
          <Plus className="size-4" aria-hidden />
          Grant
        </Button>
      }
    >
      {grants.error !== null && (
        <ErrorNotice title="The grants could not be read" error={grants.error} />
      )}
      <ul className="rounded-xl border border-line bg-raised text-sm">
        {grants.data?.map(({ agent_id, created_at }) => (
          <li
            key={agent_id}
            className="flex items-center gap-3 border-b border-line px-4 py-2 last:border-0"
          >
            <span className="min-w-0 flex-1 truncate">
              <AgentName id={agent_id} />
            </span>
            <TimeAgo at={Date.parse(created_at)} className="text-2xs text-ink-faint" />
            <Button look="danger" className="text-xs" onClick={() => void revoke(agent_id)}>
              Take back
            </Button>
          </li>
        ))}
        <li className="px-4 py-2.5 text-xs text-ink-soft">
          Curators and the agent whose secret it is need no grant.
        </li>
      </ul>
      {is_granting && (
        <GrantDialog id={id} onGranted={readAgain} onClose={() => setGranting(false)} />
      )}
    </Section>
  );
}

function GrantDialog({
  id,
  onGranted,
  onClose,
}: {
  id: string;
  onGranted: () => void;
  onClose: () => void;
}) {
  const { client } = useSession();
  const toaster = useToaster();
  const [agent_id, setAgent] = useState('');
  const grant = async () => {
    await client.secrets.grant(id, agent_id);
    toaster.done('The agent may decrypt it');
    onGranted();
    onClose();
  };
  return (
    <FormDialog
      title="Let an agent decrypt this secret"
      verb="Grant"
      is_ready={agent_id !== ''}
      submit={grant}
      onClose={onClose}
    >
      <AgentField
        label="Agent"
        value={agent_id}
        onChange={(event) => setAgent(event.target.value)}
      />
    </FormDialog>
  );
}
