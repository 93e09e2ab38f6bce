import { BookOpen } from 'lucide-react';
import { StatusBadge } from '../../ui/badge.tsx';
import { describeError } from '../../ui/describe-error.ts';
import { ErrorNotice } from '../../ui/error-notice.tsx';
import { formatDuration } from '../../ui/format-time.ts';
import { Section } from '../../ui/page.tsx';
import { Stat } from '../../ui/stat.tsx';
import { useCaller } from '../use-caller.ts';
import { Circuits } from './circuits.tsx';
import { FactList, type Fact } from '../fact-list.tsx';
import { formatBytes } from './format-bytes.ts';
import type { Figures } from './read-figures.ts';
import { useFigures, useHealth, useReadiness } from './use-measured.ts';

const PERCENT = 100;

/** How the server is. Nothing here is painted: what was not measured is a dash. */
export function StatusPart() {
  const caller = useCaller();
  return (
    <>
      <Section
        title="This server"
        actions={
          <a
            href="/docs"
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1.5 text-xs text-ink-soft underline-offset-4 hover:text-ink hover:underline"
          >
            <BookOpen className="size-3.5" aria-hidden />
            API documentation
          </a>
        }
      >
        <Setup />
      </Section>
      <Measurements />
      {caller?.is_curator === true && <Circuits />}
    </>
  );
}

function Setup() {
  const caller = useCaller();
  const ready = useReadiness();
  if (caller === undefined) return null;
  const facts: readonly Fact[] = [
    {
      name: 'Readiness',
      value: ready.isError ? (
        <span className="inline-flex flex-wrap gap-x-2">
          <StatusBadge tone="bad">Not ready</StatusBadge>
          <span className="text-ink-soft">{describeError(ready.error).summary}</span>
        </span>
      ) : ready.data === undefined ? (
        <StatusBadge tone="busy">Looking</StatusBadge>
      ) : (
        <StatusBadge tone="good">Ready</StatusBadge>
      ),
    },
    { name: 'Version', value: caller.version },
    {
      name: 'Mode',
      value: caller.auth_mode === 'dev' ? 'dev (this machine only, no keys)' : caller.auth_mode,
    },
    { name: 'Storage', value: caller.storage },
    { name: 'Bus', value: caller.bus },
    {
      name: 'Model',
      value: caller.is_demo_model ? `${caller.model} (rules, no model)` : caller.model,
    },
    { name: 'You act as', value: <code className="text-2xs">{caller.agent_id}</code> },
    { name: 'Your roles', value: caller.roles.join(', ') || 'none' },
    { name: 'In the tenant', value: <code className="text-2xs">{caller.owner_id}</code> },
  ];
  return <FactList facts={facts} />;
}

function Measurements() {
  const measured = useFigures();
  const health = useHealth();
  const looks = health.data ?? [];
  const last = looks.at(-1);
  const figures = measured.data?.figures ?? [];
  const now = figures.at(-1);
  const points = (pick: (each: Figures) => number | null) => figures.map(pick);
  return (
    <Section title="Measured now">
      {measured.error !== null && (
        <ErrorNotice
          title="The metrics could not be read"
          error={measured.error}
          onRetry={() => void measured.refetch()}
        />
      )}
      {last !== undefined && last.took_ms === null && (
        <ErrorNotice title="The server does not answer" error={last.error} />
      )}
      <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
        <Stat
          name="There and back"
          value={last === undefined ? undefined : formatMs(last.took_ms)}
          points={looks.map(({ took_ms }) => took_ms)}
          detail={last?.status ?? 'GET /v1/health, from this browser'}
        />
        <Stat
          name="Requests per second"
          value={now && formatRate(now.requests_per_s)}
          points={points((each) => each.requests_per_s)}
          detail={now && `${count(now.requests_total)} since it started`}
        />
        <Stat
          name="95 % answered within"
          value={now && formatMs(now.p95_ms)}
          points={points((each) => each.p95_ms)}
          detail={now && `on average ${formatMs(now.mean_ms)}`}
        />
        <Stat
          name="Server errors"
          value={now && count(now.server_errors_total)}
          detail="answered with 500 or more"
        />
        <Stat
          name="Memory"
          value={now && formatBytes(now.memory_bytes)}
          points={points((each) => each.memory_bytes)}
          detail={now && `heap ${formatBytes(now.heap_bytes)}`}
        />
        <Stat
          name="Processor, of one core"
          value={now && formatShare(now.cpu_share)}
          points={points((each) => each.cpu_share)}
          detail={now && `event loop ${formatMs(now.event_loop_p99_ms)} late`}
        />
        <Stat
          name="Open event streams"
          value={now && count(now.streams)}
          points={points((each) => each.streams)}
          detail="that listen now"
        />
        <Stat
          name="Waiting in queues"
          value={now && count(now.waiting)}
          points={points((each) => each.waiting)}
          detail={now && `${count(now.running)} running, ${count(now.dead)} given up`}
        />
      </div>
      {now !== undefined && <MoreFigures figures={now} />}
    </Section>
  );
}

function MoreFigures({ figures }: { figures: Figures }) {
  const { lags } = figures;
  const facts: readonly Fact[] = [
    {
      name: 'Up for',
      value: figures.uptime_ms === null ? '–' : formatUptime(figures.uptime_ms),
    },
    {
      name: 'Readers of the event log',
      value:
        lags.length === 0
          ? '–'
          : lags.map(({ reader, lag }) => `${reader} ${lag} behind`).join(', '),
    },
    { name: 'Waiting for an embedding', value: count(figures.embeddings_waiting) },
    { name: 'Calls of models', value: withFailures(figures.model_calls, figures.model_failures) },
    { name: 'Tools run', value: withFailures(figures.tool_calls, figures.tool_failures) },
    {
      name: 'Webhooks sent',
      value: withFailures(figures.webhooks_sent, figures.webhook_failures),
    },
    { name: 'Node.js', value: figures.node_version ?? '–' },
  ];
  return (
    <div className="mt-3">
      <FactList facts={facts} />
      <p className="mt-2 text-2xs text-ink-faint">
        Of the process that answered, since it started. Looked at every five seconds while this page
        is visible; lines show the last five minutes.
      </p>
    </div>
  );
}

function withFailures(total: number, failures: number): string {
  return failures === 0 ? count(total) : `${count(total)}, ${count(failures)} failed`;
}

function count(figure: number | null): string {
  return figure === null ? '–' : figure.toLocaleString();
}

function formatMs(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 10 ? `${ms.toFixed(1)} ms` : formatDuration(ms);
}

function formatRate(per_second: number | null): string {
  if (per_second === null) return '–';
  return per_second < 10 ? per_second.toFixed(1) : Math.round(per_second).toLocaleString();
}

function formatShare(share: number | null): string {
  return share === null ? '–' : `${(share * PERCENT).toFixed(0)} %`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function formatUptime(ms: number): string {
  const [days, hours] = [Math.floor(ms / DAY_MS), Math.floor((ms % DAY_MS) / HOUR_MS)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0
    ? `${hours} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`
    : formatDuration(ms);
}
