import { X } from 'lucide-react';
import { classNames } from '../../ui/class-names.ts';
import { SearchFilter } from '../../ui/filters.tsx';
import { EDGE_LOOKS, KIND_LOOKS } from '../draw/kind-looks.ts';
import {
  countEdges,
  countKinds,
  NO_FILTER,
  tagsOf,
  type GraphFilter,
} from '../graph/filter-graph.ts';
import { EDGE_KINDS, NODE_KINDS, type EdgeKind, type Graph } from '../graph/graph.ts';
import { KindSign } from './kind-sign.tsx';

/** Tags that are offered: the most frequent of what is shown. */
const TAGS_OFFERED = 24;

/** The filters of the canvas, which are its legend too. */
export function FilterPanel({
  graph,
  shown,
  filter,
  onFilter,
  onClose,
}: Filtering & {
  graph: Graph;
  shown: Graph;
  onClose: () => void;
}) {
  const is_filtered =
    filter.q !== '' ||
    filter.tags.length > 0 ||
    filter.kinds.length < NODE_KINDS.length ||
    filter.edges.length < EDGE_KINDS.length;
  return (
    <section
      aria-label="Filters"
      data-testid="canvas-filters"
      className="flex h-full flex-col bg-surface"
    >
      <div className="flex h-12 shrink-0 items-center justify-between border-b border-line pr-2 pl-4">
        <h2 className="text-sm font-semibold">Filters</h2>
        <button
          type="button"
          aria-label="Close the filters"
          onClick={onClose}
          className="inline-flex size-8 items-center justify-center rounded-lg text-ink-soft hover:bg-sunken hover:text-ink"
        >
          <X className="size-4" aria-hidden />
        </button>
      </div>
      <div className="min-h-0 flex-1 space-y-5 overflow-y-auto p-4">
        <div>
          <SearchFilter
            label="Title or subtitle"
            value={filter.q}
            onChange={(q) => onFilter({ ...filter, q })}
            className="[&_input]:w-full"
          />
          <p className="mt-2 flex items-center justify-between text-xs text-ink-faint tabular-nums">
            <span role="status" data-testid="canvas-shown">
              {shown.nodes.length.toLocaleString()} of {graph.nodes.length.toLocaleString()}
            </span>
            {is_filtered && (
              <button
                type="button"
                onClick={() => onFilter(NO_FILTER)}
                className="rounded font-medium text-accent underline-offset-2 hover:underline"
              >
                Show all
              </button>
            )}
          </p>
        </div>
        <KindChoices graph={graph} filter={filter} onFilter={onFilter} />
        <TagChoices shown={shown} filter={filter} onFilter={onFilter} />
      </div>
    </section>
  );
}

interface Filtering {
  filter: GraphFilter;
  onFilter: (filter: GraphFilter) => void;
}

function KindChoices({ graph, filter, onFilter }: Filtering & { graph: Graph }) {
  const kinds = countKinds(graph);
  const edges = countEdges(graph);
  return (
    <>
      <Choices legend="Nodes">
        {NODE_KINDS.map((kind) => (
          <Choice
            key={kind}
            name={KIND_LOOKS[kind].plural}
            count={kinds[kind]}
            is_on={filter.kinds.includes(kind)}
            onToggle={() => onFilter({ ...filter, kinds: toggled(filter.kinds, kind, NODE_KINDS) })}
          >
            <KindSign kind={kind} />
          </Choice>
        ))}
      </Choices>
      <Choices legend="Edges">
        {EDGE_KINDS.map((kind) => (
          <Choice
            key={kind}
            name={EDGE_LOOKS[kind].name}
            count={edges[kind]}
            is_on={filter.edges.includes(kind)}
            onToggle={() => onFilter({ ...filter, edges: toggled(filter.edges, kind, EDGE_KINDS) })}
          >
            <EdgeSign kind={kind} />
          </Choice>
        ))}
      </Choices>
    </>
  );
}

function TagChoices({ shown, filter, onFilter }: Filtering & { shown: Graph }) {
  const offered = tagsOf(shown)
    .filter(({ tag }) => !filter.tags.includes(tag))
    .slice(0, TAGS_OFFERED);
  return (
    <div>
      <h3 className="mb-2 text-xs font-medium text-ink-soft">Tags, all of</h3>
      <div className="flex flex-wrap gap-1">
        {filter.tags.map((tag) => (
          <TagChip
            key={tag}
            tag={tag}
            is_on
            onToggle={() =>
              onFilter({ ...filter, tags: filter.tags.filter((each) => each !== tag) })
            }
          />
        ))}
        {offered.map(({ tag, count }) => (
          <TagChip
            key={tag}
            tag={tag}
            count={count}
            is_on={false}
            onToggle={() => onFilter({ ...filter, tags: [...filter.tags, tag] })}
          />
        ))}
      </div>
    </div>
  );
}

/** The list with one more or one less, in the order of `all`. */
function toggled<T>(chosen: readonly T[], one: T, all: readonly T[]): readonly T[] {
  return all.filter((each) => (each === one ? !chosen.includes(one) : chosen.includes(each)));
}

function Choices({ legend, children }: { legend: string; children: React.ReactNode }) {
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-ink-soft">{legend}</legend>
      {children}
    </fieldset>
  );
}

function Choice({
  name,
  count,
  is_on,
  onToggle,
  children,
}: {
  name: string;
  count: number;
  is_on: boolean;
  onToggle: () => void;
  children: React.ReactNode;
}) {
  return (
    <label
      className={classNames(
        '-mx-2 flex h-8 cursor-pointer items-center gap-2.5 rounded-lg px-2 text-sm hover:bg-sunken',
        !is_on && 'text-ink-faint',
      )}
    >
      <input
        type="checkbox"
        checked={is_on}
        onChange={onToggle}
        className="size-3.5 accent-accent"
      />
      {children}
      <span className="flex-1 truncate">{name}</span>
      <span className="text-xs text-ink-faint tabular-nums">{count.toLocaleString()}</span>
    </label>
  );
}

function TagChip({
  tag,
  count,
  is_on,
  onToggle,
}: {
  tag: string;
  count?: number;
  is_on: boolean;
  onToggle: () => void;
}) {
  return (
    <button
      type="button"
      aria-pressed={is_on}
      onClick={onToggle}
      title={tag}
      className={classNames(
        'inline-flex h-6 max-w-full items-center gap-1 rounded-md px-1.5 text-2xs',
        is_on
          ? 'bg-accent text-on-accent hover:bg-accent-strong'
          : 'bg-sunken text-ink-soft hover:text-ink',
      )}
    >
      <span className="truncate">{tag}</span>
      {count !== undefined && <span className="text-ink-faint tabular-nums">{count}</span>}
      {is_on && <X className="size-3 shrink-0" aria-hidden />}
    </button>
  );
}

function EdgeSign({ kind }: { kind: EdgeKind }) {
  const { colour, dash } = EDGE_LOOKS[kind];
  return (
    <svg viewBox="0 0 20 8" className="h-2 w-5 shrink-0" aria-hidden>
      <path
        d="M1 4h18"
        stroke={`var(${colour})`}
        strokeWidth={2}
        strokeLinecap="round"
        strokeDasharray={dash.map((length) => length / 1.5).join(' ')}
      />
      {kind === 'triggered' && <circle cx={12} cy={4} r={3} fill={`var(${colour})`} />}
    </svg>
  );
}
