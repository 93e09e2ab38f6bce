import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { ArrowRight, X } from 'lucide-react';
import { useMemo, useState, type Ref } from 'react';
import { lookAt } from '../../live/look-at-breadcrumb.ts';
import { queryKeys } from '../../live/query-keys.ts';
import { useSession } from '../../session/session.ts';
import { JsonView } from '../../trail/json-view.tsx';
import { IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorNotice } from '../../ui/error-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { EDGE_LOOKS, KIND_LOOKS } from '../draw/kind-looks.ts';
import { EDGE_KINDS, objectOf, type Graph, type GraphNode } from '../graph/graph.ts';
import { KindSign } from './kind-sign.tsx';
import { linkOf } from './link-of.ts';

interface Chosen {
  graph: Graph;
  onSelect: (ids: readonly string[]) => void;
}

/** What is selected: everything about one node, or a list of several. */
export function DetailsPanel({
  nodes,
  panel,
  onClose,
  ...chosen
}: Chosen & {
  nodes: readonly GraphNode[];
  panel: Ref<HTMLElement>;
  onClose: () => void;
}) {
  const [only] = nodes;
  return (
    <section
      ref={panel}
      tabIndex={-1}
      aria-label="Details"
      data-testid="canvas-details"
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      className="flex h-full flex-col bg-surface outline-none"
    >
      {nodes.length === 1 && only !== undefined ? (
        <OneNode key={only.id} node={only} onClose={onClose} {...chosen} />
      ) : (
        <ManyNodes nodes={nodes} onClose={onClose} {...chosen} />
      )}
    </section>
  );
}

function Head({
  title,
  about,
  sign,
  onClose,
}: {
  title: string;
  about: string;
  sign?: React.ReactNode;
  onClose: () => void;
}) {
  return (
    <div className="flex items-start gap-3 px-4 pt-3.5 pb-3">
      {sign}
      <div className="min-w-0 flex-1">
        <h2 className="line-clamp-2 text-sm font-semibold break-words">{title}</h2>
        <p className="truncate text-xs text-ink-faint">{about}</p>
      </div>
      <IconButton label="Close the details" onClick={onClose} className="-mt-1 -mr-2">
        <X className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}

function OneNode({
  node,
  graph,
  onSelect,
  onClose,
}: Chosen & { node: GraphNode; onClose: () => void }) {
  const { type, id } = objectOf(node.id);
  const link = linkOf(node);
  return (
    <>
      <Head
        title={node.title}
        about={`${KIND_LOOKS[node.kind].name} · ${node.subtitle}`}
        sign={
          <span className="inline-flex size-8 shrink-0 items-center justify-center rounded-lg border border-line bg-raised">
            <KindSign kind={node.kind} className="size-4" />
          </span>
        }
        onClose={onClose}
      />
      <div className="min-h-0 flex-1 space-y-4 overflow-y-auto px-4 pb-4">
        {link !== null && <PageLink {...link} />}
        <Facts node={node} id={id} is_breadcrumb={type === 'breadcrumb'} />
        <Relations node={node} graph={graph} onSelect={onSelect} />
        {type === 'breadcrumb' && <Context id={id} />}
      </div>
    </>
  );
}

function PageLink({ href, name }: { href: string; name: string }) {
  const router = useRouter();
  return (
    <a
      href={href}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        router.history.push(href);
      }}
      className="inline-flex items-center gap-1.5 rounded text-sm font-medium text-accent underline-offset-4 hover:underline"
    >
      {name}
      <ArrowRight className="size-3.5" aria-hidden />
    </a>
  );
}

function useContext(id: string, enabled: boolean) {
  const { client } = useSession();
  return useQuery({
    queryKey: queryKeys.breadcrumb_view(id, 'context'),
    queryFn: ({ signal }) => lookAt(client, id, { signal }),
    enabled,
  });
}

function Facts({
  node,
  id,
  is_breadcrumb,
}: {
  node: GraphNode;
  id: string;
  is_breadcrumb: boolean;
}) {
  const { data } = useContext(id, is_breadcrumb);
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-1 text-xs">
        <dt className="text-ink-faint">Id</dt>
        <dd className="flex min-w-0 items-center font-mono" title={id}>
          <span className="truncate">{id}</span>
          <CopyButton text={id} label="Copy the id" className="-my-1 size-6" />
        </dd>
        {is_breadcrumb && (
          <>
            <dt className="text-ink-faint">Version</dt>
            <dd className="tabular-nums">{data?.version ?? '…'}</dd>
            <dt className="text-ink-faint">Schema</dt>
            <dd className="truncate font-mono">{data ? (data.schema_name ?? 'none') : '…'}</dd>
          </>
        )}
        {Number.isFinite(node.at) && (
          <>
            <dt className="text-ink-faint">Updated</dt>
            <dd>
              <TimeAgo at={data ? Date.parse(data.updated_at) : node.at} />
            </dd>
          </>
        )}
      </dl>
      {node.tags.length > 0 && (
        <ul aria-label="Tags" className="flex flex-wrap gap-1">
          {node.tags.map((tag) => (
            <li
              key={tag}
              title={tag}
              className="max-w-full truncate rounded bg-sunken px-1.5 text-2xs text-ink-soft"
            >
              {tag}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const RELATED_SHOWN = 8;

/** The neighbours by what the edges to them say. */
function Relations({ node, graph, onSelect }: Chosen & { node: GraphNode }) {
  const groups = useMemo(() => {
    const names = new Map(graph.nodes.map((each) => [each.id, each]));
    return EDGE_KINDS.flatMap((kind) => {
      const of_kind = graph.edges.filter((edge) => edge.kind === kind);
      const to = of_kind.filter(({ from }) => from === node.id).map((edge) => edge.to);
      const from = of_kind.filter((edge) => edge.to === node.id).map((edge) => edge.from);
      return [
        { key: `${kind} to`, name: EDGE_LOOKS[kind].name, ids: to },
        { key: `${kind} from`, name: BACKWARDS[kind], ids: from },
      ];
    })
      .filter(({ ids }) => ids.length > 0)
      .map(({ ids, ...group }) => ({ ...group, nodes: ids.flatMap((id) => names.get(id) ?? []) }));
  }, [graph, node.id]);
  return groups.map(({ key, name, nodes }) => (
    <div key={key}>
      <h3 className="mb-1 text-xs font-medium text-ink-soft first-letter:uppercase">
        {name} <span className="font-normal text-ink-faint tabular-nums">{nodes.length}</span>
      </h3>
      <NodeButtons nodes={nodes} most={RELATED_SHOWN} onSelect={onSelect} />
    </div>
  ));
}

const BACKWARDS = {
  creates: 'created by',
  config: 'configures',
  subscribed: 'is shown',
  triggered: 'triggered by',
  belongs: 'holds',
} as const;

function Context({ id }: { id: string }) {
  const query = useContext(id, true);
  if (query.data !== undefined) {
    return (
      <div>
        <div className="flex items-center justify-between">
          <h3 className="text-xs font-medium text-ink-soft">Context</h3>
          <CopyButton text={JSON.stringify(query.data.context, null, 2)} label="Copy the JSON" />
        </div>
        <div className="mt-1 rounded-lg border border-line bg-raised p-3">
          <JsonView value={query.data.context} />
        </div>
      </div>
    );
  }
  if (query.error !== null) {
    return (
      <ErrorNotice
        title="The breadcrumb could not be read"
        error={query.error}
        onRetry={() => void query.refetch()}
      />
    );
  }
  return (
    <div className="space-y-2" aria-busy="true">
      <Skeleton className="h-3.5 w-2/3" />
      <Skeleton className="h-3.5 w-1/2" />
    </div>
  );
}

const MANY_SHOWN = 100;

function ManyNodes({
  nodes,
  onSelect,
  onClose,
}: Chosen & { nodes: readonly GraphNode[]; onClose: () => void }) {
  return (
    <>
      <Head
        title={`${nodes.length.toLocaleString()} selected`}
        about="Choose one to see everything about it"
        onClose={onClose}
      />
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">
        <NodeButtons nodes={nodes} most={MANY_SHOWN} onSelect={onSelect} />
      </div>
    </>
  );
}

/** Nodes to choose from, the first of them until somebody asks for more. */
export function NodeButtons({
  nodes,
  most,
  selected,
  onSelect,
}: {
  nodes: readonly GraphNode[];
  most: number;
  selected?: ReadonlySet<string>;
  onSelect: (ids: readonly string[]) => void;
}) {
  const [shown, setShown] = useState(most);
  return (
    <>
      <ul>
        {nodes.slice(0, shown).map((node) => (
          <li key={node.id}>
            <button
              type="button"
              aria-pressed={selected?.has(node.id)}
              onClick={() => onSelect([node.id])}
              className="-mx-2 flex w-[calc(100%+1rem)] items-center gap-2.5 rounded-lg px-2 py-1.5 text-left hover:bg-sunken aria-pressed:bg-accent-soft"
            >
              <KindSign kind={node.kind} />
              <span className="min-w-0 flex-1 truncate text-sm">{node.title}</span>
              <span className="max-w-[40%] truncate text-2xs text-ink-faint">{node.subtitle}</span>
            </button>
          </li>
        ))}
      </ul>
      {nodes.length > shown && (
        <button
          type="button"
          onClick={() => setShown(shown + MANY_SHOWN)}
          className="mt-1 rounded text-xs font-medium text-accent underline-offset-2 hover:underline"
        >
          {Math.min(MANY_SHOWN, nodes.length - shown)} more of {nodes.length.toLocaleString()}
        </button>
      )}
    </>
  );
}
