import type { DeadLetter } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { Mailbox, RotateCw, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar } from '../ui/filters.tsx';
import { Section } from '../ui/page.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { pageAfter, usePages } from '../ui/use-pages.ts';
import { useTextSearch } from '../ui/use-text-search.ts';
import { actOnAll } from './act-on-all.ts';
import { AgentName } from './agent-name.tsx';
import { DeadLetterDialog } from './dead-letter-dialog.tsx';
import { LostLink } from './lost-link.tsx';
import { operationKeys } from './operation-keys.ts';

const REFRESH_MS = 10_000;
const NONE: ReadonlySet<string> = new Set();

/** Events that could not be delivered: to be looked at, sent again, or thrown away. */
export function DeadLettersPart() {
  const { client } = useSession();
  const [{ endpoint = '', letter = '' }, change] = useTextSearch();
  const [chosen, setChosen] = useState(NONE);
  const which = endpoint === '' ? {} : { endpoint_id: endpoint };
  const rows = usePages({
    key: [...operationKeys.dead_letters, endpoint],
    refresh_ms: REFRESH_MS,
    read: ({ signal, cursor }) =>
      client.dead_letters.list({ ...which, ...pageAfter(cursor) }, { signal }),
  });
  // What was sent or thrown away meanwhile cannot be chosen any more.
  const there = new Set(rows.data?.filter(({ id }) => chosen.has(id)).map(({ id }) => id));
  const named = letter === '' ? undefined : rows.data?.find(({ id }) => id === letter);
  return (
    <Section title="Dead letters">
      <FilterBar>
        {endpoint !== '' && (
          <Button look="quiet" onClick={() => change({ endpoint: '' })}>
            Of one webhook{rows.data?.[0] && `: ${hostOf(rows.data[0].url)}`}
            <X className="size-3.5" aria-label="Show those of all" />
          </Button>
        )}
        <Actions
          chosen={there}
          endpoint={endpoint}
          has_some={(rows.data?.length ?? 0) > 0}
          onDone={() => setChosen(NONE)}
        />
      </FilterBar>
      <DataTable
        label="Dead letters"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        linkTo={({ id }) =>
          `/operations/dead-letters?${new URLSearchParams({ ...(endpoint === '' ? {} : { endpoint }), letter: id })}`
        }
        selection={{ chosen: there, onChange: setChosen }}
        empty={
          <EmptyState Icon={Mailbox} title="No dead letters">
            Every event reached its webhook, or is still being tried. What cannot be delivered will
            stand here.
          </EmptyState>
        }
      />
      {named !== undefined && (
        <DeadLetterDialog letter={named} onClose={() => change({ letter: '' })} />
      )}
    </Section>
  );
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  { key: 'url', name: 'Webhook', cell: ({ url }) => <span title={url}>{hostOf(url)}</span> },
  {
    key: 'lost',
    name: 'What was lost',
    cell: ({ payload }) => <LostLink payload={payload} />,
  },
  {
    key: 'error',
    name: 'Last error',
    cell: ({ last_error }) => <span title={last_error}>{last_error}</span>,
  },
  {
    key: 'agent',
    name: 'Agent',
    is_minor: true,
    cell: ({ agent_id }) => <AgentName id={agent_id} />,
  },
  { key: 'attempts', name: 'Attempts', is_number: true, cell: ({ attempts }) => attempts },
  { key: 'at', name: 'Since', cell: ({ created_at }) => <TimeAgo at={Date.parse(created_at)} /> },
];

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function plural(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`;
}

/** What can be done with those that are chosen, or with all that the address shows. */
function Actions({
  chosen,
  endpoint,
  has_some,
  onDone,
}: {
  chosen: ReadonlySet<string>;
  endpoint: string;
  has_some: boolean;
  onDone: () => void;
}) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [asked, setAsked] = useState<'retry_all' | 'delete' | null>(null);
  const readAgain = async () => {
    onDone();
    await cache.invalidateQueries({ queryKey: operationKeys.dead_letters });
  };
  const doToChosen = async (said: string, act: (id: string) => Promise<void>) => {
    const { done, failures } = await actOnAll([...chosen], act);
    if (done > 0) toaster.done(`${plural(done)} ${said}`);
    const [first] = failures;
    if (first) toaster.failed(`${plural(failures.length)} stayed`, first.error);
    await readAgain();
  };
  const retryAll = async () => {
    const which = endpoint === '' ? {} : { endpoint_id: endpoint };
    const count = await client.dead_letters.retryMany(which);
    toaster.done(
      `${plural(count)} sent again${count === 0 ? ': their webhooks are not active' : ''}`,
    );
    await readAgain();
  };
  if (!has_some) return null;
  return (
    <>
      {chosen.size > 0 && (
        <>
          <Button
            look="primary"
            onClick={() => void doToChosen('sent again', (id) => client.dead_letters.retry(id))}
          >
            <RotateCw className="size-4" aria-hidden />
            Send {chosen.size} again
          </Button>
          <Button look="danger" onClick={() => setAsked('delete')}>
            <Trash2 className="size-4" aria-hidden />
            Throw {chosen.size} away
          </Button>
        </>
      )}
      <Button className="ml-auto" onClick={() => setAsked('retry_all')}>
        <RotateCw className="size-4" aria-hidden />
        {endpoint === '' ? 'Send all again' : 'Send all of this webhook again'}
      </Button>
      {asked === 'retry_all' && (
        <ConfirmDialog
          title={endpoint === '' ? 'Send all again?' : 'Send all of this webhook again?'}
          description="Oldest first, up to 10,000, under the webhook-id that each had. Those whose webhooks are not active stay."
          verb="Send again"
          act={retryAll}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === 'delete' && (
        <ConfirmDialog
          title={`Throw ${plural(chosen.size)} away?`}
          description="Their receivers will never hear of these events from Cairn."
          verb="Throw away"
          act={() => doToChosen('thrown away', (id) => client.dead_letters.delete(id))}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}
