import { useFrame, useThree } from '@react-three/fiber';
import { useEffect, useMemo, useRef } from 'react';
import { BufferAttribute, BufferGeometry, Color, PerspectiveCamera, ShaderMaterial } from 'three';
import type { Store } from '../../live/store.ts';
import type { Palette } from '../draw/palette.ts';
import { BALL_FRAGMENT, BALL_VERTEX, LINE_FRAGMENT, LINE_VERTEX } from './shaders.ts';
import type { SpaceBuffers } from './space-buffers.ts';

/** A thing that runs along a triggered edge needs this long. */
const RUN_S = 2.6;
/** At rest things run at this pace: a view that nobody touches must not keep a processor busy. */
const RUN_FRAME_MS = 60;

/** Balls and lines: two calls to the graphics processor for each frame. */
export function SpaceContent({
  buffers,
  palette,
  selected,
  hovered,
  is_running,
  lines_share,
}: {
  buffers: SpaceBuffers;
  palette: Palette;
  selected: ReadonlySet<number>;
  hovered: number | null;
  is_running: boolean;
  /** How many of the lines are drawn, from 0 to 1. */
  lines_share: Store<number>;
}) {
  const invalidate = useThree((state) => state.invalidate);
  const camera = useThree((state) => state.camera);
  const height = useThree((state) => state.size.height);
  const dpr = useThree((state) => state.viewport.dpr);
  const { balls, ball_look, lines, line_look } = useDrawn(buffers, palette);
  useEffect(() => {
    const marks = new Float32Array(buffers.radii.length);
    for (const at of selected) marks[at] = 1;
    if (hovered !== null) marks[hovered] = 1;
    setMarks(balls, marks);
    invalidate();
  }, [balls, buffers, selected, hovered, invalidate]);
  useEffect(() => {
    if (!(camera instanceof PerspectiveCamera)) return;
    setUniform(ball_look, 'pixels', pixelsPerUnit(camera, height * dpr));
    invalidate();
  }, [ball_look, camera, height, dpr, invalidate]);
  const moved_at = useRef(0);
  useFrame(({ clock }) => {
    lines.setDrawRange(0, Math.round((buffers.line_looks.length / 6) * lines_share.get()) * 2);
    setUniform(line_look, 'time', is_running ? (clock.elapsedTime / RUN_S) % 1 : -10);
    moved_at.current = performance.now();
  });
  useEffect(() => {
    if (!is_running) return;
    const timer = setInterval(() => {
      if (!document.hidden && performance.now() - moved_at.current >= RUN_FRAME_MS / 2)
        invalidate();
    }, RUN_FRAME_MS);
    return () => clearInterval(timer);
  }, [is_running, invalidate]);
  return (
    <>
      <lineSegments geometry={lines} material={line_look} frustumCulled={false} renderOrder={0} />
      <points geometry={balls} material={ball_look} frustumCulled={false} renderOrder={1} />
    </>
  );
}

/** Pixels of the screen for a unit of space at a distance of one. */
export function pixelsPerUnit(camera: PerspectiveCamera, height: number): number {
  return height / (2 * Math.tan((camera.fov * Math.PI) / 360));
}

function setUniform(material: ShaderMaterial, name: string, value: number): void {
  const uniform = material.uniforms[name];
  if (uniform !== undefined) uniform.value = value;
}

function setMarks(geometry: BufferGeometry, marks: Float32Array<ArrayBuffer>): void {
  geometry.setAttribute('mark', new BufferAttribute(marks, 1));
}

function useDrawn(buffers: SpaceBuffers, palette: Palette) {
  const balls = useMemo(() => {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(buffers.points, 3));
    geometry.setAttribute('radius', new BufferAttribute(buffers.radii, 1));
    geometry.setAttribute('kind', new BufferAttribute(buffers.kinds, 1));
    geometry.setAttribute('mark', new BufferAttribute(new Float32Array(buffers.radii.length), 1));
    return geometry;
  }, [buffers]);
  const lines = useMemo(() => {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(buffers.line_points, 3));
    geometry.setAttribute('look', new BufferAttribute(buffers.line_looks, 3));
    return geometry;
  }, [buffers]);
  const count = buffers.line_looks.length / 6;
  const ball_look = useMemo(
    () =>
      new ShaderMaterial({
        vertexShader: BALL_VERTEX,
        fragmentShader: BALL_FRAGMENT,
        // Not that they were: what is transparent is drawn last, and lines end in the middle of balls.
        transparent: true,
        uniforms: {
          colours: { value: palette.kinds.map(colourOf) },
          ground: { value: colourOf(palette.ground) },
          accent: { value: colourOf(palette.accent) },
          pixels: { value: 1 },
          far: { value: buffers.extent * 2 },
        },
      }),
    [buffers, palette],
  );
  const line_look = useMemo(
    () =>
      new ShaderMaterial({
        vertexShader: LINE_VERTEX,
        fragmentShader: LINE_FRAGMENT,
        transparent: true,
        depthWrite: false,
        uniforms: {
          colours: { value: palette.edges.map(colourOf) },
          time: { value: -10 },
          strength: { value: count > 1_000 ? 0.2 : count > 200 ? 0.32 : 0.5 },
          far: { value: buffers.extent * 2 },
        },
      }),
    [buffers, palette, count],
  );
  useEffect(() => () => balls.dispose(), [balls]);
  useEffect(() => () => lines.dispose(), [lines]);
  useEffect(() => () => ball_look.dispose(), [ball_look]);
  useEffect(() => () => line_look.dispose(), [line_look]);
  return { balls, lines, ball_look, line_look };
}

/** The colour as the theme has it: shaders of our own write what the screen shows. */
function colourOf(css: string): Color {
  return new Color().setStyle(css, '');
}
