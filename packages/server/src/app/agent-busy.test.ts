import { describe, expect, it, onTestFinished } from 'vitest';
import { ModelError } from '../agents/index.ts';
import { silentLog } from '../base/index.ts';
import { openPostgres } from '../db/index.ts';
import { newSchemaName, openTestDatabase, POSTGRES_URL } from '../db/testing.ts';
import { agentBody, create, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, type Heard } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram, type TestProgram } from './testing.ts';

/** A model that begins to answer messages with "slow" in them, and does not come to an end unless it is stopped. */
function slowModel() {
  const began = new Map<string, PromiseWithResolvers<void>>();
  const beginOf = (question: string) => {
    const known = began.get(question) ?? Promise.withResolvers<void>();
    began.set(question, known);
    return known;
  };
  const models = scriptedModel(async ({ question, call }: Heard) => {
    beginOf(question).resolve();
    if (!question.startsWith('slow')) return `to ${question}`;
    call.on_text?.('Half of it');
    await new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => reject(new ModelError('cancelled', 'cancelled')));
    });
    return '';
  });
  return { models, hasBegun: (question: string) => beginOf(question).promise };
}

async function start(when_busy: string | undefined) {
  const { models, hasBegun } = slowModel();
  const program = await startTestProgram({ models });
  const token = await program.token();
  await create(program, token, agentBody('a', 'for:a', when_busy ? { when_busy } : {}));
  const stream = await listen(program, token, { types: 'breadcrumb.updated,agent.status' });
  await stream.until('the agent', ({ title }) => title === 'Agent a: active');
  const speak = async (content: string, conversation = 'c1'): Promise<string> => {
    const tags = ['for:a', `session:${conversation}`];
    return (await say(program, token, content, conversation, { tags })).id;
  };
  const runOf = async (trigger_id: string): Promise<string> =>
    (
      await stream.until(
        'its run',
        (event) => event.type === 'agent.status' && event.trigger_id === trigger_id,
      )
    ).run_id;
  const stop = (run_id: string, as = token) =>
    program.request('POST', `/v1/agent-runs/${run_id}/stop`, { token: as });
  return { models, hasBegun, program, token, stream, speak, runOf, stop };
}

describe('a message that comes while its agent is busy', () => {
  it('is rejected at once where the agent rejects, and the first goes on', async () => {
    const { hasBegun, stream, speak, stop, runOf, models } = await start('reject');
    const first = await speak('slow one');
    await hasBegun('slow one');
    const second = await stream.answerTo(await speak('two'));
    expect(second.context).toMatchObject({ status: 'failed', error: { class: 'busy' } });
    // Another conversation is none of its business.
    expect((await stream.answerTo(await speak('other', 'c2'))).context.status).toBe('completed');
    await stop(await runOf(first));
    expect((await stream.answerTo(first)).context.status).toBe('stopped');
    expect((await stream.answerTo(await speak('three'))).context.content).toBe('to three');
    expect(models.heard.map(({ question }) => question)).toEqual(['slow one', 'other', 'three']);
  });

  it('interrupts what goes on, which ends with what it had, and is answered then', async () => {
    const { hasBegun, stream, speak, models } = await start('interrupt');
    const first = await speak('slow one');
    await hasBegun('slow one');
    const second = await speak('slow two');
    await hasBegun('slow two');
    const third = await speak('three');
    expect((await stream.answerTo(third)).context.content).toBe('to three');
    for (const id of [first, second]) {
      const { context } = await stream.answerTo(id);
      expect(context).toMatchObject({ status: 'stopped', error: { class: 'interrupted' } });
      expect(context.content).toMatch(/^Half of it\n\nI stopped/);
    }
    const order = stream.of('agent.response.v1').map(({ context }) => context.caused_by.trigger_id);
    expect(order).toEqual([first, second, third]);
    expect(models.heard).toHaveLength(3);
  });

  it('interrupts a run that waits for a tool, too', async () => {
    const models = scriptedModel(({ question }) =>
      question === 'one' ? { text: 'Well.', tools: [{ name: 'probe', input: {} }] } : 'done',
    );
    const asked = Promise.withResolvers<void>();
    const probe = testTool('probe', () => {
      asked.resolve();
      return new Promise(() => {});
    });
    const program = await startTestProgram({ models, tools: [probe.tool] });
    const token = await program.token();
    await create(program, token, probe.definition);
    await create(program, token, agentBody('a', 'for:a', { when_busy: 'interrupt' }));
    const stream = await listen(program, token);
    const speak = (content: string) =>
      say(program, token, content, 'c1', { tags: ['for:a', 'session:c1'] });
    const one = await speak('one');
    await asked.promise;
    const two = await speak('two');
    expect((await stream.answerTo(two.id)).context.content).toBe('done');
    const { context } = await stream.answerTo(one.id);
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'interrupted' } });
    expect(context.content).toMatch(/^Well\./);
  });

  it('waits its turn where the agent says nothing of it', async () => {
    const { hasBegun, stream, speak, stop, runOf } = await start(undefined);
    const first = await speak('slow one');
    await hasBegun('slow one');
    const second = await speak('two');
    await stop(await runOf(first));
    expect((await stream.answerTo(second)).context.content).toBe('to two');
    const order = stream.of('agent.response.v1').map(({ context }) => context.caused_by.trigger_id);
    expect(order).toEqual([first, second]);
  });
});

describe('stopping a run', () => {
  it('is for the author of its message and for curators, and done once', async () => {
    const { hasBegun, program, stream, speak, stop, runOf } = await start(undefined);
    const first = await speak('slow one');
    await hasBegun('slow one');
    const run_id = await runOf(first);
    const agent_id = '22222222-2222-4222-8222-222222222222';
    const stranger = await program.token({ agent_id, roles: ['emitter', 'subscriber'] });
    expect((await stop(run_id, stranger)).body).toMatchObject({ code: 'forbidden' });
    const reader = await program.token({ agent_id, roles: ['subscriber'] });
    expect((await stop(run_id, reader)).status).toBe(403);
    const foreign = await program.token({ owner_id: '11111111-1111-4111-8111-111111111111' });
    expect((await stop(run_id, foreign)).status).toBe(404);
    expect((await stop(run_id)).status).toBe(200);
    const { context } = await stream.answerTo(first);
    expect(context).toMatchObject({ status: 'stopped', error: { class: 'stopped' } });
    expect((await stop(run_id)).body).toMatchObject({ code: 'conflict' });

    const tags = ['for:a', 'session:c9'];
    const own = await say(program, stranger, 'slow own', 'c9', { tags });
    await hasBegun('slow own');
    expect((await stop(await runOf(own.id), stranger)).status).toBe(200);
    expect((await stream.answerTo(own.id)).context.status).toBe('stopped');
  });
});

describe('a run that has begun another', () => {
  it('is stopped with it', async () => {
    const began = Promise.withResolvers<void>();
    const models = scriptedModel(async ({ prompt, step, call }) => {
      const input = { agent: 'b', message: 'hm?' };
      if (prompt === 'You are a.' && step === 0) return { tools: [{ name: 'ask_agent', input }] };
      began.resolve();
      await new Promise((_resolve, reject) => {
        call.signal.addEventListener('abort', () =>
          reject(new ModelError('cancelled', 'cancelled')),
        );
      });
      return '';
    });
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token, { types: 'breadcrumb.updated,agent.status' });
    await create(program, token, agentBody('b', 'for:b'));
    await stream.until('the agent', ({ title }) => title === 'Agent b: active');
    const may = { capabilities: { can_spawn_agents: true }, agents: ['b'] };
    await create(program, token, agentBody('a', 'for:a', may));
    const message = await say(program, token, 'go', 'c1', { tags: ['for:a', 'session:c1'] });
    await began.promise;
    const { run_id } = await stream.until('its run', ({ trigger_id }) => trigger_id === message.id);
    await program.request('POST', `/v1/agent-runs/${run_id}/stop`, { token });
    expect((await stream.answerTo(message.id)).context.error.class).toBe('stopped');
    const asked = stream.of('agent.request.v1')[0];
    expect((await stream.answerTo(asked.breadcrumb_id)).context.error.class).toBe('stopped');
    expect((await program.db.query({ text: 'select 1 from agent_stops' })).rows).toEqual([]);
  });
});

/** PGlite serves one process, so several need a real server. */
describe.skipIf(POSTGRES_URL === undefined)('in several processes', () => {
  const inProcess = async (schema: string, roles: string, models = slowModel().models) => {
    const own = await openPostgres({
      url: String(POSTGRES_URL),
      pool_size: 8,
      schema,
      log: silentLog,
    });
    onTestFinished(() => own.close());
    const environment = { CAIRN_ROLES: roles, DATABASE_URL: String(POSTGRES_URL) };
    return startTestProgram({ db: own, models, environment });
  };

  it('a model call is ended in whichever process it runs', async () => {
    const schema = newSchemaName();
    await openTestDatabase(schema);
    const { models, hasBegun } = slowModel();
    const api: TestProgram = await inProcess(schema, 'api');
    await inProcess(schema, 'agents,tools', models);
    const token = await api.token();
    const stream = await listen(api, token);
    await create(api, token, agentBody('a', 'for:a', { when_busy: 'interrupt' }));
    await stream.until('the agent', ({ title }) => title === 'Agent a: active');
    const speak = (content: string) =>
      say(api, token, content, 'c1', { tags: ['for:a', 'session:c1'] });
    const one = await speak('slow one');
    await hasBegun('slow one');
    const two = await speak('two');
    expect((await stream.answerTo(two.id)).context.content).toBe('to two');
    expect((await stream.answerTo(one.id)).context.error.class).toBe('interrupted');
  }, 30_000);
});
