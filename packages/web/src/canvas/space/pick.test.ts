import { Matrix4, PerspectiveCamera } from 'three';
import { describe, expect, it } from 'vitest';
import { pickBall, project } from './pick.ts';

const SIZE = { width: 800, height: 600 };
const camera = new PerspectiveCamera(60, SIZE.width / SIZE.height, 0.1, 100);
camera.position.set(0, 0, 10);
camera.updateMatrixWorld();
const matrix = new Matrix4().multiplyMatrices(
  camera.projectionMatrix,
  camera.matrixWorldInverse,
).elements;
/** The middle, the middle but nearer, to the right, behind the camera. */
const points = [0, 0, 0, 0, 0, 5, 3, 0, 0, 0, 0, 20];
const radii = [0.5, 0.5, 0.5, 0.5];
const pixels = SIZE.height / (2 * Math.tan(Math.PI / 6));

describe('project', () => {
  it('puts the middle into the middle, and nothing that is behind the camera anywhere', () => {
    expect(project(matrix, points, 0, 800, 600)).toMatchObject({ x: 400, y: 300 });
    expect(project(matrix, points, 3, 800, 600)).toBeNull();
  });
});

describe('pickBall', () => {
  it('takes the nearest ball under the pointer', () => {
    expect(pickBall(matrix, points, radii, { x: 400, y: 300 }, SIZE, pixels)).toBe(1);
  });

  it('takes a ball as far as it reaches, and nothing beside it', () => {
    const right = project(matrix, points, 2, 800, 600);
    const x = right?.x ?? 0;
    expect(pickBall(matrix, points, radii, { x: x + 20, y: 300 }, SIZE, pixels)).toBe(2);
    expect(pickBall(matrix, points, radii, { x: x + 40, y: 300 }, SIZE, pixels)).toBeNull();
  });
});
