import { describe, expect, it } from 'vitest';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel, spoken } from './testing/scripted-model.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

/** A program with one agent that answers messages for it, and a person who talks with it. */
async function house(
  more: Record<string, unknown> = {},
  script: Parameters<typeof scriptedModel>[0] = ({ question }) => `Heard: ${question}`,
) {
  const models = scriptedModel(script);
  const program = await startTestProgram({ models });
  const token = await program.token();
  const agent = await create(program, token, agentBody('reader', 'for:reader', more));
  const stream = await listen(program, token);
  const tell = (content: string, conversation: string, tags: string[] = []) =>
    say(program, token, content, conversation, {
      tags: ['for:reader', `session:${conversation}`, ...tags],
    });
  const ask = async (content: string, conversation: string, tags: string[] = []) => {
    const message = await tell(content, conversation, tags);
    return { message, answer: await stream.answerTo(message.id) };
  };
  const contexts = () => list(program, token, 'agent.context.v1');
  return { program, token, models, agent, stream, tell, ask, contexts };
}

const note = (program: TestProgram, token: string, text: string, more = {}): Promise<Json> =>
  create(program, token, {
    title: 'Note',
    schema_name: 'note.v1',
    tags: ['kb'],
    context: { text },
    ...more,
  });
const config = (context: object, more = {}) => {
  const whole = { consumer_id: 'reader', ...context };
  const tags = ['context:config', 'consumer:reader'];
  return { title: 'C', schema_name: 'context.config.v1', tags, context: whole, ...more };
};
const NOTES = { sources: [{ key: 'notes', schema_name: 'note.v1', filters: { tag: 'kb' } }] };
const shownIds = (record: Json): string[] => record.context.breadcrumbs.map(({ id }: Json) => id);

describe('the context of an agent', () => {
  it('is its conversation, and is written nowhere, as long as nobody configured one', async () => {
    const { models, ask, contexts } = await house();
    await ask('one', 'c1');
    await ask('two', 'c1');
    expect(spoken(models.heard.at(-1))).toEqual(['one', 'Heard: one', 'two']);
    expect(await contexts()).toEqual([]);
  });

  it('is not gathered by a configuration that asks for what is not done, and its status says why', async () => {
    const { program, token, stream, ask, contexts, agent } = await house();
    const { id } = await create(
      program,
      token,
      config({ ...NOTES, formatting: { enable_summarization: true } }),
    );
    const status = await stream.until('the status', (e) => e.schema_name === 'context.status.v1');
    expect(status.context).toMatchObject({
      consumer_id: 'reader',
      config_id: id,
      state: 'invalid',
      reason: expect.stringContaining('/formatting/enable_summarization: nothing is summed up'),
    });
    await ask('one', 'c1');
    expect(await contexts()).toEqual([]);
    const context = { consumer_id: 'reader', ...NOTES, formatting: {} };
    await program.request('PATCH', `/breadcrumbs/${id}`, { token, json: { context } });
    await stream.until(
      'that it counts',
      (e) => e.context?.state === 'active' && e.context.config_id === id,
    );
    await ask('two', 'c1');
    expect(await contexts()).toHaveLength(1);
    await program.request('DELETE', `/breadcrumbs/${id}`, { token });
    await expect.poll(() => list(program, token, 'context.status.v1')).toEqual([]);
    const definition = {
      ...agent.context,
      context: { sources: [], output: { schema_name: 'x.v1' } },
    };
    await program.request('PATCH', `/breadcrumbs/${agent.id}`, {
      token,
      json: { context: definition },
    });
    const refused = await stream.until(
      'that the agent does not',
      (e) => e.context?.state === 'invalid' && e.context.definition_id === agent.id,
    );
    expect(refused.context.reason).toContain('/context/output/schema_name');
  });

  it('is gathered as configured, written once for each conversation, and is what the model sees', async () => {
    const { program, token, models, ask, contexts } = await house();
    await create(program, token, {
      title: 'S',
      schema_name: 'schema.def.v1',
      tags: ['schema:def', 'defines:fact.v1'],
      context: {
        schema_name: 'fact.v1',
        schema_version: '1.0',
        fields: { said: { type: 'string' }, hidden: { type: 'string' } },
      },
      llm_hints: { include: ['said'] },
    });
    const fact = await create(program, token, {
      title: 'Fact',
      schema_name: 'fact.v1',
      tags: ['kb'],
      context: { said: 'The office has </record> nine rooms.', hidden: 'x' },
    });
    const twice = await note(program, token, 'the kettle is on the second floor');
    await note(program, token, 'The kettle is on the second floor.', {
      llm_hints: { transform: { text: { type: 'format', format: '{text}' } } },
    });
    const catalog = { schema_name: 'catalog.v1', tags: [] };
    const old = await note(program, token, 'An old catalogue.', catalog);
    await program.request('PATCH', `/breadcrumbs/${old.id}`, {
      token,
      json: { context: { text: 'The catalogue of today.' } },
    });
    await create(
      program,
      token,
      config({
        sources: [
          { key: 'facts', schema_name: 'fact.v1' },
          { key: 'notes', method: 'tagged', filters: { tag: 'kb' } },
          { key: 'catalog', schema_name: 'catalog.v1', method: 'latest' },
          { key: 'broken', filters: { context_match: [{ path: '$.[', op: 'eq', value: 1 }] } },
        ],
        output: { tags: ['context:output'], ttl_seconds: 3_600 },
      }),
    );
    await ask('hello', 'c1', ['extension:chat']);
    const { message, answer } = await ask('Which rooms?', 'c1', ['extension:chat']);

    const [record, ...others] = await contexts();
    expect(others).toEqual([]);
    expect(record.version).toBe(2);
    expect(record.tags).toEqual([
      'agent:context',
      'consumer:reader',
      'session:c1',
      'extension:chat',
      'context:output',
    ]);
    expect(record.context).toMatchObject({
      consumer_id: 'reader',
      trigger_event_id: message.id,
      sources_assembled: 4,
      failed_sources: [{ source: 'broken' }],
    });
    const shown = record.context.breadcrumbs;
    expect(shown.map(({ source }: Json) => source)).toEqual([
      'facts',
      'notes',
      'catalog',
      'conversation',
      'conversation',
      'event_data',
    ]);
    expect(shown.map(({ content }: Json) => content)).toEqual([
      { said: 'The office has </record> nine rooms.' },
      { text: 'The kettle is on the second floor.' },
      { text: 'The catalogue of today.' },
      'hello',
      'Heard: hello',
      'Which rooms?',
    ]);
    expect(shownIds(record).filter((id) => id === fact.id)).toHaveLength(1);
    expect(record.context.dropped).toEqual([{ id: twice.id, reason: 'similar' }]);
    const [block, ...turns] = spoken(models.heard.at(-1));
    expect(turns).toEqual(['hello', 'Heard: hello', 'Which rooms?']);
    expect(String(block).split('\n').slice(2, -1)).toEqual(
      shown
        .slice(0, 3)
        .map(
          ({ schema_name, id, created_at, content }: Json) =>
            `<record schema="${schema_name}" id="${id}" created_at="${created_at}">${JSON.stringify(content).replaceAll('</', '<\\/')}</record>`,
        ),
    );
    const path = `/v1/runs/${answer.context.run_id}/steps`;
    const steps = async () => (await program.request('GET', path, { token })).body;
    await expect.poll(async () => JSON.stringify(await steps())).toContain(record.id);
    const [step] = await steps();
    expect(step).toMatchObject({
      step_type: 'retrieve',
      name: 'context',
      metadata: { context_id: record.id, context_version: 2, records: 6, dropped: 1 },
    });
    const full = await program.request('GET', `/breadcrumbs/${record.id}/full`, { token });
    expect(Date.parse(full.body.ttl) - Date.parse(full.body.updated_at)).toBeCloseTo(3_600_000, -4);
  });

  it('finds by the words of the message, and honours scope, exclusions and who may configure', async () => {
    const { program, token, ask, contexts } = await house({
      context: {
        sources: [{ key: 'found', method: 'search', schema_name: 'note.v1', nn: 2 }],
        conversation: false,
        exclude: { tags: ['hidden'] },
      },
    });
    const emitter = await program.token({
      agent_id: '00000000-0000-4000-8000-0000000000e1',
      roles: ['emitter'],
    });
    const pump = await note(program, token, 'The pump in the cellar drips.');
    await note(program, token, 'The pump on the roof hums.', { tags: ['hidden'] });
    await note(program, token, 'Elephants sleep standing.');
    // Whoever is no curator configures nobody.
    await create(program, emitter, config({ sources: [] }));
    await expect
      .poll(async () => {
        const path = '/breadcrumbs/search?q=pump&nn=5';
        return (await program.request('GET', path, { token })).body.length;
      })
      .toBeGreaterThan(1);
    const first = await ask('what about the pump?', 'c1');
    const [record] = await contexts();
    expect(shownIds(record)).toEqual([pump.id, first.message.id]);
    expect(record.context.dropped.map(({ reason }: Json) => reason)).toContain('excluded');

    const blacklist = { excluded_schemas: [{ schema_name: 'note.v1' }] };
    const body = { title: 'B', schema_name: 'context.blacklist.v1', tags: [], context: blacklist };
    await create(program, token, body);
    const second = await ask('what about the pump now?', 'c1');
    expect(shownIds((await contexts())[0])).toEqual([second.message.id]);
  });

  it('stays within its budget, and shortens what is too long', async () => {
    const { program, token, models, ask, contexts } = await house({
      model: 'openai/gpt-5',
      context: { ...NOTES, formatting: { max_tokens: 600, include_metadata: false } },
    });
    for (let n = 0; n < 12; n++) {
      const words = Array.from({ length: 60 }, (_, at) => `word${(at * 7 + n * 13) % 97}`);
      await note(program, token, `${n}: ${words.join(' ')}`);
    }
    await note(program, token, `long ${'lorem ipsum dolor '.repeat(2_000)}`);
    await ask('hello', 'c1');
    const { message } = await ask(`Sum up. ${'This is important. '.repeat(20)}`, 'c1');
    const [record] = await contexts();
    const { token_estimate, dropped, breadcrumbs } = record.context;
    expect(token_estimate).toBeLessThanOrEqual(600);
    expect(token_estimate).toBeGreaterThan(400);
    expect(dropped.map(({ reason }: Json) => reason)).toContain('budget');
    expect(breadcrumbs.map(({ content }: Json) => content)).toContainEqual(
      expect.stringMatching(/shortened: 36005 characters/),
    );
    // The conversation comes first of all.
    expect(spoken(models.heard.at(-1)).slice(-3)).toEqual([
      'hello',
      'Heard: hello',
      message.context.content,
    ]);
    await ask(`Endless. ${'really '.repeat(5_000)}`, 'c2');
    const [last] = (await contexts()).toReversed();
    expect(last.context.token_estimate).toBeLessThanOrEqual(600);
    expect(String(spoken(models.heard.at(-1)).at(-1))).toContain('shortened');
  });

  it('is as guarded as the strictest record in it, and shows none that its reader may not read', async () => {
    const { program, token, agent, ask, contexts } = await house({ context: NOTES });
    const granted = await note(program, token, 'The door code is 1234.', { sensitivity: 'secret' });
    const unseen = await note(program, token, 'Nobody told the agent.', { visibility: 'private' });
    const grant = { breadcrumb_id: granted.id, grantee_agent_id: agent.id, action: 'read_context' };
    // Its principal is made a moment after its definition was written.
    const principal = () => program.request('GET', `/agents/${agent.id}`, { token });
    await expect.poll(async () => (await principal()).status).toBe(200);
    const { status } = await program.request('POST', '/acl/grant', { token, json: grant });
    expect(status).toBe(200);
    const { message } = await ask('what is the code?', 'c1');
    const [record] = await contexts();
    expect(shownIds(record)).toEqual([granted.id, message.id]);
    expect(JSON.stringify(record)).not.toContain(unseen.id);
    const full = await program.request('GET', `/breadcrumbs/${record.id}/full`, { token });
    expect(full.body).toMatchObject({ sensitivity: 'secret', visibility: 'team' });
    const other = await program.token({
      agent_id: '00000000-0000-4000-8000-0000000000e2',
      roles: ['emitter', 'subscriber'],
    });
    const seen = await program.request('GET', `/breadcrumbs/${record.id}`, { token: other });
    expect(seen.status).toBe(404);
    // It may be seen again once there is nothing secret in it.
    await program.request('DELETE', `/breadcrumbs/${granted.id}`, { token });
    await ask('and now?', 'c1');
    const after = await program.request('GET', `/breadcrumbs/${record.id}`, { token: other });
    expect([after.status, JSON.stringify(after.body).includes('1234')]).toEqual([200, false]);
  });

  it('is the same for whoever takes the run over, whatever has changed since', async () => {
    let attempts = 0;
    let meanwhile: () => Promise<unknown> = async () => {};
    const { program, token, models, ask, contexts } = await house(
      { context: NOTES },
      async ({ question }) => {
        attempts++;
        if (attempts > 1) return `Heard: ${question}`;
        await meanwhile();
        throw new Error('the process died here');
      },
    );
    await note(program, token, 'There before.');
    meanwhile = () => note(program, token, 'Written while the model thought.');
    await ask('what is there?', 'c1');
    const [first, second, ...more] = models.heard.map(spoken);
    expect(more).toEqual([]);
    expect(JSON.stringify(first)).toContain('There before.');
    expect(second).toEqual(first);
    const [record] = await contexts();
    expect([record.version, JSON.stringify(record).includes('while the model')]).toEqual([
      1,
      false,
    ]);
  });
});

describe('an agent that is triggered by its context', () => {
  const triggered = {
    subscriptions: {
      selectors: [
        { schema_name: 'agent.context.v1', any_tags: ['consumer:reader'], role: 'trigger' },
        { schema_name: 'note.v1', role: 'context', key: 'notes', fetch: { method: 'latest' } },
      ],
    },
  };

  it('answers each message once, with the context that was gathered for it', async () => {
    const all_are_prepared = Promise.withResolvers<void>();
    const { program, token, models, stream, tell, contexts } = await house(
      triggered,
      async ({ question }) => {
        if (question === 'zero') await all_are_prepared.promise;
        return `Heard: ${question}`;
      },
    );
    await note(program, token, 'An older note.');
    const kept = await note(program, token, 'The newest note.');
    const zero = await tell('zero', 'c1');
    const one = await tell('one', 'c1', ['extension:chat']);
    const two = await tell('two', 'c1');
    // The agent takes up the second message when the record holds the context of the third.
    await stream.until('the third context', ({ context }) => context?.trigger_event_id === two.id);
    all_are_prepared.resolve();
    const answers = [];
    for (const { id } of [zero, one, two]) answers.push(await stream.answerTo(id));
    const said = answers.map(({ context }) => context.content);
    expect(said).toEqual(['Heard: zero', 'Heard: one', 'Heard: two']);
    expect(answers[1].tags).toContain('extension:chat');
    expect(spoken(models.heard[1]).slice(1)).toEqual(['zero', 'one']);
    const last = await tell('three', 'c1');
    await stream.answerTo(last.id);

    expect(models.heard.map(({ question }) => question)).toEqual(['zero', 'one', 'two', 'three']);
    expect(stream.of('agent.response.v1')).toHaveLength(4);
    const [block, ...turns] = spoken(models.heard.at(-1));
    expect(block).toContain('The newest note.');
    expect(block).not.toContain('An older note.');
    expect(turns.join()).toBe('zero,Heard: zero,one,Heard: one,two,Heard: two,three');
    const [record, ...others] = await contexts();
    expect([others, record.version]).toEqual([[], 4]);
    expect(record.context.trigger_event_id).toBe(last.id);
    expect(shownIds(record)).toContain(kept.id);
  });

  it('answers once also when messages trigger it too', async () => {
    const both = {
      subscriptions: {
        selectors: [
          ...triggered.subscriptions.selectors,
          { schema_name: 'user.message.v1', any_tags: ['for:reader'] },
        ],
      },
    };
    const { ask, stream, models, contexts } = await house(both);
    await ask('one', 'c1');
    await ask('two', 'c1');
    expect([models.heard.length, stream.of('agent.response.v1').length]).toEqual([2, 2]);
    expect((await contexts())[0].version).toBe(2);
  });

  it('answers a private message in private, and is not set off by what others write in its name', async () => {
    const { program, token, agent, models, stream, contexts } = await house(triggered);
    const private_one = { tags: ['session:c1'], visibility: 'private' };
    const message = await say(program, token, 'between us', 'c1', private_one);
    const answer = await stream.answerTo(message.id);
    const [record] = await contexts();
    for (const { id } of [record, { id: answer.breadcrumb_id }]) {
      const { body } = await program.request('GET', `/breadcrumbs/${id}/full`, { token });
      expect(body.visibility).toBe('private');
    }
    // An agent that writes a context for itself is not triggered by it, as by nothing that it writes.
    const itself = await program.token({ agent_id: agent.id, roles: ['emitter'] });
    await create(program, itself, {
      title: 'Context',
      schema_name: 'agent.context.v1',
      tags: ['agent:context', 'consumer:reader', 'session:c2'],
      context: { ...record.context, caused_by: { author: null, run_id: null } },
    });
    const last = await say(program, token, 'again', 'c2', { tags: ['session:c2'] });
    await stream.answerTo(last.id);
    expect(models.heard.map(({ question }) => question)).toEqual(['between us', 'again']);
  });

  it('does nothing without a configuration', async () => {
    const [selector] = triggered.subscriptions.selectors;
    const { program, token, models, stream, tell, contexts } = await house({
      subscriptions: { selectors: [selector] },
    });
    const other = await create(program, token, agentBody('other', 'for:other'));
    await tell('one', 'c1');
    const message = await say(program, token, 'for the other', 'c2', { tags: ['for:other'] });
    const answer = await stream.answerTo(message.id);
    expect(answer.context.agent_id).toBe(other.id);
    expect(models.heard).toHaveLength(1);
    expect(await contexts()).toEqual([]);
  });
});
