import type { RegistryTool } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Braces, CircleCheck, KeyRound } from 'lucide-react';
import { lookAt } from '../live/look-at-breadcrumb.ts';
import { fieldOf, textOf } from '../live/read-context.ts';
import { queryKeys } from '../live/query-keys.ts';
import { useSession } from '../session/session.ts';
import { JsonView } from '../trail/json-view.tsx';
import { Chip } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { formatDuration } from '../ui/format-time.ts';
import { Page, Section } from '../ui/page.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Stat } from '../ui/stat.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { DefinitionStatus } from './definition-status.tsx';
import { RunTool } from './run-tool-form.tsx';
import { isSwitchedOff } from './switched-off.ts';
import { useForeignTool } from './use-foreign-tool.ts';
import { useActivate } from './use-activate.ts';

const BOX = 'max-h-80 overflow-auto rounded-xl border border-line bg-raised p-4';

/** One tool: what it takes and gives, the secrets it needs, how it did, and a form to run it now. */
export function ToolPage() {
  const { id } = useParams({ from: '/team/tools/$id' });
  const { client } = useSession();
  const tools = useQuery({
    queryKey: ['tools'],
    queryFn: ({ signal }) => client.registry.tools({ signal }),
  });
  const tool = tools.data?.find(({ definition_id, name }) => definition_id === id || name === id);
  if (tool !== undefined) return <Loaded key={id} tool={tool} />;
  return (
    <Page title="Tool">
      {tools.isPending && <Skeleton className="h-64 rounded-xl" />}
      {tools.isError && <ErrorNotice title="The tools could not be read" error={tools.error} />}
      {tools.data !== undefined && (
        <p className="text-sm text-ink-soft">
          There is no tool at this address.{' '}
          <Link to="/team/tools" className="text-accent underline underline-offset-4">
            All tools
          </Link>
        </p>
      )}
    </Page>
  );
}

function Loaded({ tool }: { tool: RegistryTool }) {
  const { client } = useSession();
  const activate = useActivate();
  const { definition_id } = tool;
  const is_off = isSwitchedOff(tool);
  const record = useQuery({
    queryKey: queryKeys.breadcrumb_view(definition_id ?? '', 'context'),
    queryFn: ({ signal }) => lookAt(client, definition_id ?? '', { signal }),
    enabled: definition_id !== null,
  });
  const foreign = useForeignTool(tool);
  const context = definition_id === null ? foreign.data : record.data?.context;
  const error = definition_id === null ? foreign.error : record.error;
  const schema =
    fieldOf(context, 'input_schema') ?? fieldOf(fieldOf(context, 'definition'), 'inputSchema');
  return (
    <Page
      title={tool.name}
      about={
        <span className="flex flex-wrap items-center gap-3">
          <DefinitionStatus status={tool.status} reason={tool.reason} is_off={is_off} />
          {tool.description}
        </span>
      }
      actions={
        <>
          {tool.status === 'proposed' && definition_id !== null && (
            <Button look="primary" onClick={() => void activate(definition_id)}>
              <CircleCheck className="size-4" aria-hidden />
              Activate
            </Button>
          )}
          {definition_id !== null && (
            <Link
              to="/trail/$id"
              params={{ id: definition_id }}
              className="inline-flex h-9 items-center gap-2 rounded-lg border border-line bg-raised px-3 text-sm font-medium hover:border-line-strong"
            >
              <Braces className="size-4" aria-hidden />
              Breadcrumb
            </Link>
          )}
        </>
      }
    >
      {tool.reason !== null && (
        <p role="status" className="mb-5 rounded-lg bg-warn-soft px-3 py-2 text-sm break-words">
          {tool.reason}
        </p>
      )}
      <Figures tool={tool} />
      {error !== null && <ErrorNotice title="Its definition could not be read" error={error} />}
      {context !== undefined && (
        <div className="mt-8 grid grid-cols-[minmax(0,1fr)] gap-x-8 lg:grid-cols-2">
          {!is_off && (
            <Section title="Run it now">
              <RunTool tool={tool.name} schema={schema} />
            </Section>
          )}
          <Definition context={context} schema={schema} />
        </div>
      )}
    </Page>
  );
}

function Figures({ tool: { metrics, last_seen } }: { tool: RegistryTool }) {
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
      <Stat name="Calls in 24 hours" value={metrics.calls} />
      <Stat name="Failed" value={metrics.failures} />
      <Stat
        name="On average"
        value={metrics.mean_ms === null ? '–' : formatDuration(metrics.mean_ms)}
      />
      <Stat
        name="Last call"
        value={last_seen === null ? 'never' : <TimeAgo at={Date.parse(last_seen)} />}
      />
    </div>
  );
}

function Definition({ context, schema }: { context: unknown; schema: unknown }) {
  const output =
    fieldOf(context, 'output_schema') ?? fieldOf(fieldOf(context, 'definition'), 'outputSchema');
  const source = textOf(fieldOf(context, 'code'), 'source');
  const secrets = fieldOf(context, 'required_secrets');
  return (
    <div className="max-lg:mt-8">
      {Array.isArray(secrets) && secrets.length > 0 && (
        <Section title="Secrets that it needs" className="mb-8">
          <p className="flex flex-wrap items-center gap-2 text-sm">
            <KeyRound className="size-4 text-ink-faint" aria-hidden />
            {secrets.map((name) => (
              <Chip key={String(name)}>{String(name)}</Chip>
            ))}
            <Link
              to="/operations/{-$part}"
              params={{ part: 'secrets' }}
              className="text-xs underline underline-offset-4"
            >
              to the secrets
            </Link>
          </p>
        </Section>
      )}
      <Section title="What it takes">
        <ScrollBox label="Schema of the input" className={BOX}>
          <JsonView value={schema ?? {}} />
        </ScrollBox>
      </Section>
      {output !== undefined && (
        <Section title="What it gives">
          <ScrollBox label="Schema of the output" className={BOX}>
            <JsonView value={output} />
          </ScrollBox>
        </Section>
      )}
      {source !== null && (
        <Section title="Its code">
          <ScrollBox label="Code of the tool" className={BOX}>
            <pre className="font-mono text-xs break-words whitespace-pre-wrap">{source}</pre>
          </ScrollBox>
        </Section>
      )}
    </div>
  );
}
