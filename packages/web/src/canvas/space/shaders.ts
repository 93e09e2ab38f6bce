import { EDGE_KIND_COUNT, NODE_KIND_COUNT, TRIGGERED_KIND } from './space-buffers.ts';

/**
 * A ball for each node without its triangles: a point that faces the camera and is shaded as a ball. All nodes are one call
 * to the graphics processor, and a processor without one can draw them too.
 */
export const BALL_VERTEX = /* glsl */ `
  attribute float radius;
  attribute float kind;
  attribute float mark;
  uniform vec3 colours[${NODE_KIND_COUNT}];
  uniform float pixels;
  uniform float far;
  varying vec3 tint;
  varying float haze;
  varying float marked;
  void main() {
    vec4 seen = modelViewMatrix * vec4(position, 1.0);
    gl_Position = projectionMatrix * seen;
    marked = mark;
    float size = radius * (mark > 0.5 ? 1.5 : 1.0);
    gl_PointSize = clamp(size * 2.0 * pixels / -seen.z, 2.5, 160.0);
    tint = colours[int(kind + 0.5)];
    haze = clamp((-seen.z - far * 0.35) / (far * 1.3), 0.0, 0.55) * (mark > 0.5 ? 0.4 : 1.0);
  }
`;

export const BALL_FRAGMENT = /* glsl */ `
  uniform vec3 ground;
  uniform vec3 accent;
  varying vec3 tint;
  varying float haze;
  varying float marked;
  void main() {
    vec2 at = gl_PointCoord * 2.0 - 1.0;
    float away = dot(at, at);
    if (away > 1.0) discard;
    if (marked > 0.5 && away > 0.62) {
      gl_FragColor = vec4(mix(accent, ground, haze), 1.0);
      return;
    }
    vec3 normal = vec3(at.x, -at.y, sqrt(1.0 - away));
    float light = 0.72 + 0.36 * dot(normal, vec3(-0.438, 0.682, 0.585));
    float shine = max(0.0, dot(normal, vec3(-0.291, 0.485, 0.824)));
    shine *= shine;
    shine *= shine;
    shine *= shine;
    gl_FragColor = vec4(mix(tint * light + shine * shine * 0.2, ground, haze), 1.0);
  }
`;

/** All edges in one call; what runs along triggered ones is computed from the time. */
export const LINE_VERTEX = /* glsl */ `
  attribute vec3 look;
  uniform vec3 colours[${EDGE_KIND_COUNT}];
  uniform float far;
  uniform float strength;
  varying vec4 tint;
  varying vec2 way;
  void main() {
    vec4 seen = modelViewMatrix * vec4(position, 1.0);
    gl_Position = projectionMatrix * seen;
    float haze = clamp((-seen.z - far * 0.35) / (far * 1.3), 0.0, 0.8);
    int kind = int(look.x + 0.5);
    tint = vec4(colours[kind], strength * (1.0 - haze));
    way = vec2(look.z - look.y, kind == ${TRIGGERED_KIND} ? 0.9 - haze * 0.5 : 0.0);
  }
`;

export const LINE_FRAGMENT = /* glsl */ `
  uniform float time;
  varying vec4 tint;
  varying vec2 way;
  void main() {
    float behind = fract(time + way.x);
    float run = way.y * max(0.0, 1.0 - behind * 9.0);
    gl_FragColor = vec4(tint.rgb, max(tint.a, run));
  }
`;
