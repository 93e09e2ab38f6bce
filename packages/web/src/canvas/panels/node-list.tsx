import { KIND_LOOKS } from '../draw/kind-looks.ts';
import { NODE_KINDS, type Graph } from '../graph/graph.ts';
import { NodeButtons } from './details-panel.tsx';

const FIRST_SHOWN = 50;

/** The graph without a picture: every node by its kind, for keyboards, screen readers and browsers without a canvas. */
export function NodeList({
  graph,
  selected,
  onSelect,
}: {
  graph: Graph;
  selected: ReadonlySet<string>;
  onSelect: (ids: readonly string[]) => void;
}) {
  return (
    <div
      data-testid="canvas-list"
      className="absolute inset-0 overflow-y-auto bg-surface px-4 pt-16 pb-14"
    >
      <div className="mx-auto max-w-2xl space-y-6">
        {NODE_KINDS.map((kind) => {
          const nodes = graph.nodes.filter((node) => node.kind === kind);
          if (nodes.length === 0) return null;
          return (
            <section key={kind} aria-label={KIND_LOOKS[kind].plural}>
              <h2 className="mb-1 text-sm font-semibold">
                {KIND_LOOKS[kind].plural}
                <span className="ml-2 font-normal text-ink-faint tabular-nums">
                  {nodes.length.toLocaleString()}
                </span>
              </h2>
              <NodeButtons
                nodes={nodes}
                most={FIRST_SHOWN}
                selected={selected}
                onSelect={onSelect}
              />
            </section>
          );
        })}
      </div>
    </div>
  );
}
