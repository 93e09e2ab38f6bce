import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startRunServer, type RunServer } from '../../test/run-server.ts';
import { createTracer, type Tracer } from './tracer.ts';
import type { TracerOptions, WireRun } from './tracer-types.ts';

function tracerOf(server: RunServer, options: Partial<TracerOptions> = {}): Tracer {
  return createTracer({
    base_url: server.url,
    agent_id: 'helper',
    agent_version: '1.0.0',
    linger_ms: 1,
    log: () => undefined,
    ...options,
  });
}

async function delivered(server: RunServer, tracer: Tracer, run_id: string): Promise<WireRun> {
  expect(await tracer.flush({ timeout_ms: 20_000 })).toBe(true);
  const run = server.runs.get(run_id);
  if (run === undefined) throw new Error(`run ${run_id} did not arrive`);
  return run;
}

describe('a run on the wire', () => {
  it('has the fields of the contract', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server, { environment: 'test', token: 'key-1' });
    const run = tracer.startRun({ metadata: { region: 'eu' } });
    const answer = await run.step('retrieve', 'search', (step) => {
      step.addMetadata({ hits: 3 });
      step.setUsage({ model: 'm-1', input_tokens: 10, output_tokens: -1 });
      run.recordDecision({
        decision_type: 'retrieval_strategy',
        selected: 'hybrid',
        reason_code: 'hybrid_approach_needed',
        candidates: ['hybrid', 'keyword'],
        confidence: 0.7,
        step_id: step.step_id,
      });
      return 42;
    });
    run.recordSignal({ signal_type: 'tool_success', signal_code: 'first_attempt', value: true });
    run.end();
    const body = await delivered(server, tracer, run.run_id);
    expect(answer).toBe(42);
    const fields =
      'run_id agent_id agent_version environment status started_at ended_at steps failure decisions ' +
      'quality_signals metadata';
    expect(Object.keys(body).toSorted()).toEqual(fields.split(' ').toSorted());
    expect(body).toMatchObject({
      agent_id: 'helper',
      environment: 'test',
      status: 'success',
      failure: null,
      metadata: { region: 'eu' },
      steps: [
        { seq: 0, step_type: 'retrieve', name: 'search', metadata: { hits: 3 }, model: 'm-1' },
      ],
      decisions: [{ selected: 'hybrid', candidates: ['hybrid', 'keyword'], confidence: 0.7 }],
      quality_signals: [{ signal_code: 'first_attempt', value: true, weight: null }],
    });
    expect(body.steps[0]).toMatchObject({ input_tokens: 10 });
    expect(body.steps[0]).not.toHaveProperty('output_tokens');
    expect(body.decisions?.[0]?.step_id).toBe(body.steps[0]?.step_id);
    expect(server.requests[0]).toMatchObject({ path: '/v1/runs', token: 'Bearer key-1' });
    await tracer.close();
  });

  it('passes on what a step throws and records where it happened', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    let step_id = '';
    let run_id = '';
    const error = new RangeError('user text that must stay');
    await expect(
      tracer.trace((run) => {
        run_id = run.run_id;
        return run.step('plan', 'outer', () =>
          run.step('tool', 'inner', (step) => {
            step_id = step.step_id;
            throw error;
          }),
        );
      }),
    ).rejects.toBe(error);
    const body = await delivered(server, tracer, run_id);
    expect(body.status).toBe('failure');
    expect(body.failure).toEqual({
      step_id,
      failure_type: 'orchestration',
      failure_code: 'uncaught_exception',
      message: 'Uncaught exception: RangeError',
    });
    expect(body.steps.map((each) => [each.seq, each.name])).toEqual([
      [0, 'outer'],
      [1, 'inner'],
    ]);
    await tracer.close();
  });

  it('closes the steps that were left open, and ignores what comes after the end', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const run = tracer.startRun();
    const step = run.startStep('tool', 'left open');
    run.end('partial');
    step.end();
    run.startStep('tool', 'late').end();
    run.recordFailure({ failure_type: 'tool', failure_code: 'late', message: 'late' });
    run.end();
    const body = await delivered(server, tracer, run.run_id);
    expect(body).toMatchObject({ status: 'partial', failure: null });
    expect(body.steps).toHaveLength(1);
    expect(body.steps[0]?.metadata).toEqual({ unfinished: true });
    await tracer.close();
  });

  it('survives every wrong use without throwing', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server);
    const run = tracer.startRun({ metadata: 7 as never, parent_run_id: 'no uuid' });
    const step = run.startStep('nonsense' as never, undefined as never);
    const circle: Record<string, unknown> = { n: 1 };
    circle['self'] = circle;
    step.addMetadata(circle);
    step.addMetadata(null as never);
    const thrower = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    step.addMetadata(thrower);
    step.setUsage(null as never);
    step.end();
    run.recordDecision(undefined as never);
    run.recordSignal({ signal_type: 'constructor', signal_code: 'name', value: true });
    run.recordFailure({ failure_type: 'weather' as never, failure_code: '', message: '' });
    run.end('great' as never);
    const body = await delivered(server, tracer, run.run_id);
    expect(body.status).toBe('partial');
    expect(body.failure).toMatchObject({ failure_type: 'orchestration', message: 'No message' });
    expect(body.steps[0]).toMatchObject({ step_type: 'other', name: 'unnamed' });
    expect(body).not.toHaveProperty('decisions');
    await tracer.close();
  });

  it('keeps a decision whose confidence is out of range', async () => {
    await using server = await startRunServer();
    const said: string[] = [];
    const tracer = tracerOf(server, { log: (message) => said.push(message) });
    const run = tracer.startRun();
    run.recordDecision({
      decision_type: 'tool_selection',
      selected: 'x',
      reason_code: 'cost_optimization',
      confidence: 1.5,
    });
    run.end();
    const body = await delivered(server, tracer, run.run_id);
    expect(body.decisions?.[0]).toMatchObject({ selected: 'x', confidence: null });
    expect(said.join()).toContain('confidence');
    await tracer.close();
  });

  it('does nothing when it is switched off', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server, { enabled: false });
    expect(await tracer.trace(() => 'done')).toBe('done');
    expect(await tracer.close()).toBe(true);
    expect(server.requests).toEqual([]);
  });
});

describe('a run that is reported in parts', () => {
  it('is started, told of its steps, and ended, each record after its step', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server, { mode: 'incremental' });
    const run = tracer.startRun();
    await server.until(() => server.requests.length === 1);
    const step = run.startStep('tool', 'work');
    run.recordDecision({
      decision_type: 'tool_selection',
      selected: 'x',
      reason_code: 'cost_optimization',
      step_id: step.step_id,
    });
    run.recordSignal({ signal_type: 'tool_success', signal_code: 'first_attempt', value: true });
    await server.until(() => server.requests.length === 2);
    step.end();
    await server.until(() => server.requests.length === 3);
    run.startStep('respond', 'answer');
    run.end();
    const body = await delivered(server, tracer, run.run_id);
    expect(server.requests.map((each) => each.path.replace(run.run_id, ':id'))).toEqual([
      '/v1/runs/start',
      '/v1/runs/:id/steps',
      '/v1/runs/:id/steps',
      '/v1/runs/:id/steps',
      '/v1/runs/:id/end',
    ]);
    expect(body.steps.map((each) => [each.seq, each.name])).toEqual([
      [0, 'work'],
      [1, 'answer'],
    ]);
    expect(body.decisions?.[0]?.step_id).toBe(step.step_id);
    expect(body.quality_signals).toHaveLength(1);
    expect(server.conflicts).toEqual([]);
    expect(tracer.stats).toMatchObject({ sent: 1, dropped: 0, waiting: 0 });
    await tracer.close();
  });

  it('goes as a whole when it was over before its start was sent', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server, { mode: 'incremental', linger_ms: 60_000 });
    const runs = [tracer.startRun(), tracer.startRun()];
    for (const run of runs) {
      await run.step('plan', 'x', () => undefined);
      run.end();
    }
    for (const run of runs) await delivered(server, tracer, run.run_id);
    expect(server.requests.map((each) => each.path)).toEqual(['/v1/runs/batch']);
    await tracer.close();
  });

  it.each(['original', 'ok'] as const)(
    'goes as a whole to a server that does not know it (%s)',
    async (mode) => {
      await using server = await startRunServer(mode);
      const tracer = tracerOf(server, { mode: 'incremental' });
      const run = tracer.startRun();
      await server.until(() => server.requests.length === 1);
      await tracer.flush({ timeout_ms: 20_000 });
      server.forget();
      await run.step('plan', 'x', () => undefined);
      await tracer.flush({ timeout_ms: 20_000 });
      await run.step('tool', 'y', () => undefined);
      run.end();
      const body = await delivered(server, tracer, run.run_id);
      expect(body.steps.map((step) => step.name)).toEqual(['x', 'y']);
      expect(server.requests.at(-1)?.path).toBe('/v1/runs');
      expect(tracer.stats).toMatchObject({ sent: 1, refused: 0 });
      await tracer.close();
    },
  );

  it('repeats what got no answer, without harm', async () => {
    await using server = await startRunServer('cut');
    const tracer = tracerOf(server, { mode: 'incremental' });
    const run = tracer.startRun();
    await server.until(() => server.requests.length >= 1);
    await run.step('plan', 'x', () => undefined);
    server.mode = 'ok';
    run.end();
    const body = await delivered(server, tracer, run.run_id);
    expect(body.steps).toHaveLength(1);
    await tracer.close();
  });
});

describe('in a browser', () => {
  it('needs no module of Node', () => {
    const folder = new URL('./', import.meta.url);
    const sources = readdirSync(folder).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const importing = sources.filter((name) =>
      /^(?:import|export) (?!type\b)[^;]*from 'node:|import\('node:/m.test(
        readFileSync(new URL(name, folder), 'utf8'),
      ),
    );
    expect(sources.length).toBeGreaterThan(8);
    expect(importing).toEqual([]);
  });

  it('sends with fetch', async () => {
    await using server = await startRunServer();
    const tracer = tracerOf(server, { fetch: (...args) => fetch(...args), token: 'key' });
    const run_id = await tracer.trace((run) => run.run_id);
    await delivered(server, tracer, run_id);
    expect(server.requests[0]).toMatchObject({ path: '/v1/runs', token: 'Bearer key' });
    await tracer.close();
  });
});
