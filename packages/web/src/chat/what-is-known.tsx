import type { RunSummary } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lookAt } from '../live/look-at-breadcrumb.ts';
import { queryKeys } from '../live/query-keys.ts';
import { useSession } from '../session/session.ts';
import { draftOfAgent } from '../team/agent-draft.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { lastRunOfEach } from './last-run-of-each.ts';

const RUNS_READ = 20;

/** What agents without a context of their own were given: their prompt, the conversation, and tools. */
export function WhatIsKnown({ conversation_id }: { conversation_id: string }) {
  const { client } = useSession();
  const runs = useQuery({
    queryKey: ['contexts', conversation_id, 'runs'],
    queryFn: async ({ signal }) =>
      (
        await client.runs.list(
          { conversation_id, source: 'cairn', page_size: RUNS_READ, fields: 'summary' },
          { signal },
        )
      ).items,
  });
  if (runs.isError && runs.data === undefined)
    return <ErrorNotice title="The runs could not be read" error={runs.error} />;
  if (runs.data === undefined) return <Skeleton className="h-32 rounded-xl" />;
  const last = lastRunOfEach(runs.data);
  if (last.length === 0)
    return <p className="text-sm text-ink-soft">No agent has answered here yet.</p>;
  return last.map((run) => <Given key={run.run_id} run={run} />);
}

function Given({ run }: { run: RunSummary }) {
  return (
    <section className="mt-4 first:mt-0" aria-label={`What ${run.agent_id} was given`}>
      <h3 className="flex items-baseline gap-3 text-sm font-medium">
        {run.agent_id}
        <Link
          to="/runs/$id"
          params={{ id: run.run_id }}
          className="ml-auto text-2xs font-normal text-ink-soft underline underline-offset-4"
        >
          its last run, call by call
        </Link>
      </h3>
      <Definition agent_id={run.agent_id} />
    </section>
  );
}

function Definition({ agent_id }: { agent_id: string }) {
  const { client } = useSession();
  const agents = useQuery({
    queryKey: ['agents', 'all'],
    queryFn: async ({ signal }) => (await client.registry.agents({ limit: 500 }, { signal })).items,
  });
  const id = agents.data?.find(({ name }) => name === agent_id)?.id;
  const record = useQuery({
    queryKey: queryKeys.breadcrumb_view(id ?? '', 'context'),
    queryFn: ({ signal }) => lookAt(client, id ?? '', { signal }),
    enabled: id !== undefined,
  });
  const error = agents.error ?? record.error;
  if (error !== null) return <ErrorNotice title="Its definition could not be read" error={error} />;
  if (agents.data !== undefined && id === undefined)
    return <p className="mt-1 text-sm text-ink-soft">Its definition is not there any more.</p>;
  if (record.data === undefined) return <Skeleton className="mt-2 h-24 rounded-xl" />;
  const { system_prompt, tools, capabilities } = draftOfAgent(record.data.context);
  const offered =
    capabilities['can_use_tools'] === false
      ? 'none'
      : tools === null
        ? 'all that are active'
        : tools.join(', ') || 'none';
  return (
    <dl className="mt-2 space-y-2 rounded-lg border border-line bg-raised p-3 text-sm">
      <div>
        <dt className="text-2xs text-ink-faint">System prompt, as it is now</dt>
        <dd className="break-words whitespace-pre-wrap">{system_prompt || 'none'}</dd>
      </div>
      <div>
        <dt className="text-2xs text-ink-faint">Messages</dt>
        <dd>those of this conversation</dd>
      </div>
      <div>
        <dt className="text-2xs text-ink-faint">Tools offered</dt>
        <dd className="break-words">{offered}</dd>
      </div>
    </dl>
  );
}
