import type { LayoutInput, LayoutName, Positions } from './layout.ts';
import { layoutCircular } from './layout-circular.ts';
import { layoutGrid } from './layout-grid.ts';
import { layoutHierarchical } from './layout-hierarchical.ts';

/** A layout that is done within a frame. `force` takes seconds and is computed by a worker. */
export function layoutAtOnce(name: Exclude<LayoutName, 'force'>, input: LayoutInput): Positions {
  switch (name) {
    case 'grid':
      return layoutGrid(input);
    case 'circular':
      return layoutCircular(input);
    case 'hierarchical':
      return layoutHierarchical(input);
  }
}
