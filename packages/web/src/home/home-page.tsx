import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  Bot,
  CircleAlert,
  CircleCheck,
  MailX,
  PlugZap,
  TrendingUp,
  type LucideIcon,
} from 'lucide-react';
import { ApprovalCard } from '../approvals/approval-card.tsx';
import { usePendingApprovals } from '../approvals/pending-approvals.ts';
import { Composer } from '../chat/composer.tsx';
import { useStartConversation } from '../chat/use-start-conversation.ts';
import { trailQuery } from '../live/queries.ts';
import { useSession } from '../session/session.ts';
import { SchemaIcon } from '../trail/schema-icon.tsx';
import type { TrailRow } from '../trail/trail-row.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { useStore } from '../ui/use-store.ts';
import { KeyFigures } from './key-figures.tsx';
import type { Need } from './needs.ts';
import { useNeeds } from './use-needs.ts';

const ACTIVITY_ROWS = 8;

/** Where one begins: what needs a person, what happens now, how it goes, and a field to ask the agents. */
export function HomePage() {
  const { live } = useSession();
  const navigate = useNavigate();
  const { phase } = useStore(live.connection);
  const { start, error } = useStartConversation();
  const ask = async (text: string) => {
    const conversation_id = await start(text);
    if (conversation_id === null) return false;
    void navigate({ to: '/chat/{-$conversation_id}', params: { conversation_id } });
    return true;
  };
  return (
    <Page title="Home">
      <div className="-mx-4">
        <Composer
          conversation_id={null}
          is_offline={phase === 'offline'}
          placeholder="Ask your agents, such as: what is 17% of 2340?"
          onSend={ask}
        />
      </div>
      {error !== null && <ErrorNotice title="The message was not sent" error={error} />}
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)] gap-x-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <NeedsYou />
        <Activity />
      </div>
      <Section title="Key figures" className="mt-8">
        <KeyFigures />
      </Section>
    </Page>
  );
}

function NeedsYou() {
  const approvals = usePendingApprovals();
  const { needs, error } = useNeeds();
  const count = (approvals.data?.length ?? 0) + (needs?.length ?? 0);
  const is_loading = approvals.data === undefined && needs === undefined;
  const failure = approvals.error ?? error;
  return (
    <Section title="Needs you" {...(is_loading ? {} : { count })}>
      {failure !== null && (
        <ErrorNotice title="Not everything could be looked at" error={failure} />
      )}
      {is_loading && failure === null && <Skeleton className="h-24 rounded-xl" />}
      <div className="space-y-3">
        {approvals.data?.map((each) => (
          <ApprovalCard key={each.id} approval={each} />
        ))}
        {needs !== undefined && needs.length > 0 && (
          <ul className="overflow-hidden rounded-xl border border-line bg-raised">
            {needs.map((need) => (
              <NeedLine key={need.key} need={need} />
            ))}
          </ul>
        )}
      </div>
      {!is_loading && count === 0 && failure === null && (
        <div className="flex items-center gap-3 rounded-xl border border-dashed border-line p-5 text-sm">
          <CircleCheck className="size-5 shrink-0 text-accent" aria-hidden />
          <p className="text-ink-soft">
            Nothing waits for you. Approvals, failed runs, dead letters and drift will stand here.
          </p>
        </div>
      )}
    </Section>
  );
}

const SIGNS: Readonly<Record<Need['kind'], { Icon: LucideIcon; look: string; name: string }>> = {
  circuit: { Icon: PlugZap, look: 'text-bad', name: 'Provider' },
  definition: { Icon: Bot, look: 'text-warn', name: 'Definition' },
  dead_letter: { Icon: MailX, look: 'text-bad', name: 'Dead letter' },
  failed_run: { Icon: CircleAlert, look: 'text-bad', name: 'Failed run' },
  drift: { Icon: TrendingUp, look: 'text-warn', name: 'Drift' },
};

function NeedLine({ need }: { need: Need }) {
  const { Icon, look, name } = SIGNS[need.kind];
  return (
    <li className="border-b border-line last:border-0">
      <Link to={need.to} className="flex gap-3 px-4 py-3 -outline-offset-2 hover:bg-sunken">
        <Icon className={`mt-0.5 size-4 shrink-0 ${look}`} role="img" aria-label={name} />
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm font-medium">{need.title}</p>
          <p className="truncate text-xs text-ink-soft">{need.detail}</p>
        </div>
        {need.at > 0 && (
          <TimeAgo at={need.at} className="shrink-0 text-2xs text-ink-faint tabular-nums" />
        )}
      </Link>
    </li>
  );
}

function Activity() {
  const { client, live } = useSession();
  const { has_been_live } = useStore(live.connection);
  const trail = useQuery({ ...trailQuery(client, live), enabled: has_been_live });
  return (
    <Section
      title="Happening now"
      className="max-lg:mt-8"
      actions={
        <Link to="/trail" className="text-xs text-ink-soft underline-offset-4 hover:underline">
          Whole trail
        </Link>
      }
    >
      {trail.isError && trail.data === undefined && (
        <ErrorNotice title="The trail could not be read" error={trail.error} />
      )}
      {trail.isPending && <Skeleton className="h-48 rounded-xl" />}
      {trail.data !== undefined && (
        <ul className="overflow-hidden rounded-xl border border-line bg-raised">
          {trail.data.slice(0, ACTIVITY_ROWS).map((row) => (
            <ActivityLine key={row.key} row={row} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function ActivityLine({ row }: { row: TrailRow }) {
  const is_deleted = row.action === 'deleted';
  return (
    <li className="border-b border-line last:border-0">
      <Link
        to="/trail/$id"
        params={{ id: row.id }}
        className="flex items-center gap-3 px-3 py-2 -outline-offset-2 hover:bg-sunken"
      >
        <SchemaIcon schema_name={row.schema_name} />
        <div className="min-w-0 flex-1">
          <p className={`truncate text-sm ${is_deleted ? 'text-ink-faint line-through' : ''}`}>
            {row.title}
          </p>
          <p className="truncate text-2xs text-ink-faint">
            {row.summary ?? row.schema_name ?? 'no schema'}
          </p>
        </div>
        <TimeAgo
          at={Date.parse(row.at)}
          className="shrink-0 text-2xs text-ink-faint tabular-nums"
        />
      </Link>
    </li>
  );
}
