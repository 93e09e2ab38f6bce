import { SCHEMAS, type BreadcrumbFull, type RegistryAgent } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Braces, CircleCheck, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Composer } from '../chat/composer.tsx';
import { useStartConversation } from '../chat/use-start-conversation.ts';
import { lookAtFull } from '../live/look-at-breadcrumb.ts';
import { queryKeys } from '../live/query-keys.ts';
import { fieldOf, textOf } from '../live/read-context.ts';
import { useReadAgainOn } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { formatShort, formatCost, totalTokens } from '../ui/format-figures.ts';
import { formatDuration } from '../ui/format-time.ts';
import { Page, Section } from '../ui/page.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Stat } from '../ui/stat.tsx';
import { TabView } from '../ui/tabs.tsx';
import { useStore } from '../ui/use-store.ts';
import { useTextSearch } from '../ui/use-text-search.ts';
import { useToaster } from '../ui/toasts.tsx';
import { draftOfAgent } from './agent-draft.ts';
import { AgentForm } from './agent-form.tsx';
import { AgentRuns } from './agent-runs.tsx';
import { DefinitionStatus } from './definition-status.tsx';
import { useActivate } from './use-activate.ts';

/** One agent: what it did, its definition as a form, its runs, and a field to try it out. */
export function AgentPage() {
  const { id } = useParams({ from: '/team/agents/$id' });
  const { client } = useSession();
  useReadAgainOn(['agents'], ({ schema_name }) => schema_name === SCHEMAS.agent_status);
  const record = useQuery({
    queryKey: queryKeys.breadcrumb_view(id, 'full'),
    queryFn: ({ signal }) => lookAtFull(client, id, { signal }),
  });
  const registered = useQuery({
    queryKey: ['agents', 'all'],
    queryFn: async ({ signal }) => (await client.registry.agents({ limit: 500 }, { signal })).items,
  });
  if (record.data === undefined) {
    return (
      <Page title="Agent">
        {record.isError ? (
          <ErrorNotice title="The agent could not be read" error={record.error} />
        ) : (
          <Skeleton className="h-64 rounded-xl" />
        )}
      </Page>
    );
  }
  const agent = registered.data?.find((each) => each.id === id) ?? null;
  return <Loaded key={id} record={record.data} agent={agent} />;
}

function Loaded({ record, agent }: { record: BreadcrumbFull; agent: RegistryAgent | null }) {
  const { client } = useSession();
  const navigate = useNavigate();
  const toaster = useToaster();
  const activate = useActivate();
  const [search, change] = useTextSearch();
  const [is_deleting, setDeleting] = useState(false);
  const name = textOf(record.context, 'agent_id') ?? record.title;
  return (
    <Page
      title={name}
      about={
        <span className="flex flex-wrap items-center gap-3">
          {agent && <DefinitionStatus status={agent.status} reason={agent.reason} />}
          {textOf(record.context, 'description')}
        </span>
      }
      actions={
        <>
          {agent?.status === 'proposed' && (
            <Button look="primary" onClick={() => void activate(record.id)}>
              <CircleCheck className="size-4" aria-hidden />
              Activate
            </Button>
          )}
          <Link
            to="/trail/$id"
            params={{ id: record.id }}
            className="inline-flex h-9 items-center gap-2 rounded-lg border border-line bg-raised px-3 text-sm font-medium hover:border-line-strong"
          >
            <Braces className="size-4" aria-hidden />
            Breadcrumb
          </Link>
          <Button look="danger" onClick={() => setDeleting(true)}>
            <Trash2 className="size-4" aria-hidden />
            Delete
          </Button>
        </>
      }
    >
      {agent?.status === 'invalid' && (
        <p role="status" className="mb-5 rounded-lg bg-bad-soft px-3 py-2 text-sm">
          This definition does not count: {agent.reason ?? 'it is invalid'}
        </p>
      )}
      <TabView
        label="Parts of the agent"
        value={search['tab'] ?? ''}
        onChange={(tab) => change({ tab })}
        tabs={[
          { value: 'try', name: 'Try it', content: <TryOut record={record} agent={agent} /> },
          { value: 'definition', name: 'Definition', content: <Definition record={record} /> },
          { value: 'runs', name: 'Runs', content: <AgentRuns name={name} /> },
        ]}
      />
      {is_deleting && (
        <ConfirmDialog
          title={`Delete ${name}?`}
          description="It answers nothing any more. Its past runs and answers stay."
          verb="Delete"
          act={async () => {
            await client.deleteBreadcrumb(record.id, { version: record.version });
            toaster.done(`${name} was deleted`);
            await navigate({ to: '/team/agents' });
          }}
          onClose={() => setDeleting(false)}
        />
      )}
    </Page>
  );
}

function TryOut({ record, agent }: { record: BreadcrumbFull; agent: RegistryAgent | null }) {
  const { live } = useSession();
  const navigate = useNavigate();
  const { phase } = useStore(live.connection);
  const { start, error } = useStartConversation();
  const tags = triggerTagsOf(record.context);
  const ask = async (text: string) => {
    const conversation_id = await start(text, tags ?? []);
    if (conversation_id === null) return false;
    await navigate({ to: '/chat/{-$conversation_id}', params: { conversation_id } });
    return true;
  };
  const { metrics } = agent ?? {};
  return (
    <>
      <div className="mb-8 grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Stat
          name="Runs in 24 hours"
          value={metrics?.runs}
          detail={metrics && `${metrics.failed} failed, ${metrics.stopped} stopped`}
        />
        <Stat
          name="On average"
          value={metrics && (metrics.mean_ms === null ? '–' : formatDuration(metrics.mean_ms))}
        />
        <Stat name="Tokens" value={metrics && formatShort(totalTokens(metrics))} />
        <Stat name="Cost" value={metrics && formatCost(metrics.cost_usd)} />
      </div>
      <Section title="Ask it something">
        {tags === null ? (
          <p className="text-sm text-ink-soft">
            It is not triggered by messages of people, so there is nothing to write here. What
            triggers it stands in its definition.
          </p>
        ) : (
          <div className="-mx-4">
            <Composer
              conversation_id={null}
              is_offline={phase === 'offline'}
              placeholder="Write a message that triggers it"
              onSend={ask}
            />
          </div>
        )}
        {error !== null && <ErrorNotice title="The message was not sent" error={error} />}
      </Section>
    </>
  );
}

/** The tags that a message needs for the first of the agent's triggers that takes messages; null when there is none. */
function triggerTagsOf(context: unknown): readonly string[] | null {
  const selectors = fieldOf(fieldOf(context, 'subscriptions'), 'selectors');
  if (!Array.isArray(selectors)) return null;
  const trigger = selectors.find((each: unknown) => {
    const schema = textOf(each, 'schema_name');
    return (
      textOf(each, 'role') !== 'context' &&
      (schema ?? SCHEMAS.user_message) === SCHEMAS.user_message
    );
  }) as unknown;
  if (trigger === undefined) return null;
  const tagsOf = (name: string) => {
    const tags = fieldOf(trigger, name);
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  };
  return [...tagsOf('all_tags'), ...tagsOf('any_tags').slice(0, 1)];
}

function Definition({ record }: { record: BreadcrumbFull }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  return (
    <div className="max-w-[52rem]">
      <AgentForm
        // Another version is another form: what was typed on the old one could not be saved any more.
        key={record.version}
        initial={draftOfAgent(record.context)}
        before={record.context}
        verb="Save"
        onSave={async (context) => {
          const { version } = record;
          await client.updateBreadcrumb(record.id, { context }, { version });
          toaster.done('Saved; it counts from now on');
          await cache.invalidateQueries({ queryKey: queryKeys.breadcrumb(record.id) });
        }}
      />
    </div>
  );
}
