import { MCP_SCHEMAS, MCP_SERVER_NAME, mcpTag, type BreadcrumbContext } from '@cairn/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Cable, Plus } from 'lucide-react';
import { useState } from 'react';
import { fieldOf, textOf } from '../live/read-context.ts';
import { useReadAgainOn } from '../live/use-events.ts';
import { useSession } from '../session/session.ts';
import { StatusBadge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { DialogFrame } from '../ui/dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { TextField } from '../ui/field.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { useToaster } from '../ui/toasts.tsx';

const MCP = ['mcp_servers'] as const;
const SERVERS_AT_MOST = 200;
/** How a header names a secret. */
const NAMED_SECRET = `\${secret:NAME}`;
const CONCERNS: readonly (string | null)[] = Object.values(MCP_SCHEMAS);

/** A mounted server, put together from the records about it. */
interface MountedServer {
  readonly name: string;
  /** Null for those that the administrator's file mounts. */
  readonly record_id: string | null;
  readonly url: string | null;
  readonly state: string | null;
  readonly error: string | null;
  readonly tools: readonly string[];
}

/** The MCP servers that are mounted: whether they are there, and which tools they bring. */
export function McpServers() {
  const { client } = useSession();
  const [is_mounting, setMounting] = useState(false);
  useReadAgainOn(MCP, ({ schema_name }) => CONCERNS.includes(schema_name));
  const servers = useQuery({
    queryKey: MCP,
    queryFn: async ({ signal }) => {
      const read = async (schema_name: string) => {
        const query = { schema_name, limit: SERVERS_AT_MOST, include_context: true } as const;
        return (await client.listBreadcrumbs(query, { signal })).items;
      };
      const [records, states, tools] = await Promise.all([
        read(MCP_SCHEMAS.server),
        read(MCP_SCHEMAS.status),
        read(MCP_SCHEMAS.tools),
      ]);
      return assemble(records, states, tools);
    },
  });
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Button onClick={() => setMounting(true)}>
          <Plus className="size-4" aria-hidden />
          Mount a server
        </Button>
      </div>
      {servers.isPending && <Skeleton className="h-32 rounded-xl" />}
      {servers.isError && (
        <ErrorNotice title="The servers could not be read" error={servers.error} />
      )}
      {servers.data?.length === 0 && (
        <EmptyState
          Icon={Cable}
          title="No MCP server is mounted"
          command="MCP_SERVERS_FILE=mcp.json npm start"
        >
          Mount one by its address here, or have the server start commands from a file.
        </EmptyState>
      )}
      <ul className="space-y-3">
        {servers.data?.map((server) => (
          <ServerCard key={server.name} server={server} />
        ))}
      </ul>
      {is_mounting && <MountDialog onClose={() => setMounting(false)} />}
    </>
  );
}

function ServerCard({ server }: { server: MountedServer }) {
  const { name, record_id, url, state, error, tools } = server;
  return (
    <li className="rounded-xl border border-line bg-raised p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h3 className="text-sm font-semibold">{name}</h3>
        <StatusBadge tone={state === 'ready' ? 'good' : state === null ? 'calm' : 'bad'}>
          {state ?? 'not tried yet'}
        </StatusBadge>
        <span className="min-w-0 flex-1 truncate font-mono text-xs text-ink-faint">
          {url ?? 'of the administrator’s file'}
        </span>
        {record_id !== null && (
          <Link
            to="/trail/$id"
            params={{ id: record_id }}
            className="text-xs text-ink-soft underline underline-offset-4"
          >
            record
          </Link>
        )}
      </div>
      {error !== null && <p className="mt-2 text-sm break-words text-bad">{error}</p>}
      {tools.length > 0 && (
        <p className="mt-2 flex flex-wrap gap-1">
          {tools.map((tool) => (
            <Link
              key={tool}
              to="/team/tools/$id"
              params={{ id: tool }}
              className="rounded bg-sunken px-1.5 font-mono text-2xs text-ink-soft hover:text-ink"
            >
              {tool}
            </Link>
          ))}
        </p>
      )}
    </li>
  );
}

function MountDialog({ onClose }: { onClose: () => void }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [header, setHeader] = useState('');
  const [error, setError] = useState<unknown>(null);
  const is_named = new RegExp(MCP_SERVER_NAME, 'u').test(name);
  const mount = async () => {
    setError(null);
    const headers = header.trim() === '' ? {} : { headers: { authorization: header.trim() } };
    try {
      await client.createBreadcrumb({
        title: `MCP server: ${name}`,
        schema_name: MCP_SCHEMAS.server,
        tags: [mcpTag(name)],
        context: { name, url: url.trim(), ...headers },
      });
      toaster.done(`${name} is being connected`);
      await cache.invalidateQueries({ queryKey: MCP });
      onClose();
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <DialogFrame
      title="Mount an MCP server"
      description="Its tools become tools of your agents, each under the name of the server."
      onClose={onClose}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          void mount();
        }}
      >
        <TextField
          label="Name"
          hint="Short: it stands before the names of its tools."
          autoFocus
          required
          value={name}
          error={name === '' || is_named ? null : 'Letters, digits, _ and -, at most 32'}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="Address"
          placeholder="https://mcp.example.com/mcp"
          type="url"
          required
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <TextField
          label="Authorization header"
          placeholder={`Bearer ${NAMED_SECRET}`}
          hint={`${NAMED_SECRET} stands for a secret; do not write the secret itself.`}
          value={header}
          onChange={(event) => setHeader(event.target.value)}
        />
        {error !== null && <ErrorNotice title="It was not mounted" error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={!is_named || url.trim() === ''}>
            Mount
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}

/** Puts the records of each server together, by the name of the server. */
function assemble(
  records: readonly BreadcrumbContext[],
  states: readonly BreadcrumbContext[],
  tools: readonly BreadcrumbContext[],
): readonly MountedServer[] {
  const nameIn = ({ context }: BreadcrumbContext) => textOf(context, 'name', 'server') ?? '';
  const names = new Set([...records, ...states].map(nameIn).filter((name) => name !== ''));
  return [...names].toSorted().map((name) => {
    const record = records.find((each) => nameIn(each) === name);
    const status = states.find((each) => nameIn(each) === name)?.context;
    const list = fieldOf(tools.find((each) => nameIn(each) === name)?.context, 'tools');
    return {
      name,
      record_id: record?.id ?? null,
      url: textOf(record?.context, 'url'),
      state: textOf(status, 'state'),
      error: textOf(fieldOf(status, 'error'), 'message'),
      tools: Array.isArray(list) ? list.flatMap((each: unknown) => textOf(each, 'name') ?? []) : [],
    };
  });
}
