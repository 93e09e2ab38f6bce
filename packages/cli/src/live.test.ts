import { describe, expect, it } from 'vitest';
import { runCli, startCli } from '../test/run-cli.ts';
import { idOf, startStubServer, type StubServer } from '../test/stub-server.ts';

type Created = StubServer['stored'][number];

/** An agent that asks a tool and then answers; its events go out before the message itself is acknowledged. */
function answering(fields: Record<string, unknown> = {}) {
  return (message: Created, stub: StubServer): void => {
    if (message.schema_name !== 'user.message.v1') return;
    const { tags } = message;
    const ephemeral = { type: 'agent.delta', trigger_id: message.id, run_id: 'r', tags };
    stub.send({ ...ephemeral, index: 0, text: 'It is ' });
    const tool = { tool: 'calculator', requestId: 'q' };
    stub.add({
      schema_name: 'tool.request.v1',
      tags,
      context: { ...tool, input: { expression: '17% * 2340' } },
    });
    stub.add({
      schema_name: 'tool.response.v1',
      tags,
      context: { ...tool, status: 'success', output: 397.8 },
    });
    stub.add({
      schema_name: 'agent.response.v1',
      tags,
      context: { content: 'Not yours', status: 'completed', caused_by: { trigger_id: 'other' } },
    });
    stub.add({
      schema_name: 'agent.response.v1',
      tags,
      context: {
        content: 'It is 397.8',
        status: 'completed',
        error: null,
        caused_by: { trigger_id: message.id },
        ...fields,
      },
    });
  };
}

describe('say', () => {
  it('prints the answer to its message on stdout, and the tools on stderr', async () => {
    await using server = await startStubServer({ onCreate: answering() });
    const args = ['say', 'what is', '17% of 2340?', '--conversation', 'c1', '--url', server.url];
    expect(await runCli(args)).toEqual({
      code: 0,
      stdout: 'It is 397.8\n',
      stderr: '→ calculator {"expression":"17% * 2340"}\n← calculator: 397.8\n',
    });
    expect(server.stored[0]).toMatchObject({
      schema_name: 'user.message.v1',
      tags: ['user:message', 'session:c1'],
      context: { content: 'what is 17% of 2340?', conversation_id: 'c1' },
    });
    // Listening comes before speaking.
    expect(server.calls).toEqual([
      'POST /v1/auth/token',
      'GET /v1/system',
      'GET /v1/events/stream',
      'POST /v1/breadcrumbs',
    ]);
  });

  it('prints the answer as JSON and nothing else', async () => {
    await using server = await startStubServer({ onCreate: answering() });
    const { code, stdout, stderr } = await runCli(['say', '-', '--json', '--url', server.url], {
      input: 'Hello\n',
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      id: idOf(5),
      message_id: idOf(1),
      content: 'It is 397.8',
      status: 'completed',
    });
    expect(server.stored[0]).toMatchObject({ context: { content: 'Hello' } });
  });

  it('ends with 4 and the reason when the run failed', async () => {
    const error = { class: 'provider_auth', message: 'The model refused the key' };
    const onCreate = answering({ status: 'failed', error });
    await using server = await startStubServer({ onCreate });
    const { code, stdout, stderr } = await runCli(['say', 'Hello', '--url', server.url]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('The run failed: The model refused the key\n');
    const as_json = await runCli(['say', 'Hello', '--json', '--url', server.url]);
    expect(as_json).toMatchObject({ code: 4, stdout: '' });
    expect(JSON.parse(as_json.stderr)).toMatchObject({
      code: 'run_failed',
      exit_code: 4,
      response: { status: 'failed', error },
    });
  });

  it('ends with 5 when no answer comes in time', async () => {
    await using server = await startStubServer();
    const { code, stderr } = await runCli([
      'say',
      'Hello',
      '--timeout',
      '0.3',
      '--url',
      server.url,
    ]);
    expect(code).toBe(5);
    expect(stderr).toContain('No answer within 0.3 s.');
  });

  it('finds the answer when the connection broke while it came', async () => {
    const onCreate = (message: Created, stub: StubServer): void => {
      if (message.schema_name !== 'user.message.v1') return;
      stub.drop();
      answering()(message, stub);
      // Nothing of this was sent to anyone: the next stream starts with a resync.
      void stub.opened(2).then(() => stub.send({ type: 'resync', seq: 5, reason: 'not kept' }));
    };
    await using server = await startStubServer({ onCreate });
    const { code, stdout } = await runCli(['say', 'Hello', '--url', server.url]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'It is 397.8\n' });
  });
});

describe('tail', () => {
  it('prints one aligned line for each event and ends after --limit', async () => {
    await using server = await startStubServer({ onCreate: answering() });
    const tail = startCli(['tail', '--limit', '6', '--url', server.url]);
    await server.opened(1);
    server.add({ title: 'A note', tags: ['note'] });
    await runCli(['say', 'Hi?', '--conversation', 'c1', '--url', server.url]);
    const { code, stdout, stderr } = await tail.done;
    expect(code).toBe(0);
    expect(stderr).toBe(`Listening to ${server.url}. Ctrl-C ends it.\n`);
    const session = 'user:message session:c1';
    const line = (kind: string, text: string, tags: string) =>
      `03:04:05  ${kind.padEnd(20)}  ${text.padEnd(60)}  ${tags}`;
    expect(stdout.split('\n').filter((each) => !each.includes('agent.delta'))).toEqual([
      line('breadcrumb', 'A note', 'note'),
      line('user.message.v1', 'Hi?', session),
      line('tool.request.v1', 'calculator {"expression":"17% * 2340"}', session),
      line('tool.response.v1', 'calculator: 397.8', session),
      line('agent.response.v1', 'Not yours', session),
      '',
    ]);
  });

  it('prints one JSON event a line with --json, and nothing else', async () => {
    await using server = await startStubServer();
    const tail = startCli(['tail', '--json', '--limit', '2', '--tag', 'a', '--url', server.url]);
    await server.opened(1);
    server.add({ title: 'Other', tags: ['b'] });
    server.add({ title: 'One', tags: ['a'] });
    server.add({ title: 'Two', tags: ['a', 'b'] });
    const { code, stdout, stderr } = await tail.done;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events).toMatchObject([{ title: 'One' }, { title: 'Two', seq: 3 }]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 on %s', async (signal) => {
    await using server = await startStubServer();
    const tail = startCli(['tail', '--url', server.url]);
    await tail.wrote('Listening');
    tail.child.kill(signal);
    await expect(tail.done).resolves.toMatchObject({ code: 0, stdout: '' });
  });

  it('comes back after a lost connection and says so', async () => {
    await using server = await startStubServer();
    const tail = startCli(['tail', '--limit', '2', '--url', server.url]);
    await server.opened(1);
    server.add({ title: 'Before' });
    await tail.wrote('Before');
    server.drop();
    await server.opened(2);
    server.add({ title: 'After' });
    const { code, stdout, stderr } = await tail.done;
    expect(code).toBe(0);
    expect(stdout).toMatch(/Before[^]*After/);
    expect(stderr).toContain('The connection is lost; trying again …\nConnected again.\n');
  });

  it('ends in peace when the reader of its pipe leaves', async () => {
    await using server = await startStubServer();
    const tail = startCli(['tail', '--url', server.url]);
    await server.opened(1);
    server.add({ title: 'First' });
    await tail.wrote('First');
    tail.child.stdout?.destroy();
    server.add({ title: 'Second' });
    await expect(tail.done).resolves.toMatchObject({ code: 0 });
  });
});
