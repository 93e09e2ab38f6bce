import { GRANT_ACTIONS, type BreadcrumbFull, type GrantAction } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { useToaster } from '../ui/toasts.tsx';

const GRANTS = ['grants'] as const;

/** Who may see and change a breadcrumb: its visibility and sensitivity, and what single agents were granted. */
export function AccessView({ record }: { record: BreadcrumbFull }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const grants = useQuery({
    queryKey: GRANTS,
    queryFn: ({ signal }) => client.grants.list({ signal }),
  });
  const of_record = grants.data?.filter(({ breadcrumb_id }) => breadcrumb_id === record.id);
  const change = async (verb: 'grant' | 'revoke', agent_id: string, action: GrantAction) => {
    const body = { breadcrumb_id: record.id, grantee_agent_id: agent_id, action };
    try {
      await client.grants[verb](body);
      toaster.done(verb === 'grant' ? `${action} was granted` : `${action} was taken back`);
    } catch (error) {
      toaster.failed(verb === 'grant' ? 'It was not granted' : 'It was not taken back', error);
    }
    void cache.invalidateQueries({ queryKey: GRANTS });
  };
  return (
    <>
      <dl className="mb-8 grid max-w-xl grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
        <dt className="text-ink-faint">Visibility</dt>
        <dd>{record.visibility}</dd>
        <dt className="text-ink-faint">Sensitivity</dt>
        <dd>
          {record.sensitivity}
          {record.sensitivity !== 'low' && ': its context never leaves in an event'}
        </dd>
      </dl>
      <Section title="Granted to single agents" {...(of_record ? { count: of_record.length } : {})}>
        {grants.isError && (
          <ErrorNotice title="The grants could not be read" error={grants.error} />
        )}
        {grants.isPending && <Skeleton className="h-16 rounded-xl" />}
        {of_record?.length === 0 && (
          <p className="text-sm text-ink-soft">Nobody was granted more than their roles allow.</p>
        )}
        <ul className="space-y-1.5">
          {of_record?.map(({ id, grantee_agent_id, actions }) => (
            <li
              key={id}
              className="flex flex-wrap items-center gap-2 rounded-lg border border-line bg-raised px-3 py-2"
            >
              <span className="font-mono text-xs">{grantee_agent_id}</span>
              {actions.map((action) => (
                <span
                  key={action}
                  className="inline-flex items-center rounded-full border border-line bg-sunken pl-2.5 text-xs"
                >
                  {action}
                  <IconButton
                    label={`Take ${action} back`}
                    className="size-6"
                    onClick={() => void change('revoke', grantee_agent_id, action)}
                  >
                    <X className="size-3" aria-hidden />
                  </IconButton>
                </span>
              ))}
            </li>
          ))}
        </ul>
        <GrantForm onGrant={(agent_id, action) => change('grant', agent_id, action)} />
      </Section>
    </>
  );
}

function GrantForm({
  onGrant,
}: {
  onGrant: (agent_id: string, action: GrantAction) => Promise<void>;
}) {
  const { client } = useSession();
  const [agent_id, setAgent] = useState('');
  const [action, setAction] = useState<GrantAction>('read_context');
  const agents = useQuery({
    queryKey: ['registry', 'agents', 'names'],
    queryFn: async ({ signal }) => (await client.registry.agents({}, { signal })).items,
  });
  return (
    <form
      className="mt-4 grid items-end gap-2 sm:grid-cols-[1fr_12rem_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        void onGrant(agent_id.trim(), action);
      }}
    >
      <TextField
        label="Agent"
        placeholder="Its id"
        list="grantees"
        required
        value={agent_id}
        onChange={(event) => setAgent(event.target.value)}
      />
      <datalist id="grantees">
        {agents.data?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
      <SelectField
        label="May"
        value={action}
        onChange={(event) =>
          setAction(GRANT_ACTIONS.find((each) => each === event.target.value) ?? 'read_context')
        }
      >
        {GRANT_ACTIONS.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </SelectField>
      <Button type="submit">Grant</Button>
    </form>
  );
}
