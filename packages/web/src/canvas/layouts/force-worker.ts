import type { LayoutInput } from './layout.ts';
import { layoutForce } from './layout-force.ts';

/** One order, one answer; then the page ends the worker. */
addEventListener('message', ({ data }: MessageEvent<LayoutInput>) => {
  const positions = layoutForce(data);
  postMessage(positions, { transfer: [positions.buffer] });
});
