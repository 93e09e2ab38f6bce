import { SECRET_BYTES, type SecretItem } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/error-notice.tsx';
import { Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useToaster } from '../../ui/toasts.tsx';
import { useTextSearch } from '../../ui/use-text-search.ts';
import { BackLink } from '../back-link.tsx';
import { FactList } from '../fact-list.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { MaskedField } from '../masked-field.tsx';
import { operationKeys } from '../operation-keys.ts';
import { useCaller } from '../use-caller.ts';
import { Reveal } from './reveal.tsx';
import { ScopeName } from './scope-name.tsx';
import { SecretAuditTable } from './secret-audit-table.tsx';
import { SecretGrants } from './secret-grants.tsx';

/** One secret: what is known of it, its value for who says why, who may decrypt it, and what was done to it. */
export function SecretDetail({ id }: { id: string }) {
  const { client } = useSession();
  const caller = useCaller();
  const [, change] = useTextSearch();
  const secret = useQuery({
    queryKey: [...operationKeys.secrets, id],
    queryFn: ({ signal }) => client.secrets.get(id, { signal }),
  });
  const back = () => change({ secret: '' }, { push: true });
  const may_reveal = caller?.roles.some((role) => role === 'curator' || role === 'emitter');
  return (
    <>
      <BackLink onBack={back}>All secrets</BackLink>
      {secret.isPending && <Skeleton className="mt-2 h-40 rounded-xl" />}
      {secret.error !== null && (
        <div className="mt-2">
          <ErrorNotice
            title="The secret could not be read"
            error={secret.error}
            onRetry={() => void secret.refetch()}
          />
        </div>
      )}
      {secret.data !== undefined && (
        <>
          <Section
            title="Secret"
            className="mt-2"
            actions={
              caller?.is_curator === true && <Actions secret={secret.data} onDeleted={back} />
            }
          >
            <Facts secret={secret.data} />
          </Section>
          {may_reveal === true && <Reveal secret={secret.data} />}
        </>
      )}
      {caller?.is_curator === true && (
        <>
          {secret.data !== undefined && <SecretGrants id={id} />}
          <Section title="What was done to it">
            <SecretAuditTable secret_id={id} />
          </Section>
        </>
      )}
    </>
  );
}

function Facts({ secret }: { secret: SecretItem }) {
  return (
    <FactList
      facts={[
        { name: 'Name', value: <code className="text-xs break-all">{secret.name}</code> },
        { name: 'For', value: <ScopeName scope={secret.scope_type} id={secret.scope_id} /> },
        { name: 'Made', value: <TimeAgo at={Date.parse(secret.created_at)} /> },
        { name: 'Changed', value: <TimeAgo at={Date.parse(secret.updated_at)} /> },
        { name: 'Encrypted under', value: <code className="text-xs">{secret.kek_id}</code> },
        { name: 'Id', value: <code className="text-2xs">{secret.id}</code> },
      ]}
    />
  );
}

function Actions({ secret, onDeleted }: { secret: SecretItem; onDeleted: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [open, setOpen] = useState<'change' | 'delete' | null>(null);
  const [value, setValue] = useState('');
  const close = () => {
    setOpen(null);
    setValue('');
  };
  const readAgain = () => {
    void cache.invalidateQueries({ queryKey: operationKeys.secrets });
    void cache.invalidateQueries({ queryKey: operationKeys.secret_audit });
  };
  const replace = async () => {
    await client.secrets.update(secret.id, value);
    toaster.done(`${secret.name} has another value`);
    close();
    readAgain();
  };
  const remove = async () => {
    await client.secrets.delete(secret.id);
    toaster.done(`The secret ${secret.name} is deleted`);
    onDeleted();
    cache.removeQueries({ queryKey: [...operationKeys.secrets, secret.id] });
    readAgain();
  };
  return (
    <div className="flex shrink-0 gap-2">
      <Button onClick={() => setOpen('change')}>
        <Pencil className="size-4" aria-hidden />
        <span className="max-sm:sr-only">Change the value</span>
      </Button>
      <Button look="danger" onClick={() => setOpen('delete')}>
        <Trash2 className="size-4" aria-hidden />
        <span className="max-sm:sr-only">Delete</span>
      </Button>
      {open === 'change' && (
        <FormDialog
          title={`Another value for ${secret.name}`}
          description="Whoever asks for it from now on gets this one. The one before is gone."
          verb="Change"
          is_ready={value !== ''}
          submit={replace}
          onClose={close}
        >
          <MaskedField
            label="New value"
            value={value}
            chars_max={SECRET_BYTES}
            has_lines
            onChange={setValue}
          />
        </FormDialog>
      )}
      {open === 'delete' && (
        <ConfirmDialog
          title={`Delete ${secret.name}?`}
          description="What needs it fails from then on. The audit of it stays."
          verb="Delete"
          act={remove}
          onClose={close}
        />
      )}
    </div>
  );
}
