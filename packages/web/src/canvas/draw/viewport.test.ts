import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf, centreOn, fit, seen, toCanvas, toScreen, ZOOM, zoomAt } from './viewport.ts';

const number = fc.double({ min: -5_000, max: 5_000, noNaN: true });
const point = fc.record({ x: number, y: number });
const viewport = fc.record({
  x: number,
  y: number,
  zoom: fc.double({ min: ZOOM.least, max: ZOOM.most, noNaN: true }),
});
const SIZE = { width: 1_000, height: 600 };

describe('the viewport', () => {
  it('leads from the canvas to the screen and back', () => {
    fc.assert(
      fc.property(viewport, point, (view, { x, y }) => {
        const back = toCanvas(view, toScreen(view, { x, y }));
        expect(back.x).toBeCloseTo(x, 5);
        expect(back.y).toBeCloseTo(y, 5);
      }),
    );
  });

  it('keeps what is under the pointer there when it zooms, between 0.1 and 3', () => {
    fc.assert(
      fc.property(
        viewport,
        point,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (view, at, factor) => {
          const before = toCanvas(view, at);
          const zoomed = zoomAt(view, at, factor);
          const after = toCanvas(zoomed, at);
          expect(after.x).toBeCloseTo(before.x, 4);
          expect(after.y).toBeCloseTo(before.y, 4);
          expect(zoomed.zoom).toBeGreaterThanOrEqual(ZOOM.least);
          expect(zoomed.zoom).toBeLessThanOrEqual(ZOOM.most);
        },
      ),
    );
  });

  it('shows all of what it fits, and magnifies nothing', () => {
    const bounds = boundsOf([
      { x: 0, y: 0 },
      { x: 4_000, y: 1_000 },
    ]);
    if (bounds === null) throw new Error('there are bounds');
    const area = seen(fit(bounds, SIZE), SIZE);
    expect(area.left).toBeLessThan(bounds.left);
    expect(area.right).toBeGreaterThan(bounds.right);
    expect(area.top).toBeLessThan(bounds.top);
    expect(area.bottom).toBeGreaterThan(bounds.bottom);
    expect(fit({ left: 0, right: 10, top: 0, bottom: 10 }, SIZE).zoom).toBe(1);
  });

  it('brings a point into the middle', () => {
    const view = centreOn({ x: 3, y: 4, zoom: 0.5 }, SIZE, { x: 70, y: 80 });
    expect(toScreen(view, { x: 70, y: 80 })).toEqual({ x: 500, y: 300 });
    expect(boundsOf([])).toBeNull();
  });
});
