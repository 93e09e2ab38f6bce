import { describe, expect, it } from 'vitest';
import { startProgram } from '../../test/run-program.ts';
import { startRunServer, type RunServer, type RunServerMode } from '../../test/run-server.ts';
import { createTracer, type Tracer } from './tracer.ts';
import type { TracerOptions } from './tracer-types.ts';

function tracerOf(server: RunServer, options: Partial<TracerOptions> = {}): Tracer {
  return createTracer({
    base_url: server.url,
    agent_id: 'helper',
    agent_version: '1',
    linger_ms: 1,
    log: () => undefined,
    ...options,
  });
}

function record(tracer: Tracer, count = 1, note?: string): string[] {
  return Array.from({ length: count }, () => {
    const run = tracer.startRun();
    const step = run.startStep('tool', 'work');
    if (note !== undefined) step.addMetadata({ note });
    step.end();
    run.end();
    return run.run_id;
  });
}

describe('delivery', () => {
  it('sends many runs in few compressed requests', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server, { linger_ms: 60_000, batch_runs: 50 });
    const ids = record(tracer, 120);
    expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
    expect(new Set(server.runs.keys())).toEqual(new Set(ids));
    expect(server.requests.map((each) => each.path)).toEqual(Array(3).fill('/v1/runs/batch'));
    expect(server.requests.every((each) => each.is_packed)).toBe(true);
    await tracer.close();
  });

  it('does the same with the fetch that it is given', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server, { linger_ms: 60_000, fetch: (...args) => fetch(...args) });
    const ids = record(tracer, 50);
    expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
    expect(server.runs.size).toBe(ids.length);
    await tracer.close();
  });

  it('sends whole runs to a server that knows no batches', async () => {
    await using server = await startRunServer('original');
    const tracer = tracerOf(server, { linger_ms: 60_000 });
    record(tracer, 5);
    expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
    expect(server.runs.size).toBe(5);
    await tracer.close();
  });

  it('sends a run that is found unfit again without its metadata', async () => {
    await using server = await startRunServer('unfit');
    const tracer = tracerOf(server, { linger_ms: 60_000 });
    const [bad = ''] = record(tracer, 1, 'a note');
    record(tracer);
    expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
    expect(server.runs.get(bad)?.steps[0]?.metadata).toEqual({});
    expect(tracer.stats).toMatchObject({ sent: 2, reduced: 1, refused: 0 });
    await tracer.close();
  });

  const passing: RunServerMode[] = ['500', '429', '401', 'cut'];
  it.each(passing)('tries again after %s', async (mode) => {
    await using server = await startRunServer(mode);
    const tracer = tracerOf(server);
    const [run_id = ''] = record(tracer);
    await server.until(() => server.requests.length > 0);
    server.mode = 'ok';
    expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
    expect(server.runs.has(run_id)).toBe(true);
    expect(tracer.stats.retries).toBeGreaterThanOrEqual(1);
    await tracer.close();
  });

  it('tries again after a request that was not answered in time', async () => {
    await using server = await startRunServer('hang');
    const tracer = tracerOf(server, { request_timeout_ms: 50 });
    record(tracer);
    await server.until(() => server.requests.length > 0);
    server.mode = 'ok';
    expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
    await tracer.close();
  });

  it('waits as long as Retry-After says, also when somebody flushes', async () => {
    await using server = await startRunServer('429');
    server.retry_after = '2';
    const tracer = tracerOf(server);
    record(tracer);
    await server.until(() => server.requests.length === 1);
    server.mode = 'ok';
    expect(await tracer.flush({ timeout_ms: 300 })).toBe(false);
    expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
    const [first, second] = server.requests.map((each) => each.at_ms);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(1_900);
    await tracer.close();
  });

  it('counts what does not fit and says so once', async () => {
    await using server = await startRunServer('hang');
    const said: string[] = [];
    const tracer = tracerOf(server, { max_queue_runs: 3, log: (message) => said.push(message) });
    record(tracer, 10);
    expect(tracer.stats).toMatchObject({ dropped: 7, waiting: 3 });
    expect(said.filter((message) => message.includes('dropped'))).toHaveLength(1);
    await tracer.close({ timeout_ms: 0 });
    expect(tracer.stats.dropped).toBe(10);
  });

  it('bounds the bytes that wait', async () => {
    await using server = await startRunServer('hang');
    const tracer = tracerOf(server, { max_queue_bytes: 3_500 });
    record(tracer, 3, 'x'.repeat(2_000));
    expect(tracer.stats).toMatchObject({ dropped: 1, waiting: 2 });
    await tracer.close({ timeout_ms: 0 });
  });

  it('gives up an address that is none without throwing', async () => {
    for (const base_url of ['', 'no such thing', 'http://[', 'ftp://x', undefined as never]) {
      const tracer = createTracer({
        base_url,
        agent_id: 'a',
        agent_version: '1',
        log: () => undefined,
      });
      record(tracer);
      expect(await tracer.close({ timeout_ms: 20 })).toBe(false);
    }
  });
});

describe('the end of the process', () => {
  const program = (options: string): string => `
    const tracer = createTracer({
      base_url: process.argv[1], agent_id: 'a', agent_version: '1', ${options}
    });
    const run = tracer.startRun();
    await run.step('plan', 'x', () => undefined);
    run.end();
    console.log('ended', run.run_id);`;

  it('delivers what waits without a call of close', async () => {
    await using server = await startRunServer();
    await using whole = startProgram(program('exit_timeout_ms: 20_000'), server.url);
    expect((await whole.left()).code).toBe(0);
    const parts = program("mode: 'incremental', exit_timeout_ms: 20_000");
    await using incremental = startProgram(parts, server.url);
    expect((await incremental.left()).code).toBe(0);
    expect(server.runs.size).toBe(2);
  });

  it('waits no longer than stated for a server that hangs', async () => {
    await using server = await startRunServer('hang');
    const source = `${program('exit_timeout_ms: 1_000')}
      const ended = performance.now();
      process.on('exit', () => console.log('held', performance.now() - ended));`;
    await using waiting = startProgram(source, server.url);
    const { code, lines } = await waiting.left();
    expect(code).toBe(0);
    const held_ms = Number(lines.find((line) => line.startsWith('held'))?.slice(5));
    expect(held_ms).toBeGreaterThan(950);
    expect(held_ms).toBeLessThan(2_000);
  });
});
