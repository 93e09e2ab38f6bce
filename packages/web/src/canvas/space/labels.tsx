import { useFrame, useThree } from '@react-three/fiber';
import { useEffect, useMemo, type RefObject } from 'react';
import { Matrix4, PerspectiveCamera } from 'three';
import type { Scene } from '../draw/scene.ts';
import { pickBall, project } from './pick.ts';
import type { SpaceBuffers } from './space-buffers.ts';
import { pixelsPerUnit } from './space-content.tsx';

/** What the camera sees, for those outside. */
export interface Eye {
  pick(x: number, y: number): number | null;
}

const LABELS_AT_MOST = 14;
const LABEL_PLACES = Array.from({ length: LABELS_AT_MOST }, (_, at) => at);
/** A ball of fewer pixels gets no label by itself. */
const LABEL_PIXELS = 11;

/** Where names are written. */
export function LabelPlaces() {
  return (
    <div data-labels aria-hidden className="pointer-events-none absolute inset-0 overflow-hidden">
      {LABEL_PLACES.map((place) => (
        <span
          key={place}
          className="absolute top-0 left-0 hidden max-w-44 truncate rounded-md border border-line bg-raised/90 px-1.5 py-0.5 text-2xs text-ink data-marked:border-accent data-marked:font-medium"
        />
      ))}
    </div>
  );
}

/** Names for what is selected, under the pointer, or near: they follow the camera without React. */
export function Labels({
  box,
  scene,
  buffers,
  selected,
  hovered,
  onEye,
}: {
  box: RefObject<HTMLDivElement | null>;
  scene: Scene;
  buffers: SpaceBuffers;
  selected: ReadonlySet<number>;
  hovered: number | null;
  onEye: (eye: Eye | null) => void;
}) {
  const { camera, size } = useThree();
  const matrix = useMemo(() => new Matrix4(), []);
  useEffect(() => {
    onEye({
      pick(x, y) {
        if (!(camera instanceof PerspectiveCamera)) return null;
        matrix.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
        const pixels = pixelsPerUnit(camera, size.height);
        return pickBall(matrix.elements, buffers.points, buffers.radii, { x, y }, size, pixels);
      },
    });
    return () => onEye(null);
  }, [onEye, camera, size, buffers, matrix]);
  useFrame(() => {
    const spans = box.current?.querySelectorAll<HTMLElement>('[data-labels] > span');
    if (spans === undefined || !(camera instanceof PerspectiveCamera)) return;
    matrix.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
    const pixels = pixelsPerUnit(camera, size.height);
    const marked = [...(hovered === null ? [] : [hovered]), ...selected].slice(0, LABELS_AT_MOST);
    const near = nearest(
      matrix.elements,
      buffers,
      size,
      pixels,
      LABELS_AT_MOST * 2 - marked.length,
    );
    const shown = apart([...new Set([...marked, ...near])], scene, (place) =>
      project(matrix.elements, buffers.points, place, size.width, size.height),
    );
    for (const [at, span] of spans.entries()) {
      const place = shown[at];
      const point =
        place === undefined
          ? null
          : project(matrix.elements, buffers.points, place, size.width, size.height);
      if (place === undefined || point === null) {
        span.style.display = 'none';
        continue;
      }
      const down = ((buffers.radii[place] ?? 0) * pixels) / point.depth + 4;
      const title = scene.nodes[place]?.title.slice(0, 60) ?? '';
      if (span.textContent !== title) span.textContent = title;
      span.toggleAttribute('data-marked', place === hovered || selected.has(place));
      span.style.display = 'block';
      span.style.transform = `translate(${Math.round(point.x)}px, ${Math.round(point.y + down)}px) translateX(-50%)`;
    }
  });
  return null;
}

/** About the size of a label, for keeping them apart. */
const LABEL = { character: 6.2, most: 176, height: 24 } as const;

/** Without those that would lie on one before them. */
function apart(
  places: readonly number[],
  scene: Scene,
  where: (place: number) => { readonly x: number; readonly y: number } | null,
): readonly number[] {
  const taken: { x: number; y: number; half: number }[] = [];
  return places.filter((place) => {
    const point = where(place);
    if (point === null) return false;
    const length = scene.nodes[place]?.title.length ?? 0;
    const half = Math.min(LABEL.most, length * LABEL.character) / 2 + 6;
    const is_free = taken.every(
      (each) =>
        Math.abs(each.x - point.x) > each.half + half || Math.abs(each.y - point.y) > LABEL.height,
    );
    if (is_free) taken.push({ x: point.x, y: point.y, half });
    return is_free;
  });
}

/** The largest balls on the screen, if they are large at all. */
function nearest(
  matrix: ArrayLike<number>,
  { points, radii }: SpaceBuffers,
  size: { readonly width: number; readonly height: number },
  pixels: number,
  most: number,
): readonly number[] {
  const large: { place: number; reach: number }[] = [];
  for (let place = 0; place < radii.length; place++) {
    const point = project(matrix, points, place, size.width, size.height);
    if (point === null) continue;
    const reach = ((radii[place] ?? 0) * pixels) / point.depth;
    if (reach < LABEL_PIXELS) continue;
    if (point.x < 0 || point.x > size.width || point.y < 0 || point.y > size.height) continue;
    large.push({ place, reach });
  }
  return large
    .toSorted((a, b) => b.reach - a.reach)
    .slice(0, Math.max(0, most))
    .map(({ place }) => place);
}
