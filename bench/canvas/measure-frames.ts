import type { Page } from 'playwright-core';

/** Milliseconds from frame to frame while something moved, sorted. */
export type FrameTimes = readonly number[];

// What runs in the page is text: this side has no types of browsers.

const START_COUNTING = `(() => {
  globalThis.frame_times = [];
  let last = performance.now();
  const count = (now) => {
    frame_times.push(now - last);
    last = now;
    globalThis.frame_request = requestAnimationFrame(count);
  };
  globalThis.frame_request = requestAnimationFrame(count);
})()`;

const STOP_COUNTING = `(() => {
  cancelAnimationFrame(frame_request);
  return frame_times;
})()`;

/** Calls `step` with the canvas once in each frame for `ms` milliseconds. */
function eachFrame(ms: number, step: string): string {
  return `new Promise((resolve, reject) => {
    const canvas = document.querySelector('[data-stage] canvas');
    if (canvas === null) return reject(new Error('there is no canvas'));
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const step = ${step};
    const began = performance.now();
    const frame = (now) => {
      const is_over = now - began >= ${ms};
      step({ canvas, left, top, width, height, passed: now - began, is_over });
      if (is_over) resolve();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })`;
}

const PAN_STEP = `({ canvas, left, top, width, height, passed, is_over }) => {
  const angle = passed / 420;
  const clientX = left + width * (0.5 + 0.3 * Math.sin(angle));
  const clientY = top + height * (0.94 + 0.25 * (Math.cos(angle * 0.7) - 1));
  const send = (type, buttons) => canvas.dispatchEvent(new PointerEvent(type, {
    clientX, clientY, buttons, button: 0, pointerId: 1, pointerType: 'mouse', isPrimary: true, bubbles: true,
  }));
  if (canvas.is_pressed !== true) {
    // Nobody can capture a pointer that does not exist.
    canvas.setPointerCapture = canvas.releasePointerCapture = () => {};
    canvas.hasPointerCapture = () => true;
    canvas.is_pressed = true;
    send('pointerdown', 1);
  } else if (is_over) {
    canvas.is_pressed = false;
    send('pointerup', 0);
  } else send('pointermove', 1);
}`;

const ZOOM_STEP = `({ canvas, left, top, width, height, passed }) => {
  canvas.dispatchEvent(new WheelEvent('wheel', {
    clientX: left + width * 0.45, clientY: top + height * 0.5,
    deltaY: Math.cos(passed / 500) > 0 ? -14 : 14, bubbles: true, cancelable: true,
  }));
}`;

/** Counts frames of the page while `work` moves it. */
export async function measureFrames(page: Page, work: () => Promise<void>): Promise<FrameTimes> {
  await page.evaluate(START_COUNTING);
  await work();
  const times = await page.evaluate<number[]>(STOP_COUNTING);
  // The first frame began before anything moved.
  return times.slice(1).toSorted((a, b) => a - b);
}

/** Frames a second that a share of the frames reaches: 0.5 is the frame in the middle, 0.95 a slow one. */
export function framesPerSecond(times: FrameTimes, share: number): number {
  const at = times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return at === undefined ? 0 : 1_000 / at;
}

/** Moves the canvas about with a mouse, as a fast hand does. In three dimensions that turns it. */
export async function panFor(page: Page, ms: number): Promise<void> {
  await page.evaluate(eachFrame(ms, PAN_STEP));
}

/** Zooms in and out with a wheel. */
export async function zoomFor(page: Page, ms: number): Promise<void> {
  await page.evaluate(eachFrame(ms, ZOOM_STEP));
}
