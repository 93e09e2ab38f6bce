import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { fillCanvas } from '../canvas/fill-canvas.ts';
import { framesPerSecond, measureFrames, panFor, zoomFor } from '../canvas/measure-frames.ts';
import type { Figure, Measurement } from '../figure.ts';
import type { Bench } from '../harness.ts';
import { round } from '../statistics.ts';

const PAGE = fileURLToPath(new URL('../../packages/web/dist/index.html', import.meta.url));
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const NODES = 2_000;
const WINDOW = { width: 1_280, height: 800 } as const;

const QUIET = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What is drawn, and on what. A machine without a graphics processor draws with the processor that all else shares. */
const VIEWS = [
  {
    figure: 'canvas-2d',
    search: '?layout=force',
    flags: ['--disable-gpu'],
    about: 'two dimensions, drawn by the processor',
  },
  {
    figure: 'canvas-3d',
    search: '?mode=3d&layout=force',
    flags: ['--disable-gpu', '--enable-unsafe-swiftshader'],
    about:
      'three dimensions, WebGL computed by the processor (SwiftShader): while it moves a third of the edges, and coarser if frames are late',
  },
] as const;

/** Frames a second of the canvas while a hand moves it, in the system's Chromium, on a real server. */
export const canvasFigure: Figure = {
  name: 'canvas',
  title: `frames a second of the canvas with ${NODES} nodes while it is panned and zoomed`,
  async measure(bench) {
    const browser_path = BROWSERS.find((path) => fs.existsSync(path));
    if (browser_path === undefined || !fs.existsSync(PAGE)) {
      const missing = browser_path === undefined ? 'a browser' : 'the built page (npm run build)';
      bench.say(`left out: there is no ${missing}`);
      return [];
    }
    const server = await bench.startServer(await bench.newDatabase());
    const url = `http://127.0.0.1:${server.port}`;
    const measurements: Measurement[] = [];
    try {
      bench.say(`making ${NODES} nodes`);
      await fillCanvas(url, NODES);
      for (const view of VIEWS) {
        const args = [...QUIET, ...view.flags];
        const browser = await chromium.launch({ executablePath: browser_path, args });
        try {
          measurements.push(...(await measureView(bench, browser, url, view)));
        } finally {
          await browser.close();
        }
      }
    } finally {
      await server.stop();
    }
    return measurements;
  },
};

async function measureView(
  bench: Bench,
  browser: Browser,
  url: string,
  { figure, search, about }: (typeof VIEWS)[number],
): Promise<Measurement[]> {
  const page = await openCanvas(browser, `${url}/canvas${search}`);
  const { rounds, slot_ms } = bench.options;
  const middle = { pan: [] as number[], zoom: [] as number[] };
  const slow = { pan: [] as number[], zoom: [] as number[] };
  for (let index = 0; index < rounds; index++) {
    for (const [how, move] of [['pan', panFor] as const, ['zoom', zoomFor] as const]) {
      const times = await measureFrames(page, () => move(page, slot_ms));
      middle[how].push(framesPerSecond(times, 0.5));
      slow[how].push(framesPerSecond(times, 0.95));
    }
    bench.say(
      `round ${index + 1}: ${round(middle.pan[index] ?? 0)} and ${round(middle.zoom[index] ?? 0)} frames a second`,
    );
  }
  const counts = await page.getByTestId('canvas-counts').evaluate((line) => ({ ...line.dataset }));
  await page.close();
  return (['pan', 'zoom'] as const).map((how) => ({
    figure: `${figure}-${how}`,
    unit: '/s',
    ours: middle[how],
    baseline: null,
    goal: { of: 'ours', at_least: 50 },
    notes: [
      `${about}: the frame in the middle of ${slot_ms} ms; ${counts['nodes']} nodes, ${counts['edges']} edges, ${WINDOW.width} × ${WINDOW.height}`,
      `19 of 20 frames came at ${slow[how].map((value) => round(value)).join(', ')} a second or faster`,
    ],
  }));
}

async function openCanvas(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: WINDOW });
  await page.goto(url);
  // The layout is computed beside the page, and the picture follows it.
  await page
    .locator('[data-testid=canvas-counts][data-arranging=false]:not([data-nodes="0"])')
    .waitFor({ timeout: 120_000 });
  await page.locator('canvas[data-stage], [data-stage] canvas').first().waitFor();
  return page;
}
