import { SCHEMAS } from '@cairn/protocol';
import { Button, CopyButton, describeError } from '@cairn/web';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Eye, EyeOff } from 'lucide-react';
import { useSession } from '../session/session.ts';
import { CHAT_AGENT, PAGE_SOURCE, readerConfig, readersIn } from './page-readers.ts';

const KEY = ['page-readers'] as const;
const CONFIGS_AT_MOST = 200;

/** Says which agents are shown the page by themselves, and lets a curator show it to the one that chats. */
export function ReaderNotice() {
  const { client, system } = useSession();
  const cache = useQueryClient();
  const readers = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      const query = {
        schema_name: SCHEMAS.context_config,
        limit: CONFIGS_AT_MOST,
        include_context: true,
      } as const;
      const { items } = await client.listBreadcrumbs(query, { signal });
      return readersIn(items.map(({ context }) => context));
    },
  });
  const show = useMutation({
    mutationFn: () => client.createBreadcrumb(readerConfig(CHAT_AGENT)),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
  if (readers.data === undefined) return null;
  const { readers: names, configured } = readers.data;
  if (names.length > 0) {
    return (
      <Notice Icon={Eye} testid="page-readers">
        Shown by itself to: <strong className="font-medium">{names.join(', ')}</strong>. Other
        agents find it only if they look for it.
      </Notice>
    );
  }
  const may_show = system.roles.includes('curator') && !configured.includes(CHAT_AGENT);
  return (
    <Notice Icon={EyeOff} testid="page-readers">
      No agent is shown it by itself yet: its context must name it as a source.
      {may_show ? (
        <Button className="mt-2 h-8 w-full" disabled={show.isPending} onClick={() => show.mutate()}>
          Show shared pages to the agent “{CHAT_AGENT}”
        </Button>
      ) : (
        <span className="mt-1 flex items-center gap-1">
          Add this to its context.config.v1:
          <CopyButton text={JSON.stringify(PAGE_SOURCE, null, 2)} label="Copy the source" />
        </span>
      )}
      {show.isError && (
        <span role="alert" className="mt-1 block text-bad">
          {describeError(show.error).summary}
        </span>
      )}
    </Notice>
  );
}

function Notice({
  Icon,
  testid,
  children,
}: {
  Icon: typeof Eye;
  testid: string;
  children: React.ReactNode;
}) {
  return (
    <div
      data-testid={testid}
      className="flex items-start gap-2 rounded-lg border border-line bg-surface p-3 text-xs text-ink-soft"
    >
      <Icon className="mt-0.5 size-3.5 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
