import type { BreadcrumbContext, BreadcrumbFull, BreadcrumbVersion } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { useState } from 'react';
import { lookAt, lookAtFull } from '../live/look-at-breadcrumb.ts';
import { queryKeys } from '../live/query-keys.ts';
import { useSession } from '../session/session.ts';
import { IconButton } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { JsonView } from './json-view.tsx';
import { SchemaIcon } from './schema-icon.tsx';

const TABS = [
  { value: 'json', name: 'JSON' },
  { value: 'full', name: 'Full' },
  { value: 'history', name: 'History' },
] as const;

/** Everything about one breadcrumb: its context, all its fields, and its versions. Escape closes it. */
export function BreadcrumbPanel({ id }: { id: string }) {
  const { client } = useSession();
  const navigate = useNavigate({ from: '/chat/{-$conversation_id}' });
  const [tab, setTab] = useState<string>('json');
  const context = useQuery({
    queryKey: queryKeys.breadcrumb_view(id, 'context'),
    queryFn: ({ signal }) => lookAt(client, id, { signal }),
  });
  const full = useQuery({
    queryKey: queryKeys.breadcrumb_view(id, 'full'),
    queryFn: ({ signal }) => lookAtFull(client, id, { signal }),
  });
  const history = useQuery({
    queryKey: queryKeys.breadcrumb_view(id, 'history'),
    queryFn: ({ signal }) => client.getBreadcrumbHistory(id, { signal }),
    enabled: tab === 'history',
  });
  const close = () => {
    void navigate({ search: ({ breadcrumb: _breadcrumb, ...rest }) => rest });
    document.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"] a`)?.focus();
  };
  const shown = tab === 'json' ? context.data?.context : tab === 'full' ? full.data : history.data;
  return (
    <section
      aria-label="Breadcrumb"
      data-testid="breadcrumb-panel"
      onKeyDown={(event) => event.key === 'Escape' && close()}
      className="flex flex-col border-line bg-surface max-lg:fixed max-lg:inset-0 max-lg:z-20 lg:h-[58%] lg:border-t"
    >
      <div className="flex items-start gap-3 px-3 pt-3 pb-2">
        <SchemaIcon schema_name={context.data?.schema_name ?? null} />
        <div className="min-w-0 flex-1">
          <h3 className="line-clamp-2 text-sm font-semibold break-words">
            {context.data?.title ?? (context.isPending ? 'Loading…' : 'Breadcrumb')}
          </h3>
          <p className="truncate font-mono text-2xs text-ink-faint">
            {context.data ? (context.data.schema_name ?? 'no schema') : id}
          </p>
        </div>
        <IconButton label="Close the breadcrumb" onClick={close} autoFocus>
          <X className="size-4" aria-hidden />
        </IconButton>
      </div>
      {context.data && <Facts record={context.data} full={full.data ?? null} />}
      <Tabs.Root value={tab} onValueChange={setTab} className="flex min-h-0 flex-1 flex-col">
        <div className="flex items-center justify-between border-b border-line px-3">
          <Tabs.List aria-label="Views of the breadcrumb" className="flex gap-4">
            {TABS.map(({ value, name }) => (
              <Tabs.Trigger
                key={value}
                value={value}
                className="-mb-px border-b-2 border-transparent py-2 text-xs font-medium text-ink-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
              >
                {name}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          {shown !== undefined && (
            <CopyButton text={JSON.stringify(shown, null, 2)} label="Copy the JSON" />
          )}
        </div>
        <div className="min-h-0 flex-1 overflow-auto p-3">
          <Tabs.Content value="json">
            <Loaded query={context}>{(record) => <JsonView value={record.context} />}</Loaded>
          </Tabs.Content>
          <Tabs.Content value="full">
            <Loaded query={full}>{(record) => <JsonView value={record} />}</Loaded>
          </Tabs.Content>
          <Tabs.Content value="history">
            <Loaded query={history}>{(versions) => <Versions versions={versions} />}</Loaded>
          </Tabs.Content>
        </div>
      </Tabs.Root>
    </section>
  );
}

interface Loadable<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  refetch(): unknown;
}

/** The content once it is there; a failed refresh leaves what was shown. */
function Loaded<T>({
  query,
  children,
}: {
  query: Loadable<T>;
  children: (data: T) => React.ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) {
    return (
      <ErrorNotice
        title="The breadcrumb could not be read"
        error={query.error}
        onRetry={() => query.refetch()}
      />
    );
  }
  return (
    <div className="space-y-2" aria-busy="true">
      <Skeleton className="h-3.5 w-2/3" />
      <Skeleton className="h-3.5 w-1/2" />
      <Skeleton className="h-3.5 w-3/5" />
    </div>
  );
}

const CHECKSUM_SHOWN = 12;

function Facts({ record, full }: { record: BreadcrumbContext; full: BreadcrumbFull | null }) {
  return (
    <div className="space-y-2 px-3 pb-3">
      <dl className="grid grid-cols-[auto_1fr_auto_1fr] items-center gap-x-3 gap-y-1 text-xs">
        <dt className="text-ink-faint">Version</dt>
        <dd className="tabular-nums" data-testid="breadcrumb-version">
          {record.version}
        </dd>
        <dt className="text-ink-faint">Updated</dt>
        <dd>
          <TimeAgo at={Date.parse(record.updated_at)} />
        </dd>
        <dt className="text-ink-faint">Id</dt>
        <Mono value={record.id} label="Copy the id" shown={record.id.slice(0, 8)} />
        {full && (
          <>
            <dt className="text-ink-faint">Checksum</dt>
            <Mono
              value={full.checksum}
              label="Copy the checksum"
              shown={full.checksum.slice(0, CHECKSUM_SHOWN)}
            />
            <dt className="text-ink-faint">Created by</dt>
            {full.created_by === null ? (
              <dd>unknown</dd>
            ) : (
              <Mono
                value={full.created_by}
                label="Copy the id of the author"
                shown={`…${full.created_by.slice(-8)}`}
              />
            )}
            <dt className="text-ink-faint">Visibility</dt>
            <dd>{full.visibility}</dd>
          </>
        )}
      </dl>
      <ul aria-label="Tags" className="flex max-h-14 flex-wrap gap-1 overflow-y-auto">
        {record.tags.map((tag) => (
          <li
            key={tag}
            className="max-w-full truncate rounded bg-sunken px-1.5 text-2xs text-ink-soft"
            title={tag}
          >
            {tag}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Mono({ value, label, shown }: { value: string; label: string; shown: string }) {
  return (
    <dd className="flex min-w-0 items-center font-mono" title={value}>
      <span className="truncate">{shown}</span>
      <CopyButton text={value} label={label} className="-my-1 size-6" />
    </dd>
  );
}

function Versions({ versions }: { versions: readonly BreadcrumbVersion[] }) {
  return (
    <ol className="space-y-2">
      {versions.map((each, at) => (
        <li key={each.version}>
          <details open={at === 0} className="rounded-lg border border-line bg-raised">
            <summary className="flex cursor-pointer items-center gap-3 px-3 py-2 text-xs">
              <span className="font-medium tabular-nums">Version {each.version}</span>
              <span className="min-w-0 flex-1 truncate text-ink-soft">{each.title}</span>
              <TimeAgo
                at={Date.parse(each.updated_at)}
                className="text-2xs text-ink-faint tabular-nums"
              />
            </summary>
            <div className="border-t border-line p-3">
              <JsonView value={each.context} />
            </div>
          </details>
        </li>
      ))}
    </ol>
  );
}
