import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Play, Sparkles, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useReadAgainOn } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import { StatusBadge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { formatDuration, formatMoment } from '../ui/format-time.ts';
import { Section } from '../ui/page.tsx';
import { Stat } from '../ui/stat.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { useToaster } from '../ui/toasts.tsx';
import {
  describeRemoved,
  HYGIENE_REPORT,
  readReport,
  type HygieneReport,
} from './hygiene-reports.ts';
import { operationKeys } from './operation-keys.ts';

const REFRESH_MS = 15_000;
const REPORTS_SHOWN = 20;

/** What sweeping has done, with the ways to sweep now. */
export function HygienePart() {
  return (
    <>
      <Section title="Sweeping" actions={<Actions />}>
        <Totals />
      </Section>
      <Reports />
    </>
  );
}

function Totals() {
  const { client } = useSession();
  const stats = useQuery({
    queryKey: operationKeys.hygiene,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => client.hygiene.stats({ signal }),
  });
  const { data, error } = stats;
  if (error !== null && data === undefined)
    return (
      <ErrorNotice
        title="What sweeping has done could not be read"
        error={error}
        onRetry={() => void stats.refetch()}
      />
    );
  const updated = data?.last_updated ?? null;
  return (
    <>
      <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
        <Stat
          name="Runs"
          value={data?.runs_completed.toLocaleString()}
          detail={
            updated === null ? (
              'none yet'
            ) : (
              <>
                last one <TimeAgo at={Date.parse(updated)} in_words />
              </>
            )
          }
        />
        <Stat
          name="Breadcrumbs purged"
          value={data?.total_breadcrumbs_purged.toLocaleString()}
          detail="in all runs of this installation"
        />
        <Stat
          name="Idle agents cleaned"
          value={data?.total_agents_cleaned.toLocaleString()}
          detail="that held nothing"
        />
        <Stat
          name="Last run took"
          value={data && (updated === null ? '–' : formatDuration(data.last_run_duration_ms))}
          detail={data && `${data.last_run_errors} errors`}
        />
      </div>
      {data !== undefined && (
        <p className="mt-3 text-sm">
          {data.hygiene_enabled ? (
            <StatusBadge tone="good">The server sweeps by itself</StatusBadge>
          ) : (
            <StatusBadge tone="warn">The server does not sweep by itself</StatusBadge>
          )}
        </p>
      )}
    </>
  );
}

function Actions() {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_asked, setAsked] = useState(false);
  const [is_busy, setBusy] = useState(false);
  const readAgain = () => void cache.invalidateQueries({ queryKey: operationKeys.hygiene });
  const run = async () => {
    setBusy(true);
    try {
      toaster.done((await client.hygiene.run()).message);
    } catch (error) {
      toaster.failed('The sweep failed', error);
    }
    setBusy(false);
    readAgain();
  };
  const purge = async () => {
    const { purged, health_checks_purged } = await client.hygiene.purge();
    toaster.done(`${purged} purged, ${health_checks_purged} of them health checks`);
    readAgain();
  };
  return (
    <div className="flex gap-2">
      <Button disabled={is_busy} onClick={() => void run()}>
        <Play className="size-4" aria-hidden />
        Run now
      </Button>
      <Button look="danger" onClick={() => setAsked(true)}>
        <Trash2 className="size-4" aria-hidden />
        <span className="max-sm:sr-only">Purge expired</span>
      </Button>
      {is_asked && (
        <ConfirmDialog
          title="Purge what has expired?"
          description="Every breadcrumb of this tenant whose time is over is deleted now, with its history."
          verb="Purge"
          act={purge}
          onClose={() => setAsked(false)}
        />
      )}
    </div>
  );
}

/** The versions of the tenant's hygiene report, each a sweep that removed something. */
function Reports() {
  const { client } = useSession();
  useReadAgainOn(
    operationKeys.hygiene_reports,
    ({ schema_name }) => schema_name === HYGIENE_REPORT,
  );
  const reports = useQuery({
    queryKey: operationKeys.hygiene_reports,
    queryFn: async ({ signal }) => {
      const query = { schema_name: HYGIENE_REPORT, limit: 1 } as const;
      const [record] = (await client.listBreadcrumbs(query, { signal })).items;
      if (record === undefined) return { id: null, reports: [] };
      const versions = await client.getBreadcrumbHistory(record.id, { signal });
      return { id: record.id, reports: versions.slice(0, REPORTS_SHOWN).map(readReport) };
    },
  });
  const id = reports.data?.id ?? null;
  return (
    <Section
      title="Last reports"
      actions={
        id !== null && (
          <Link
            to="/trail/$id"
            params={{ id }}
            className="text-xs text-ink-soft underline-offset-4 hover:underline"
          >
            Its breadcrumb
          </Link>
        )
      }
    >
      <DataTable
        label="Last reports"
        rows={{ ...reports, data: reports.data?.reports }}
        columns={COLUMNS}
        rowKey={({ version }) => String(version)}
        linkTo={() => `/trail/${id ?? ''}`}
        empty={
          <EmptyState Icon={Sparkles} title="No report yet">
            When something of this tenant was swept away, the server reports what, in a breadcrumb.
          </EmptyState>
        }
      />
    </Section>
  );
}

const COLUMNS: readonly Column<HygieneReport>[] = [
  { key: 'removed', name: 'Removed', cell: describeRemoved },
  {
    key: 'since',
    name: 'From',
    is_minor: true,
    cell: ({ since }) => (since === null ? '–' : formatMoment(Date.parse(since))),
  },
  {
    key: 'until',
    name: 'Until',
    cell: ({ until }) => (until === null ? '–' : formatMoment(Date.parse(until))),
  },
];
