import { describe, expect, it } from 'vitest';
import { BackgroundLoop } from './background-loop.ts';

function setUp() {
  const loop = new BackgroundLoop();
  const runs: string[] = [];
  const run = async (signal: AbortSignal) => {
    runs.push('begun');
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    runs.push('ended');
  };
  return { loop, runs, run };
}

describe('a background loop', () => {
  it('runs once however often it is started, ends with stop, and can be started again', async () => {
    const { loop, runs, run } = setUp();
    loop.start(run);
    loop.start(run);
    expect(runs).toEqual(['begun']);
    await Promise.all([loop.stop(), loop.stop()]);
    expect(runs).toEqual(['begun', 'ended']);
    loop.start(run);
    await loop.stop();
    expect(runs).toEqual(['begun', 'ended', 'begun', 'ended']);
  });

  it('has nothing to stop before it was started', async () => {
    const { loop, runs } = setUp();
    await loop.stop();
    expect(runs).toEqual([]);
  });
});
