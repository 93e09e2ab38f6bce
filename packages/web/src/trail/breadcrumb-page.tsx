import type { BreadcrumbFull } from '@cairn/protocol';
import { CairnError } from '@cairn/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { lookAtFull } from '../live/look-at-breadcrumb.ts';
import { queryKeys } from '../live/query-keys.ts';
import { conversationOf } from '../live/record.ts';
import { useSession } from '../session/session.ts';
import { Chip } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Page } from '../ui/page.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { TabView } from '../ui/tabs.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { AccessView } from './access-view.tsx';
import { BreadcrumbForm } from './breadcrumb-form.tsx';
import { draftOf, patchOf } from './edit-breadcrumb.ts';
import { describeLifetime, isUsedUpByReads } from './edit-lifetime.ts';
import { JsonView } from './json-view.tsx';
import { SchemaIcon } from './schema-icon.tsx';
import { VersionsView } from './versions-view.tsx';

/** One breadcrumb: as it is, as a model sees it, its versions, who may see it; edited or deleted. */
export function BreadcrumbPage() {
  const { id } = useParams({ from: '/trail/$id' });
  const { client } = useSession();
  const full = useQuery({
    queryKey: queryKeys.breadcrumb_view(id, 'full'),
    queryFn: ({ signal }) => lookAtFull(client, id, { signal }),
  });
  if (full.data !== undefined) return <Loaded key={id} record={full.data} />;
  if (full.error instanceof CairnError && full.error.status === 404) return <Gone id={id} />;
  return (
    <Page title="Breadcrumb">
      {full.isError ? (
        <ErrorNotice
          title="The breadcrumb could not be read"
          error={full.error}
          onRetry={() => void full.refetch()}
        />
      ) : (
        <Skeleton className="h-64 rounded-xl" />
      )}
    </Page>
  );
}

function Gone({ id }: { id: string }) {
  return (
    <Page title="No such breadcrumb">
      <p className="text-sm text-ink-soft">
        <span className="font-mono text-xs break-all">{id}</span> was deleted, has expired, or is
        not yours to see.
      </p>
      <Link
        to="/trail"
        className="mt-3 inline-block text-sm text-accent underline underline-offset-4"
      >
        To the trail
      </Link>
    </Page>
  );
}

function Loaded({ record }: { record: BreadcrumbFull }) {
  const { client } = useSession();
  const navigate = useNavigate();
  const toaster = useToaster();
  const [search, change] = useTextSearch();
  const [is_deleting, setDeleting] = useState(false);
  const is_editing = search['edit'] === 'yes';
  if (is_editing) return <Editing record={record} onDone={() => change({ edit: '' })} />;
  return (
    <Page
      title={record.title}
      about={<Facts record={record} />}
      actions={
        <>
          <Button onClick={() => change({ edit: 'yes' }, { push: true })}>
            <Pencil className="size-4" aria-hidden />
            Edit
          </Button>
          <Button look="danger" onClick={() => setDeleting(true)}>
            <Trash2 className="size-4" aria-hidden />
            Delete
          </Button>
        </>
      }
    >
      <TabView
        label="Views of the breadcrumb"
        value={search['tab'] ?? ''}
        onChange={(tab) => change({ tab })}
        tabs={[
          { value: 'context', name: 'Context', content: <Json value={record.context} /> },
          { value: 'model', name: 'As a model sees it', content: <ModelView record={record} /> },
          {
            value: 'versions',
            name: 'Versions',
            count: record.version,
            content: <VersionsView record={record} />,
          },
          { value: 'access', name: 'Access', content: <AccessView record={record} /> },
          { value: 'full', name: 'Everything', content: <Everything record={record} /> },
        ]}
      />
      {is_deleting && (
        <ConfirmDialog
          title={`Delete “${record.title}”?`}
          description="Its versions go with it. This cannot be taken back."
          verb="Delete"
          act={async () => {
            await client.deleteBreadcrumb(record.id, { version: record.version });
            toaster.done(`${record.title} was deleted`);
            await navigate({ to: '/trail' });
          }}
          onClose={() => setDeleting(false)}
        />
      )}
    </Page>
  );
}

function Editing({ record, onDone }: { record: BreadcrumbFull; onDone: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  // What was opened: an event that comes meanwhile must not change what is compared with.
  const [opened] = useState(record);
  const before = draftOf(opened);
  const key = queryKeys.breadcrumb(record.id);
  return (
    <Page title={`Edit ${opened.title}`} width="text">
      {record.version !== opened.version && (
        <p role="status" className="mb-4 rounded-lg bg-warn-soft px-3 py-2 text-sm">
          Somebody has made version {record.version} meanwhile. Saving will be refused; cancel to
          see it.
        </p>
      )}
      <BreadcrumbForm
        initial={before}
        verb="Save"
        onCancel={onDone}
        onSave={async (draft, body) => {
          const patch = patchOf(before, draft, body);
          if (Object.keys(patch).length > 0) {
            await client.updateBreadcrumb(opened.id, patch, { version: opened.version });
            await cache.invalidateQueries({ queryKey: key });
            toaster.done('Saved');
          }
          onDone();
        }}
      />
    </Page>
  );
}

function Facts({ record }: { record: BreadcrumbFull }) {
  const conversation_id = conversationOf(record);
  const lifetime = describeLifetime(record);
  return (
    <div className="space-y-2">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
        <span className="inline-flex items-center gap-2">
          <SchemaIcon schema_name={record.schema_name} />
          <Link
            to="/trail"
            search={record.schema_name === null ? {} : { schema: record.schema_name }}
            className="font-mono underline-offset-4 hover:underline"
          >
            {record.schema_name ?? 'no schema'}
          </Link>
        </span>
        <span className="tabular-nums" data-testid="breadcrumb-version">
          version {record.version}
        </span>
        <span>
          updated <TimeAgo at={Date.parse(record.updated_at)} in_words />
        </span>
        {lifetime !== null && <span data-testid="breadcrumb-lifetime">{lifetime}</span>}
        <span className="inline-flex items-center font-mono">
          {record.id}
          <CopyButton text={record.id} label="Copy the id" className="-my-1 size-6" />
        </span>
        {conversation_id !== null && (
          <Link
            to="/chat/{-$conversation_id}"
            params={{ conversation_id }}
            className="underline underline-offset-4"
          >
            its conversation
          </Link>
        )}
      </p>
      {record.tags.length > 0 && (
        <p className="flex flex-wrap gap-1">
          {record.tags.map((tag) => (
            <Link key={tag} to="/trail" search={{ all: tag }} className="max-w-full">
              <Chip>{tag}</Chip>
            </Link>
          ))}
        </p>
      )}
      {record.description !== null && <p>{record.description}</p>}
    </div>
  );
}

function Json({ value }: { value: unknown }) {
  return (
    <div className="relative rounded-xl border border-line bg-raised p-4">
      <CopyButton
        text={JSON.stringify(value, null, 2)}
        label="Copy the JSON"
        className="absolute top-2 right-2"
      />
      <JsonView value={value} />
    </div>
  );
}

/** The view counts as a read, so what reads use up is only shown to those who mean it. */
function ModelView({ record }: { record: BreadcrumbFull }) {
  const [is_meant, setMeant] = useState(!isUsedUpByReads(record));
  if (is_meant) return <ModelJson id={record.id} />;
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-xl border border-line bg-raised p-4 text-sm">
      <p>This view counts as a read: the breadcrumb is {describeLifetime(record)}.</p>
      <Button onClick={() => setMeant(true)}>Read it, and count it</Button>
    </div>
  );
}

function ModelJson({ id }: { id: string }) {
  const { client } = useSession();
  const view = useQuery({
    queryKey: [...queryKeys.breadcrumb(id), 'llm'],
    queryFn: ({ signal }) => client.getBreadcrumb(id, { view: 'llm', signal }),
  });
  if (view.isError && view.data === undefined) {
    return <ErrorNotice title="The view could not be made" error={view.error} />;
  }
  if (view.data === undefined) return <Skeleton className="h-40 rounded-xl" />;
  return <Json value={view.data.context} />;
}

/** All fields but the numbers of the vector, which nobody reads. */
function Everything({ record }: { record: BreadcrumbFull }) {
  const { embedding, ...rest } = record;
  return <Json value={{ ...rest, embedding: embedding && `${embedding.length} numbers` }} />;
}
