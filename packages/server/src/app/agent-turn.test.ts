import { describe, expect, it } from 'vitest';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, spoken } from './testing/scripted-model.ts';
import { testTool } from './testing/test-tool.ts';
import { startTestProgram } from './testing.ts';

const ALL_TYPES = 'breadcrumb.updated,agent.delta,agent.status';

describe('a turn', () => {
  it('asks tools in the workspace that its message names, and so do the steps of a workflow', async () => {
    const steps = [{ id: 'one', tool: 'echo', input: { message: 'x' } }];
    const models = scriptedModel(({ step }) =>
      step === 0 ? { tools: [{ name: 'workflow', input: { steps } }] } : 'Done.',
    );
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const workspace = 'workspace:11111111-1111-4111-8111-111111111111';
    const tags = ['user:message', 'session:c1', 'workspace:main', workspace];
    await stream.answerTo((await say(program, token, 'go', 'c1', { tags })).id);
    const asked = stream.of('tool.request.v1');
    expect(asked.map(({ context }) => context.tool)).toEqual(['workflow', 'echo']);
    for (const request of asked) {
      expect(request.tags).toContain(workspace);
      expect(request.tags).not.toContain('workspace:main');
    }
  });

  it('goes from the message through a tool to the answer, each a breadcrumb that names its cause', async () => {
    const models = scriptedModel(({ step }) =>
      step === 0
        ? {
            text: 'Let me see.',
            tools: [{ name: 'calculator', input: { expression: '17% * 2340' } }],
          }
        : 'It is 397.8.',
    );
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token, { types: ALL_TYPES });
    const message = await say(program, token, 'what is 17% of 2340?', 'c1', {
      tags: ['user:message', 'session:c1', 'extension:chat'],
    });
    const answer = await stream.answerTo(message.id);

    const [request] = stream.of('tool.request.v1');
    const id = request.context.requestId;
    expect(request.tags).toEqual(
      expect.arrayContaining(['tool:request', 'workspace:tools', `request:${id}`, 'session:c1']),
    );
    expect(request.context).toMatchObject({
      tool: 'calculator',
      input: { expression: '17% * 2340' },
      caused_by: { trigger_id: message.id },
    });
    const [response] = stream.of('tool.response.v1');
    expect(response.tags).toEqual(
      expect.arrayContaining(['tool:response', 'workspace:tools', `request:${id}`, 'session:c1']),
    );
    expect(response.context).toMatchObject({
      request_id: id,
      status: 'success',
      caused_by: { tool_request_id: request.breadcrumb_id },
    });
    expect(answer.tags).toEqual(
      expect.arrayContaining(['agent:response', 'session:c1', 'agent:chat', 'extension:chat']),
    );
    expect(answer.context).toMatchObject({
      content: 'It is 397.8.',
      message: 'It is 397.8.',
      conversation_id: 'c1',
      status: 'completed',
      error: null,
      model: 'scripted-1',
      usage: { input_tokens: 20, output_tokens: 10 },
      caused_by: {
        trigger_id: message.id,
        trigger_version: 1,
        tool_request_ids: [request.breadcrumb_id],
        tool_response_ids: [response.breadcrumb_id],
      },
    });
    const [, second] = models.heard;
    expect(second?.call.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
    ]);
    expect(JSON.stringify(second?.call.messages.at(-1))).toContain('397.8');
    const deltas = stream.events.filter(({ type }) => type === 'agent.delta');
    expect(deltas.map(({ text }) => text)).toEqual(['Let me see.', 'It is 397.8.']);
    // They count up over all steps of the run.
    expect(deltas.map(({ index, kind }) => [index, kind])).toEqual([
      [0, 'text'],
      [1, 'text'],
    ]);
    expect(
      stream.events.filter(({ type }) => type === 'agent.status').map((e) => e.status),
    ).toEqual(expect.arrayContaining(['thinking', 'waiting_for_tools', 'thinking']));
  });

  it('runs the tools of one step side by side and goes on when all have answered', async () => {
    const models = scriptedModel(({ step }) =>
      step === 0
        ? {
            tools: ['a', 'b', 'c'].map((text) => ({ name: 'meet', input: { text } })),
          }
        : 'All met.',
    );
    const meeting = meetingTool(3);
    const program = await startTestProgram({ models, tools: [meeting.tool] });
    const token = await program.token();
    await create(program, token, meeting.definition);
    const stream = await listen(program, token);
    const message = await say(program, token, 'meet', 'c1');
    const answer = await stream.answerTo(message.id);

    expect(answer.context.content).toBe('All met.');
    expect(models.heard).toHaveLength(2);
    const told = models.heard[1]?.call.messages.filter(({ role }) => role === 'tool');
    expect(told).toMatchObject([
      { tool_call_id: 'call-0-0', output: { text: 'a' }, is_error: false },
      { tool_call_id: 'call-0-1', output: { text: 'b' }, is_error: false },
      { tool_call_id: 'call-0-2', output: { text: 'c' }, is_error: false },
    ]);
    expect(answer.context.caused_by.tool_request_ids).toHaveLength(3);
  });
});

describe('a conversation', () => {
  it('gives the second question the first one with its answer', async () => {
    const models = scriptedModel(({ question }) => `You said ${question}.`);
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const first = await say(program, token, 'one', 'c1');
    await stream.answerTo(first.id);
    await stream.answerTo((await say(program, token, 'elsewhere', 'c2')).id);
    await stream.answerTo((await say(program, token, 'two', 'c1')).id);

    expect(spoken(models.heard[2])).toEqual(['one', 'You said one.', 'two']);
  });

  it('answers messages that came at once one after the other, in order, each with the answers before it', async () => {
    const gate = Promise.withResolvers<void>();
    const models = scriptedModel(async ({ question }) => {
      if (question === 'one') await gate.promise;
      return `to ${question}`;
    });
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const one = await say(program, token, 'one', 'c1');
    const two = await say(program, token, 'two', 'c1');
    const three = await say(program, token, 'three', 'c1');
    // Another conversation is not held up.
    const other = await say(program, token, 'aside', 'c2');
    await stream.answerTo(other.id);
    expect(stream.of('agent.response.v1')).toHaveLength(1);
    gate.resolve();
    for (const message of [one, two, three]) await stream.answerTo(message.id);

    expect(
      stream.of('agent.response.v1').map(({ context }) => context.caused_by.trigger_id),
    ).toEqual([other.id, one.id, two.id, three.id]);
    const of = (question: string) => models.heard.find((each) => each.question === question);
    expect(spoken(of('one'))).toEqual(['one']);
    expect(spoken(of('three'))).toEqual(['one', 'to one', 'two', 'to two', 'three']);
  });

  it('is named by the context where there is no tag', async () => {
    const models = scriptedModel(({ question }) => `to ${question}`);
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const only_context = (content: string) =>
      say(program, token, content, 'c9', { tags: ['user:message'] });
    const answer = await stream.answerTo((await only_context('one')).id);
    expect(answer.context.conversation_id).toBe('c9');
    expect(answer.tags).toContain('session:c9');
    await stream.answerTo((await only_context('two')).id);
    expect(spoken(models.heard[1])).toEqual(['one', 'to one', 'two']);
  });

  it('begins with a message that names none, under the id of that message', async () => {
    const models = scriptedModel(({ question }) => `to ${question}`);
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const first = await say(program, token, '', '', {
      tags: ['user:message'],
      context: { message: 'one' },
    });
    const answer = await stream.answerTo(first.id);
    expect(answer.context).toMatchObject({ content: 'to one', conversation_id: first.id });
    // The client goes on with the name that the answer gave it.
    await stream.answerTo((await say(program, token, 'two', first.id)).id);
    expect(spoken(models.heard[1])).toEqual(['one', 'to one', 'two']);
  });

  it('hands over a message without words as what it is', async () => {
    const models = scriptedModel(() => 'What do you mean?');
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const answer = await stream.answerTo((await say(program, token, '', 'c1')).id);
    expect(answer.context.status).toBe('completed');
    expect(models.heard[0]?.question).toBe('{"content":"","conversation_id":"c1"}');
  });
});

describe('what triggers an agent', () => {
  it('is not the edit of a message that it has answered', async () => {
    const models = scriptedModel(({ question }) => `to ${question}`);
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const message = await say(program, token, 'one', 'c1');
    await stream.answerTo(message.id);
    const edited = await program.request('PATCH', `/breadcrumbs/${message.id}`, {
      token,
      json: { context: { content: 'one, edited', conversation_id: 'c1' } },
    });
    expect(edited.status).toBe(200);
    // What comes after the edit in the same conversation is answered after whatever the edit caused.
    await stream.answerTo((await say(program, token, 'two', 'c1')).id);
    expect(models.heard.map(({ question }) => question)).toEqual(['one', 'two']);
    expect(spoken(models.heard[1])).toEqual(['one, edited', 'to one', 'two']);
  });

  it('is each version of a record that is not a message', async () => {
    const models = scriptedModel(({ question }) => `to ${question}`);
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    await create(
      program,
      token,
      agentBody('worker', '', { subscriptions: { selectors: [{ schema_name: 'task.v1' }] } }),
    );
    const task = await create(program, token, {
      title: 'Task',
      schema_name: 'task.v1',
      tags: ['session:t1'],
      context: { text: 'open' },
    });
    await stream.answerTo(task.id);
    await program.request('PATCH', `/breadcrumbs/${task.id}`, {
      token,
      json: { context: { text: 'closed' } },
    });
    await stream.until('the second answer', ({ context }) => context?.content === 'to closed');
    expect(models.heard.map(({ question }) => question)).toEqual(['open', 'closed']);
  });

  it('is never what it wrote itself', async () => {
    const models = scriptedModel(({ question }) => `to ${question}`);
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    // Everything in the conversation triggers it, its own answers among it.
    const selectors = [{ any_tags: ['session:c1'] }];
    const body = agentBody('echo', '', { subscriptions: { selectors } });
    const agent = await create(program, token, body);
    const message = await say(program, token, 'one', 'c1', { schema_name: 'note.v1' });
    await stream.answerTo(message.id);
    await stream.answerTo((await say(program, token, 'two', 'c1', { schema_name: 'note.v1' })).id);
    const answers = await list(program, token, 'agent.response.v1');
    expect(answers.map(({ context }) => context.agent_id)).toEqual([agent.id, agent.id]);
    expect(models.heard).toHaveLength(2);
  });

  it('is a message by several selectors once', async () => {
    const models = scriptedModel(() => 'yes');
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const selectors = [{ any_tags: ['x'] }, { schema_name: 'note.v1' }];
    await create(program, token, agentBody('twice', '', { subscriptions: { selectors } }));
    const note = (tag: string) =>
      say(program, token, tag, 'c1', { schema_name: 'note.v1', tags: [tag, 'session:c1'] });
    await stream.answerTo((await note('x')).id);
    await stream.answerTo((await note('y')).id);
    expect(models.heard).toHaveLength(2);
  });
});

/** A tool whose calls only answer when `count` of them are there: side by side, or never. */
function meetingTool(count: number) {
  const all = Promise.withResolvers<void>();
  let met = 0;
  return testTool('meet', async (input) => {
    if (++met === count) all.resolve();
    await all.promise;
    return input;
  });
}

describe('agents that trigger each other', () => {
  it('leave the server able to answer, and stop when one is deleted', async () => {
    const models = scriptedModel(({ prompt }) => prompt);
    const program = await startTestProgram({ models });
    const token = await program.token();
    const stream = await listen(program, token);
    const subscriptions = { selectors: [{ schema_name: 'agent.response.v1' }] };
    const [a] = await Promise.all(
      ['a', 'b'].map((name) => create(program, token, agentBody(name, '', { subscriptions }))),
    );
    await say(program, token, 'go', 'c1');
    let answers = 0;
    await stream.until(
      'a few rounds',
      (event) => event.schema_name === 'agent.response.v1' && ++answers > 10,
    );
    expect((await program.request('GET', '/health')).status).toBe(200);
    await program.request('DELETE', `/breadcrumbs/${a.id}`, { token });
    // Whatever had been asked before the deletion is answered, and then it is quiet.
    const last = await say(program, token, 'the end', 'c2');
    await stream.answerTo(last.id);
    const heard = models.heard.length;
    await stream.answerTo((await say(program, token, 'quiet?', 'c3')).id);
    expect(models.heard.length - heard).toBeLessThan(10);
  });
});
