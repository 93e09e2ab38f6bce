import { describe, expect, it } from 'vitest';
import { agentBody, create, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, type Heard, type Line } from './testing/scripted-model.ts';
import { startTestProgram } from './testing.ts';

const CODE = {
  title: 'Tool: slow',
  schema_name: 'tool.code.v1',
  tags: ['tool', 'tool:slow'],
  context: {
    name: 'slow',
    description: 'Answers with what it is given.',
    code: {
      language: 'javascript',
      source: 'export async function execute(input) { return input; }',
    },
    input_schema: { type: 'object' },
    limits: { timeout_ms: 120_000 },
  },
};

/** The seconds that an agent gives a tool to answer, where others have one. */
async function patienceWith(tool: string, input: unknown, approvals?: Record<string, unknown>) {
  const models = scriptedModel(({ step }: Heard): Line =>
    step === 0 ? { tools: [{ name: tool, input }] } : 'done',
  );
  const environment = { TOOL_TIMEOUT_SECONDS: '1' };
  const program = await startTestProgram({ models, environment });
  const token = await program.token();
  await create(program, token, CODE);
  const limits = { wall_time_s: 600 };
  await create(
    program,
    token,
    agentBody('a', 'for:a', { limits, ...(approvals ? { approvals } : {}) }),
  );
  const stream = await listen(program, token);
  await say(program, token, 'go', 'c1', { tags: ['for:a', 'session:c1'] });
  if (approvals) {
    const asked = await stream.until('it', (e) => e.schema_name === 'approval.request.v1');
    const path = `/v1/approvals/${asked.context.approval_id}`;
    await program.request('POST', path, { token, json: { decision: 'approve' } });
  }
  await stream.until('the request', (e) => e.schema_name === 'tool.request.v1');
  const { rows } = await program.db.query<{ seconds: number }>({
    text: 'select extract(epoch from deadline_at - asked_at)::float8 as seconds from agent_tool_calls',
  });
  return rows[0]?.seconds;
}

describe('the time that an agent gives a tool', () => {
  const approvals = { tools: '*' };
  it.each([
    ['', undefined],
    [', once it is approved', approvals],
  ])('is that of the run for one that waits%s', async (_name, given) => {
    const seconds = await patienceWith('timer', { seconds: 1 }, given);
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThanOrEqual(600);
  });

  it.each([
    ['', undefined],
    [', once it is approved', approvals],
  ])('is the limit that it states itself, and a little%s', async (_name, given) => {
    const seconds = await patienceWith('slow', {}, given);
    expect(seconds).toBeGreaterThanOrEqual(120);
    expect(seconds).toBeLessThan(160);
  });

  it.each([
    ['', undefined],
    [', once it is approved', approvals],
  ])('is what the server allows for any other%s', async (_name, given) => {
    const seconds = await patienceWith('echo', { message: 'x' }, given);
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThan(30);
  });
});
