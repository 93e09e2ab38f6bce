import type { FullRun } from '@cairn/protocol';
import { CairnError } from '@cairn/sdk';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Hourglass } from 'lucide-react';
import { useSession } from '../session/session.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Page } from '../ui/page.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { TabView } from '../ui/tabs.tsx';
import { useTextSearch } from '../ui/use-text-search.ts';
import { RunActions, StopRun } from './run-actions.tsx';
import { RunDecisions, RunFailures, RunSignals } from './run-findings.tsx';
import { RunHeader } from './run-header.tsx';
import { RunTimeline } from './run-timeline.tsx';
import { RunTree } from './run-tree.tsx';
import { RunWaterfall } from './run-waterfall.tsx';

/** A run that goes on is read again this often, while the page is visible. */
const LOOK_MS = 2_000;
/** One of which nothing is known, more often: it mostly is about to be. */
const EXPECT_MS = 1_000;

/** One run: what it did, what failed, what it decided, what was observed of it. */
export function RunPage() {
  const { id } = useParams({ from: '/runs/$id' });
  const { client } = useSession();
  const run = useQuery({
    queryKey: ['run', id, 'full'],
    queryFn: ({ signal }) => client.runs.get(id, { view: 'full' }, { signal }),
    refetchInterval: ({ state }) => {
      if (state.data?.status === 'running') return LOOK_MS;
      return isMissing(state.error) ? EXPECT_MS : false;
    },
  });
  if (run.data !== undefined) return <RunView run={run.data} read_at={run.dataUpdatedAt} />;
  if (isMissing(run.error)) return <NotThereYet id={id} />;
  return (
    <Page title="Run">
      {run.error === null ? (
        <div className="space-y-4" aria-busy="true">
          <Skeleton className="h-10 w-full max-w-xl" />
          <Skeleton className="h-80 w-full rounded-xl" />
        </div>
      ) : (
        <ErrorNotice
          title="The run could not be read"
          error={run.error}
          onRetry={() => void run.refetch()}
        />
      )}
    </Page>
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof CairnError && error.status === 404;
}

/** What an agent of this server does is written down once it takes longer than a moment. */
function NotThereYet({ id }: { id: string }) {
  return (
    <Page title="Run" about={<code className="font-mono text-xs break-all">{id}</code>}>
      <EmptyState Icon={Hourglass} title="Nothing is known of this run yet">
        A run of one of Cairn’s own agents is shown as soon as it ends, or has taken two seconds.
        This page looks again every second. If nothing comes, it never was, or was deleted when its
        time was over.
        <div className="mt-4">
          <StopRun run_id={id} />
        </div>
      </EmptyState>
    </Page>
  );
}

function RunView({ run, read_at }: { run: FullRun; read_at: number }) {
  const [search, change] = useTextSearch();
  const chosen = search['step'] ?? null;
  const chooseHere = (step: string) => change({ step });
  // From another tab a step leads to where its detail stands.
  const open = (step: string) => change({ step, tab: '' }, { push: true });
  const first_failed = run.failures.find(({ step_id }) => step_id !== null)?.step_id ?? null;
  const selected = chosen ?? first_failed ?? run.steps[0]?.step_id ?? null;
  return (
    <Page
      title={run.agent_id}
      about={`Version ${run.agent_version}`}
      actions={<RunActions run={run} />}
    >
      <RunHeader run={run} elapsed_ms={Math.max(0, read_at - Date.parse(run.started_at))} />
      <TabView
        label="Views of the run"
        value={search['tab'] ?? ''}
        onChange={(tab) => change({ tab: tab === 'waterfall' ? '' : tab })}
        tabs={[
          {
            value: 'waterfall',
            name: 'Waterfall',
            content: (
              <RunWaterfall run={run} read_at={read_at} chosen={selected} onChoose={chooseHere} />
            ),
          },
          { value: 'tree', name: 'Tree', content: <RunTree run={run} onChoose={open} /> },
          {
            value: 'timeline',
            name: 'Timeline',
            content: <RunTimeline run={run} read_at={read_at} onChoose={open} />,
          },
          {
            value: 'failures',
            name: 'Failures',
            ...counted(run.failures),
            content: <RunFailures run={run} onChoose={open} />,
          },
          {
            value: 'decisions',
            name: 'Decisions',
            ...counted(run.decisions),
            content: <RunDecisions run={run} onChoose={open} />,
          },
          {
            value: 'signals',
            name: 'Signals',
            ...counted(run.quality_signals),
            content: <RunSignals run={run} onChoose={open} />,
          },
        ]}
      />
    </Page>
  );
}

/** Nothing is not worth a number. */
function counted({ length }: readonly unknown[]): { count?: number } {
  return length === 0 ? {} : { count: length };
}
