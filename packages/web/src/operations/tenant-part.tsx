import type { TenantItem } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { TextField } from '../ui/field.tsx';
import { formatMoment } from '../ui/format-time.ts';
import { Card, Section } from '../ui/page.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { FactList } from './fact-list.tsx';
import { FormDialog } from './form-dialog.tsx';
import { operationKeys } from './operation-keys.ts';
import { useCaller } from './use-caller.ts';

/** The caller's own tenant: what it is called, and for curators the ways to rename and to delete it. */
export function TenantPart() {
  const { client } = useSession();
  const caller = useCaller();
  const owner_id = caller?.owner_id ?? '';
  const tenant = useQuery({
    queryKey: operationKeys.tenant,
    enabled: owner_id !== '',
    queryFn: ({ signal }) => client.tenants.get(owner_id, { signal }),
  });
  const { data, error } = tenant;
  if (error !== null)
    return (
      <ErrorNotice
        title="The tenant could not be read"
        error={error}
        onRetry={() => void tenant.refetch()}
      />
    );
  if (data === undefined) return <Skeleton className="h-32 rounded-xl" />;
  return (
    <>
      <Section title="Your tenant">
        <FactList
          facts={[
            { name: 'Name', value: data.name },
            {
              name: 'Id',
              value: (
                <span className="inline-flex items-center gap-1">
                  <code className="text-2xs">{data.id}</code>
                  <CopyButton text={data.id} label="Copy the id" />
                </span>
              ),
            },
            { name: 'Made', value: formatMoment(Date.parse(data.created_at)) },
          ]}
        />
      </Section>
      {caller?.is_curator === true ? (
        <>
          <Rename key={data.name} tenant={data} />
          <Danger tenant={data} />
        </>
      ) : (
        <p className="mt-4 text-sm text-ink-soft">Curators can rename and delete it.</p>
      )}
    </>
  );
}

const NAME_CHARS = 255;

function Rename({ tenant }: { tenant: TenantItem }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [name, setName] = useState(tenant.name);
  const rename = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await client.tenants.setName(tenant.id, name.trim());
      toaster.done(`The tenant is called ${name.trim()}`);
      await cache.invalidateQueries({ queryKey: operationKeys.tenant });
    } catch (error) {
      toaster.failed('The tenant keeps its name', error);
    }
  };
  const is_same = name.trim() === tenant.name || name.trim() === '';
  return (
    <Section title="Rename">
      <Card>
        <form
          onSubmit={(event) => void rename(event)}
          className="grid items-end gap-3 sm:grid-cols-[minmax(0,1fr)_auto]"
        >
          <TextField
            label="Name of the tenant"
            required
            maxLength={NAME_CHARS}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button type="submit" disabled={is_same}>
            Rename
          </Button>
        </form>
      </Card>
    </Section>
  );
}

function Danger({ tenant }: { tenant: TenantItem }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const [is_open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const close = () => {
    setOpen(false);
    setTyped('');
  };
  const remove = async () => {
    await client.tenants.delete(tenant.id);
    // Nothing that was read of it is true any more, and a key that opened it opens nothing.
    cache.clear();
    globalThis.location.assign('/');
  };
  return (
    <Section title="Delete the tenant">
      <Card className="flex flex-wrap items-center justify-between gap-3 border-bad">
        <p className="min-w-0 flex-1 basis-64 text-sm text-ink-soft">
          Everything in it goes: breadcrumbs with their history, agents, keys, webhooks, secrets and
          runs. It cannot be taken back.
        </p>
        <Button look="danger" onClick={() => setOpen(true)}>
          Delete the tenant
        </Button>
      </Card>
      {is_open && (
        <FormDialog
          title={`Delete the tenant ${tenant.name}?`}
          description="Everything in it is deleted at once. There is no way back."
          verb="Delete everything"
          is_danger
          is_ready={typed === tenant.name}
          submit={remove}
          onClose={close}
        >
          <TextField
            autoFocus
            label="Type the name of the tenant"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </FormDialog>
      )}
    </Section>
  );
}
