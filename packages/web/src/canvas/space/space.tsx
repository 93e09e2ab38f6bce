import { Canvas } from '@react-three/fiber';
import { Box } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useRef, useState, type ReactNode } from 'react';
import { createStore } from '../../live/store.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import {
  pressStageKey,
  useStageActions,
  type StageActions,
  type StageControls,
  type StageProps,
} from '../stage.ts';
import { StageFrame } from '../stage-frame.tsx';
import { hasTriggered } from '../draw/paint-overlay.ts';
import { readPalette, watchPalette } from '../draw/palette.ts';
import { LabelPlaces, Labels, type Eye } from './labels.tsx';
import { Orbit, type OrbitActions } from './orbit.tsx';
import { createBuffers, type SpaceBuffers } from './space-buffers.ts';
import { SpaceContent } from './space-content.tsx';

/** The graph in three dimensions; says so where the browser has no WebGL. */
export default function Space(props: StageProps) {
  const [graphics] = useState(readGraphics);
  if (graphics === 'none') {
    return (
      <div className="flex h-full items-center justify-center p-6">
        <div className="w-full max-w-md">
          <EmptyState Icon={Box} title="This browser does not draw in three dimensions">
            It has no WebGL, or it is switched off. The same graph is there in two dimensions and as
            a list.
          </EmptyState>
        </div>
      </div>
    );
  }
  return <DrawnSpace {...props} is_software={graphics === 'software'} />;
}

/** What draws: nothing, a graphics processor, or the processor in its place. */
function readGraphics(): 'none' | 'software' | 'hardware' {
  try {
    const context = document.createElement('canvas').getContext('webgl2');
    if (context === null) return 'none';
    const names = context.getExtension('WEBGL_debug_renderer_info');
    const name = String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
    context.getExtension('WEBGL_lose_context')?.loseContext();
    return /swiftshader|llvmpipe|software/i.test(name) ? 'software' : 'hardware';
  } catch {
    return 'none';
  }
}

function DrawnSpace({
  scene,
  arrangement,
  selected,
  onControls,
  label,
  is_software,
  ...events
}: StageProps & { is_software: boolean }) {
  const [lines_share] = useState(() => createStore(1));
  const frame = useRef<HTMLDivElement>(null);
  const controls = useRef<StageControls>(null);
  const [orbit, setOrbit] = useState<OrbitActions | null>(null);
  const [eye, setEye] = useState<Eye | null>(null);
  const [palette, setPalette] = useState(readPalette);
  useEffect(() => watchPalette(setPalette), []);
  const [hovered, setHovered] = useState<number | null>(null);
  const buffers = useMemo(() => createBuffers(scene), [scene]);
  const act = useStageActions(scene, selected, events);
  const places = useMemo(
    () => new Set([...selected].flatMap((id) => scene.places.get(id) ?? [])),
    [scene, selected],
  );
  const is_running = useMemo(
    () =>
      // Without a graphics processor each frame costs too much to be drawn while nobody moves anything.
      !is_software &&
      hasTriggered(scene) &&
      !matchMedia('(prefers-reduced-motion: reduce)').matches,
    [scene, is_software],
  );
  const tellControls = useEffectEvent(onControls);
  useEffect(() => {
    controls.current = controlsOf(orbit, buffers, act, () => frame.current?.focus());
    tellControls(controls.current);
    return () => tellControls(null);
  }, [orbit, act, buffers]);
  return (
    <StageFrame
      frame={frame}
      scene={scene}
      selected={selected}
      label={label}
      name="canvas-3d"
      onKey={(key) =>
        pressStageKey(key, scene, act, controls.current, (place) => lookAt(orbit, buffers, place))
      }
    >
      <PointerArea eye={eye} act={act} onHover={setHovered}>
        <Canvas
          frameloop="demand"
          flat
          dpr={Math.min(2, globalThis.devicePixelRatio || 1)}
          camera={{ fov: 42 }}
          gl={{ antialias: false, alpha: false, powerPreference: 'high-performance' }}
          style={{ background: palette.ground }}
        >
          <color attach="background" args={[palette.ground]} />
          <SpaceContent
            buffers={buffers}
            palette={palette}
            selected={places}
            hovered={hovered}
            is_running={is_running}
            lines_share={lines_share}
          />
          <Orbit
            extent={buffers.extent}
            arrangement={arrangement}
            onActions={setOrbit}
            lines_share={lines_share}
            is_software={is_software}
          />
          <Labels
            box={frame}
            scene={scene}
            buffers={buffers}
            selected={places}
            hovered={hovered}
            onEye={setEye}
          />
        </Canvas>
      </PointerArea>
      <LabelPlaces />
    </StageFrame>
  );
}

function controlsOf(
  orbit: OrbitActions | null,
  buffers: SpaceBuffers,
  act: StageActions,
  focus: () => void,
): StageControls {
  return {
    fit: () => orbit?.fit(),
    zoomBy: (factor) => orbit?.zoomBy(factor),
    centre() {
      const [first] = act.selected();
      if (first === undefined) orbit?.fit();
      else lookAt(orbit, buffers, first);
    },
    focus,
  };
}

/** The end of an orbit is a click too: what moved further than this is none. */
const TREMBLE_PIXELS = 5;

/** Hover, click and double click on balls; orbit, zoom and pan are the camera's. */
function PointerArea({
  eye,
  act,
  onHover,
  children,
}: {
  eye: Eye | null;
  act: StageActions;
  onHover: (place: number | null) => void;
  children: ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const stop = new AbortController();
    const { signal } = stop;
    let pressed = { x: 0, y: 0 };
    const at = ({ clientX, clientY }: MouseEvent): number | null => {
      const { left, top } = element.getBoundingClientRect();
      return eye?.pick(clientX - left, clientY - top) ?? null;
    };
    const down = ({ clientX: x, clientY: y }: PointerEvent): void => {
      pressed = { x, y };
      element.closest<HTMLElement>('[role=listbox]')?.focus({ preventScroll: true });
    };
    const move = (event: PointerEvent): void => {
      if (event.buttons === 0 && event.pointerType !== 'touch') onHover(at(event));
    };
    const click = (event: MouseEvent): void => {
      const { clientX: x, clientY: y } = event;
      if (Math.hypot(x - pressed.x, y - pressed.y) > TREMBLE_PIXELS) return;
      const place = at(event);
      const is_more = event.shiftKey || event.ctrlKey || event.metaKey;
      if (place !== null) act.onSelect(place, is_more);
      else if (!is_more) act.onClear();
    };
    const open = (event: MouseEvent): void => {
      const place = at(event);
      if (place !== null) act.onOpen(place);
    };
    element.addEventListener('pointerdown', down, { signal });
    element.addEventListener('pointermove', move, { signal });
    element.addEventListener('click', click, { signal });
    element.addEventListener('dblclick', open, { signal });
    return () => stop.abort();
  }, [eye, act, onHover]);
  return (
    <div ref={box} className="absolute inset-0">
      {children}
    </div>
  );
}

function lookAt(orbit: OrbitActions | null, { points }: SpaceBuffers, place: number): void {
  orbit?.lookAt(points[place * 3] ?? 0, points[place * 3 + 1] ?? 0, points[place * 3 + 2] ?? 0);
}
