import { useThree } from '@react-three/fiber';
import { useEffect, useEffectEvent } from 'react';
import type { Store } from '../../live/store.ts';
import { PerspectiveCamera, Vector3 } from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';

/** Moves the camera by code. */
export interface OrbitActions {
  fit(): void;
  zoomBy(factor: number): void;
  /** Turns to a point of space, from the same side. */
  lookAt(x: number, y: number, z: number): void;
}

/** Where one looks from at first: from below and a little from the left, so that layers are seen. */
const SIDE = new Vector3(-0.26, -0.5, 0.83).normalize();
/** A plane seen from the side leaves room around it: one may come nearer than a ball of its size would allow. */
const FILLED = 0.84;
/** Below this many frames a second while moving the picture gets coarser; at rest it is sharp again. */
const SMOOTH_FRAME_MS = 20;
const COARSEST = 0.5;
const REST_MS = 180;
/** The share of the lines that is drawn while something moves, without a graphics processor. */
const MOVING_LINES = 0.35;

/** Orbit by dragging, zoom by the wheel or two fingers, pan by the right button or with a key held. */
export function Orbit({
  extent,
  arrangement,
  onActions,
  lines_share,
  is_software,
}: {
  extent: number;
  arrangement: string;
  onActions: (actions: OrbitActions | null) => void;
  lines_share: Store<number>;
  /** True where the processor does what a graphics processor should: then fewer lines are drawn while something moves. */
  is_software: boolean;
}) {
  const { camera, gl, invalidate, setDpr } = useThree();
  const tell = useEffectEvent(onActions);
  useEffect(() => {
    if (!(camera instanceof PerspectiveCamera)) return;
    const controls = new OrbitControls(camera, gl.domElement);
    controls.enableDamping = false;
    controls.zoomToCursor = true;
    controls.minDistance = 1;
    controls.maxDistance = extent * 6;
    const smooth = keepSmooth(
      Math.min(2, globalThis.devicePixelRatio || 1),
      setDpr,
      (is_moving) => {
        lines_share.set(is_moving && is_software ? MOVING_LINES : 1);
        if (!is_moving) invalidate();
      },
    );
    const change = (): void => {
      smooth.moved();
      invalidate();
    };
    controls.addEventListener('change', change);
    const fit = (): void => {
      controls.target.set(0, 0, 0);
      placeCamera(camera, extent);
      controls.update();
      invalidate();
    };
    fit();
    tell({
      fit,
      zoomBy(factor) {
        const way = camera.position.clone().sub(controls.target).divideScalar(factor);
        camera.position.copy(controls.target).add(way);
        controls.update();
      },
      lookAt(x, y, z) {
        const goal = new Vector3(x, y, z);
        camera.position.add(goal.clone().sub(controls.target));
        controls.target.copy(goal);
        controls.update();
      },
    });
    return () => {
      smooth.stop();
      tell(null);
      controls.dispose();
    };
  }, [camera, gl, extent, arrangement, invalidate, setDpr, lines_share, is_software]);
  return null;
}

/** As far away that everything is seen. */
function placeCamera(camera: PerspectiveCamera, extent: number): void {
  const down = (camera.fov * Math.PI) / 360;
  const across = Math.atan(Math.tan(down) * camera.aspect);
  const distance = extent / Math.sin(Math.min(down, across));
  camera.position.copy(SIDE).multiplyScalar(distance * FILLED);
  camera.near = extent / 500;
  camera.far = extent * 20;
  camera.updateProjectionMatrix();
}

/** Makes the picture coarser while frames are slow and something moves, and sharp when it rests. */
function keepSmooth(
  finest: number,
  setDpr: (dpr: number) => void,
  onMoving: (is_moving: boolean) => void,
) {
  let current = finest;
  let last = 0;
  let slow = 0;
  let rest: ReturnType<typeof setTimeout> | null = null;
  const set = (dpr: number): void => {
    if (dpr === current) return;
    current = dpr;
    setDpr(dpr);
  };
  return {
    moved(): void {
      onMoving(true);
      const now = performance.now();
      const took = now - last;
      last = now;
      if (took < REST_MS) slow = Math.max(0, slow + (took > SMOOTH_FRAME_MS ? 1 : -0.5));
      if (slow >= 4 && current > COARSEST) {
        slow = 0;
        set(Math.max(COARSEST, current * 0.75));
      }
      if (rest !== null) clearTimeout(rest);
      rest = setTimeout(() => {
        onMoving(false);
        set(finest);
      }, REST_MS);
    },
    stop(): void {
      if (rest !== null) clearTimeout(rest);
    },
  };
}
