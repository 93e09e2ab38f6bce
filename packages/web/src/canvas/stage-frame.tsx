import type { ReactNode, Ref } from 'react';
import { KIND_LOOKS } from './draw/kind-looks.ts';
import type { Scene } from './draw/scene.ts';

/** Key presses that mean something elsewhere too are left alone. */
type OnKey = (key: string) => boolean;

/**
 * What stands around a picture of the graph: it takes the focus and the keys, and says in words which node is selected, so
 * that people who do not see the picture can walk through it as through a list.
 */
export function StageFrame({
  frame,
  scene,
  selected,
  label,
  name,
  onKey,
  children,
}: {
  frame: Ref<HTMLDivElement>;
  scene: Scene;
  selected: ReadonlySet<string>;
  label: string;
  name: string;
  onKey: OnKey;
  children: ReactNode;
}) {
  const last = [...selected].at(-1);
  const place = last === undefined ? undefined : scene.places.get(last);
  const node = scene.nodes[place ?? 0];
  return (
    <div
      ref={frame}
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-multiselectable
      aria-describedby="canvas-keys"
      aria-activedescendant={place === undefined ? undefined : 'canvas-active'}
      data-stage
      data-testid={name}
      className="absolute inset-0 cursor-grab overflow-hidden outline-offset-[-3px] active:cursor-grabbing"
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (onKey(event.key)) event.preventDefault();
      }}
    >
      {children}
      {node !== undefined && (
        <div
          id="canvas-active"
          role="option"
          aria-selected={place !== undefined}
          className="sr-only"
          tabIndex={-1}
        >
          {node.title}, {KIND_LOOKS[node.kind].name}, {node.subtitle},{' '}
          {scene.edges_of[place ?? 0]?.length ?? 0} edges
        </div>
      )}
      <p id="canvas-keys" className="sr-only">
        Arrow keys move from node to node, Enter opens the details, plus and minus zoom, 0 shows
        everything, Escape clears the selection, slash goes to the filter. The list holds the same
        nodes.
      </p>
    </div>
  );
}
