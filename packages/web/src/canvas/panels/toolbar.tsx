import {
  Box,
  Crosshair,
  List,
  Maximize,
  Minus,
  Plus,
  RotateCcw,
  SlidersHorizontal,
  Square,
  type LucideIcon,
} from 'lucide-react';
import { classNames } from '../../ui/class-names.ts';
import type { CanvasMode } from '../canvas-search.ts';
import { LAYOUTS, type LayoutName } from '../layouts/layout.ts';

const MODE_LOOKS: readonly { mode: CanvasMode; name: string; Icon: LucideIcon }[] = [
  { mode: '2d', name: '2D', Icon: Square },
  { mode: '3d', name: '3D', Icon: Box },
  { mode: 'list', name: 'List', Icon: List },
];
const LAYOUT_NAMES: Readonly<Record<LayoutName, string>> = {
  grid: 'Grid',
  circular: 'Circles',
  force: 'Force',
  hierarchical: 'Hierarchy',
};

/** What the toolbar does. */
export interface ToolbarActions {
  onMode: (mode: CanvasMode) => void;
  onLayout: (layout: LayoutName) => void;
  onFilters: () => void;
  onFit: () => void;
  onCentre: () => void;
  onReset: () => void;
  onZoom: (factor: number) => void;
}

/** How the graph is shown, and moving about in it. */
export function Toolbar({
  mode,
  layout,
  is_filtered,
  are_filters_open,
  ...actions
}: ToolbarActions & {
  mode: CanvasMode;
  layout: LayoutName;
  is_filtered: boolean;
  are_filters_open: boolean;
}) {
  return (
    <div
      role="toolbar"
      aria-label="Canvas"
      className="pointer-events-none absolute inset-x-3 top-3 z-10 flex flex-wrap items-start gap-2"
    >
      <Group>
        <Tool
          label={are_filters_open ? 'Close the filters' : 'Filters'}
          Icon={SlidersHorizontal}
          is_on={are_filters_open}
          onClick={actions.onFilters}
        >
          {is_filtered && (
            <span className="absolute top-1 right-1 size-2 rounded-full bg-accent" aria-hidden />
          )}
        </Tool>
      </Group>
      <Group>
        {MODE_LOOKS.map(({ mode: each, name, Icon }) => (
          <button
            key={each}
            type="button"
            aria-pressed={mode === each}
            onClick={() => actions.onMode(each)}
            className={classNames(
              'inline-flex h-8 items-center gap-1.5 rounded-lg px-2.5 text-xs font-medium',
              mode === each ? 'bg-accent-soft text-ink' : 'text-ink-soft hover:bg-sunken',
            )}
          >
            <Icon className="size-3.5" aria-hidden />
            {name}
          </button>
        ))}
      </Group>
      {mode !== 'list' && (
        <>
          <Group>
            <select
              aria-label="Layout"
              value={layout}
              onChange={(event) => {
                const chosen = LAYOUTS.find((each) => each === event.target.value);
                if (chosen !== undefined) actions.onLayout(chosen);
              }}
              className="h-8 rounded-lg bg-raised pr-1 pl-2 text-xs font-medium text-ink-soft hover:text-ink"
            >
              {LAYOUTS.map((each) => (
                <option key={each} value={each}>
                  {LAYOUT_NAMES[each]}
                </option>
              ))}
            </select>
          </Group>
          <Group>
            <Tool label="Zoom out" Icon={Minus} onClick={() => actions.onZoom(1 / 1.3)} />
            <Tool label="Zoom in" Icon={Plus} onClick={() => actions.onZoom(1.3)} />
            <Tool label="Show everything" Icon={Maximize} onClick={actions.onFit} />
            <Tool label="Centre the selection" Icon={Crosshair} onClick={actions.onCentre} />
            <Tool label="Arrange again" Icon={RotateCcw} onClick={actions.onReset} />
          </Group>
        </>
      )}
    </div>
  );
}

function Group({ children }: { children: React.ReactNode }) {
  return (
    <div className="pointer-events-auto flex items-center gap-0.5 rounded-xl border border-line bg-raised p-0.5 shadow-panel">
      {children}
    </div>
  );
}

function Tool({
  label,
  Icon,
  is_on,
  onClick,
  children,
}: {
  label: string;
  Icon: LucideIcon;
  is_on?: boolean;
  onClick: () => void;
  children?: React.ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...(is_on === undefined ? {} : { 'aria-pressed': is_on })}
      onClick={onClick}
      className={classNames(
        'relative inline-flex size-8 items-center justify-center rounded-lg',
        is_on ? 'bg-accent-soft text-ink' : 'text-ink-soft hover:bg-sunken hover:text-ink',
      )}
    >
      <Icon className="size-4" aria-hidden />
      {children}
    </button>
  );
}
