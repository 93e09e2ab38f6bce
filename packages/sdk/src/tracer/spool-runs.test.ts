import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startProgram } from '../../test/run-program.ts';
import { startRunServer, type RunServerMode } from '../../test/run-server.ts';
import { createTracer } from './tracer.ts';

const OPEN = `
  const [, base_url, spool_dir, mode] = process.argv;
  const tracer = createTracer({
    base_url, spool_dir, mode, agent_id: 'a', agent_version: '1', linger_ms: 5, batch_runs: 7,
  });`;

/** Makes runs for as long as it lives. */
const WORKER = `${OPEN}
  for (;;) {
    const run = tracer.startRun();
    await run.step('tool', 'work', (step) => {
      step.addMetadata({ n: 1 });
      run.recordDecision({
        decision_type: 'retry_strategy', selected: 'again', reason_code: 'backoff_required', step_id: step.step_id,
      });
    });
    run.end();
    console.log('ended', run.run_id);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }`;

/** Is in the middle of a run. */
const MIDDLE = `${OPEN}
  const run = tracer.startRun();
  await run.step('plan', 'done', () => undefined);
  await run.step('tool', 'never ends', () => {
    console.log('ended', run.run_id);
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  });`;

const SENDER = `${OPEN}
  console.log('closed', await tracer.close({ timeout_ms: 25_000 }));`;

function spoolFolder(): Disposable & { path: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'spool-'));
  return {
    path: folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Kills a program when so many runs have ended; their ids. */
async function killAfter(args: Parameters<typeof startProgram>, ended: number): Promise<string[]> {
  await using program = startProgram(...args);
  await program.until('ended', ended);
  program.kill();
  const { lines } = await program.left();
  return lines.flatMap((line) => /^ended ([0-9a-f-]{36})$/.exec(line)?.[1] ?? []);
}

describe('a killed process', () => {
  const cases: [RunServerMode, string][] = [
    ['500', 'whole'],
    ['hang', 'whole'],
    ['ok', 'incremental'],
    ['cut', 'incremental'],
  ];
  it.each(cases)('loses no run that had ended (%s, %s)', async (trouble, mode) => {
    using spool = spoolFolder();
    await using server = await startRunServer(trouble);
    const ended = await killAfter([WORKER, server.url, spool.path, mode], 40);
    server.mode = 'ok';
    // One that is killed while it sends what the first one left.
    ended.push(...(await killAfter([WORKER, server.url, spool.path, mode], 5)));
    await using sender = startProgram(SENDER, server.url, spool.path, mode);
    expect((await sender.left()).lines).toEqual(['closed true']);
    expect(ended.filter((run_id) => !server.runs.has(run_id))).toEqual([]);
    for (const run_id of ended) {
      expect(server.runs.get(run_id)).toMatchObject({ status: 'success', failure: null });
      expect(server.runs.get(run_id)?.steps).toHaveLength(1);
    }
    // Parts that are told again may meet a run that is over; a whole run is told in the same words.
    expect(mode === 'whole' ? server.conflicts : []).toEqual([]);
    expect(readdirSync(spool.path)).toEqual([]);
  });

  it.each(['whole', 'incremental'])('leaves its open run as partial (%s)', async (mode) => {
    using spool = spoolFolder();
    await using server = await startRunServer('500');
    const [run_id = ''] = await killAfter([MIDDLE, server.url, spool.path, mode], 1);
    server.mode = 'ok';
    await using sender = startProgram(SENDER, server.url, spool.path, mode);
    expect((await sender.left()).lines).toEqual(['closed true']);
    const run = server.runs.get(run_id);
    expect(run).toMatchObject({ status: 'partial', failure: { failure_code: 'process_died' } });
    expect(run?.steps.map((step) => step.name)).toEqual(['done']);
  });
});

describe('a spool', () => {
  it('leaves the folder of a living process alone', async () => {
    using spool = spoolFolder();
    await using server = await startRunServer('500');
    await using worker = startProgram(MIDDLE, server.url, spool.path, 'whole');
    await worker.until('ended');
    server.mode = 'ok';
    await using sender = startProgram(SENDER, server.url, spool.path, 'whole');
    await sender.left();
    expect(server.runs.size).toBe(0);
    expect(readdirSync(spool.path)).toHaveLength(1);
  });

  it('takes over the folder of another host only after a long silence', async () => {
    using spool = spoolFolder();
    await using server = await startRunServer();
    const tracer = createTracer({
      base_url: server.url,
      agent_id: 'a',
      agent_version: '1',
      spool_dir: spool.path,
      max_queue_runs: 0,
      log: () => undefined,
    });
    const [own = ''] = readdirSync(spool.path);
    const theirs = path.join(spool.path, own.replace(/^.+?~/, 'elsewhere~'));
    await tracer.close({ timeout_ms: 0 });
    const { mkdirSync } = await import('node:fs');
    mkdirSync(theirs);
    const body = { run_id: crypto.randomUUID(), steps: [], failure: null };
    writeFileSync(path.join(theirs, `${body.run_id}.json`), JSON.stringify(body));
    writeFileSync(path.join(theirs, 'alive'), '');
    await using first = startProgram(SENDER, server.url, spool.path, 'whole');
    await first.left();
    expect(server.runs.size).toBe(0);
    utimesSync(path.join(theirs, 'alive'), 0, 0);
    await using second = startProgram(SENDER, server.url, spool.path, 'whole');
    await second.left();
    expect([...server.runs.keys()]).toEqual([body.run_id]);
  });

  it('is done without when it cannot be made', async () => {
    using spool = spoolFolder();
    await using server = await startRunServer();
    const file = path.join(spool.path, 'file');
    writeFileSync(file, '');
    const said: string[] = [];
    const tracer = createTracer({
      base_url: server.url,
      agent_id: 'a',
      agent_version: '1',
      spool_dir: file,
      log: (message) => said.push(message),
    });
    tracer.startRun().end();
    expect(await tracer.close({ timeout_ms: 20_000 })).toBe(true);
    expect(server.runs.size).toBe(1);
    expect(said.join()).toContain('spool');
  });
});
