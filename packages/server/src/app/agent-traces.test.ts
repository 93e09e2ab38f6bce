import { describe, expect, it } from 'vitest';
import { ModelError } from '../agents/index.ts';
import { agentBody, create, endedRun, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, type Heard, type Line } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type Json } from './testing.ts';

/** Asks an agent, and reads the trace of its run. */
async function traceOf(
  script: (heard: Heard) => Line | Promise<Line>,
  more: Record<string, unknown> = {},
) {
  const models = scriptedModel(script);
  const probe = testTool('probe', async (input) => input);
  const program = await startTestProgram({ models, tools: [probe.tool] });
  const token = await program.token();
  await create(program, token, probe.definition);
  const agent = await create(program, token, agentBody('a', 'for:a', more));
  const stream = await listen(program, token);
  const tags = ['for:a', 'session:c1'];
  const message = await say(program, token, 'go', 'c1', { tags });
  const { context } = await stream.answerTo(message.id);
  const run = await endedRun(program, token, context.run_id);
  return { program, token, agent, message, context, run };
}

describe('the trace of a run', () => {
  it('has a step for each call of a model and of a tool, with its time and what it used', async () => {
    const { run, message, agent } = await traceOf(({ step }) =>
      step === 0
        ? {
            tools: [
              { name: 'probe', input: {} },
              { name: 'nope', input: {} },
            ],
          }
        : 'done',
    );
    expect(run).toMatchObject({
      agent_id: 'a',
      agent_version: '1',
      status: 'success',
      source: 'cairn',
      breadcrumb_id: message.id,
      conversation_id: 'c1',
      parent_run_id: null,
      metadata: { definition_id: agent.id, depth: 0 },
      failures: [],
    });
    const steps = run.steps.map((each: Json) => [each.step_type, each.name, each.metadata.outcome]);
    expect(steps).toEqual([
      ['plan', 'scripted-1', undefined],
      ['tool', 'probe', 'success'],
      ['tool', 'nope', 'error'],
      ['respond', 'scripted-1', undefined],
    ]);
    expect(run.steps[0]).toMatchObject({ input_tokens: 10, output_tokens: 5, cost_usd: null });
    expect(run.usage).toMatchObject({ input_tokens: 20, output_tokens: 10 });
    for (const { started_at, ended_at, latency_ms } of run.steps) {
      expect(started_at >= run.started_at && ended_at <= run.ended_at).toBe(true);
      expect(latency_ms).toBeGreaterThanOrEqual(0);
    }
  });

  it('says with which class it failed, or was stopped', async () => {
    const failed = await traceOf(() => {
      throw new ModelError('quota', 'no money');
    });
    expect(failed.run).toMatchObject({
      status: 'failure',
      failures: [{ failure_type: 'model', failure_code: 'quota', message: 'no money' }],
    });
    const stopped = await traceOf(({ step }) => ({ tools: [{ name: 'probe', input: { step } }] }), {
      limits: { model_calls: 2 },
    });
    expect(stopped.run).toMatchObject({
      status: 'partial',
      end_reason: 'budget_model_calls',
      failures: [{ failure_type: 'orchestration', failure_code: 'budget_model_calls' }],
    });
  });

  it('names the run that began it', async () => {
    const models = scriptedModel(({ prompt, step }) => {
      const input = { agent: 'b', message: 'hm?' };
      return prompt === 'You are a.' && step === 0
        ? { tools: [{ name: 'ask_agent', input }] }
        : 'ok';
    });
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    await create(program, token, agentBody('b', 'for:b'));
    await stream.until('the agent', ({ title }) => title === 'Agent b: active');
    const may = { capabilities: { can_spawn_agents: true }, agents: ['b'] };
    await create(program, token, agentBody('a', 'for:a', may));
    const tags = ['for:a', 'session:c1'];
    const { context } = await stream.answerTo((await say(program, token, 'go', 'c1', { tags })).id);
    const children = async () => {
      const { rows } = await program.db.query<Json>({
        text: 'select parent_run_id, agent_id from runs where parent_run_id is not null',
      });
      return rows;
    };
    await expect.poll(children).toEqual([{ parent_run_id: context.run_id, agent_id: 'b' }]);
  });
});
