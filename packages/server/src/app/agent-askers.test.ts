import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { agentBody, create, list, say } from './testing/conversation.ts';
import { listen, type Listener } from './testing/listener.ts';
import { scriptedModel, type Heard, type Line } from './testing/scripted-model.ts';
import { startTestProgram, type Json, type TestProgram } from './testing.ts';

const SALARY = 'PRIVATE-SALARY-99999';
const SEARCH = { name: 'breadcrumb_search', input: { query: 'SALARY' } };
const TYPES = 'breadcrumb.created,breadcrumb.updated,agent.delta,agent.status,tool.progress';

/** A tool that writes whatever record it is given. */
const WRITE = {
  title: 'Tool: write',
  schema_name: 'tool.code.v1',
  tags: ['tool', 'tool:write'],
  context: {
    name: 'write',
    description: 'Writes a record.',
    code: {
      language: 'javascript',
      source: 'export async function execute(input, context) { return context.api.create(input); }',
    },
    input_schema: { type: 'object' },
  },
};

/** Says what it was told, or uses the tool that it was told to use and says what came of that. */
function obey({ question, step, call }: Heard): Line {
  if (!question.startsWith('use ')) return `You said ${question}.`;
  if (step === 0) return { tools: [JSON.parse(question.slice('use '.length))] };
  return JSON.stringify(call.messages.at(-1));
}

const use = (tool: { name: string; input: unknown }) => `use ${JSON.stringify(tool)}`;

/** Somebody who is no curator, with an open stream. */
interface Person {
  readonly agent_id: string;
  readonly token: string;
  readonly stream: Listener;
}

async function join(program: TestProgram, roles = ['emitter', 'subscriber']): Promise<Person> {
  const agent_id = newId();
  const token = await program.token({ agent_id, roles });
  return { agent_id, token, stream: await listen(program, token, { types: TYPES }) };
}

/** Two agents, which may ask each other, and two emitters. */
async function start() {
  const models = scriptedModel(obey);
  const program = await startTestProgram({ models });
  const curator = await program.token();
  const stream = await listen(program, curator, { types: TYPES });
  await create(program, curator, WRITE);
  const may = { capabilities: { can_spawn_agents: true }, agents: ['a', 'b'] };
  for (const name of ['a', 'b']) {
    await create(program, curator, agentBody(name, `for:${name}`, may));
    await stream.until('the agent', ({ title }) => title === `Agent ${name}: active`);
  }
  const [ann, bob] = [await join(program), await join(program)];
  const ask = async (
    who: Pick<Person, 'token'>,
    to: string,
    content: string,
    { session = newId(), ...more }: Record<string, unknown> = {},
  ): Promise<Json> => {
    const tags = [`for:${to}`, `session:${String(session)}`];
    const message = await say(program, who.token, content, String(session), { tags, ...more });
    return answerIn(`session:${String(session)}`, message.id);
  };
  /** The record that answers in a conversation. Of a secret one the stream does not tell what it says. */
  const known = new Set<string>();
  const answerIn = async (tag: string, after = ''): Promise<Json> => {
    const { breadcrumb_id: id } = await stream.until(
      `an answer in ${tag}`,
      (e) =>
        e.schema_name === 'agent.response.v1' &&
        e.tags.includes(tag) &&
        e.breadcrumb_id > after &&
        !known.has(e.breadcrumb_id),
    );
    known.add(id);
    return (await program.request('GET', `/breadcrumbs/${id}/full`, { token: curator })).body;
  };
  /** Ann tells both agents what is for nobody else. */
  const confide = async (guard: Record<string, unknown> = { visibility: 'private' }) => {
    for (const to of ['a', 'b']) await ask(ann, to, SALARY, { session: `p-${to}`, ...guard });
  };
  return { models, program, curator, stream, ann, bob, ask, answerIn, confide };
}

/** All that somebody heard, can list, and made a model read. */
async function knows(program: TestProgram, { token, stream }: Person): Promise<string> {
  const { body } = await program.request('GET', '/breadcrumbs?limit=500&include_context=true', {
    token,
  });
  return JSON.stringify([stream.events, body]);
}

describe('what an agent reads for somebody', () => {
  it.each([{ visibility: 'private' }, { sensitivity: 'secret' }])(
    'is not what it answered another with %j',
    async (guard) => {
      const { program, ask, confide, ann, bob } = await start();
      await confide(guard);
      const answer = await ask(bob, 'a', use(SEARCH));
      expect(answer.context.content).toContain('breadcrumb_search');
      expect(answer.context.content).not.toContain('99999');
      expect(await knows(program, bob)).not.toContain('99999');
      const own = await ask(ann, 'a', use(SEARCH), guard);
      expect(own.context.content).toContain(`You said ${SALARY}`);
    },
  );

  it('is no private answer in the conversation that others had under the same name', async () => {
    const { models, ask, confide, ann, bob } = await start();
    await confide();
    await ask(bob, 'a', 'what was said?', { session: 'p-a' });
    expect(JSON.stringify(models.heard.at(-1)?.call.messages)).not.toContain('99999');
    await ask(ann, 'a', 'and what did I say?', { session: 'p-a', visibility: 'private' });
    expect(JSON.stringify(models.heard.at(-1)?.call.messages)).toContain(`You said ${SALARY}`);
  });

  it.each([
    [
      'another agent that it asks',
      { name: 'ask_agent', input: { agent: 'b', message: use(SEARCH) } },
    ],
    [
      'a workflow',
      {
        name: 'workflow',
        input: { steps: [{ id: 'look', tool: SEARCH.name, input: SEARCH.input }] },
      },
    ],
  ])('is no more by way of %s', async (_, tool) => {
    const { program, ask, confide, bob } = await start();
    await confide();
    const answer = await ask(bob, 'a', use(tool));
    expect(answer.context.content).toContain('breadcrumbs');
    expect(answer.context.content).not.toContain('99999');
    expect(await knows(program, bob)).not.toContain('99999');
  });

  it.each([
    [
      'a message that it writes to another agent',
      {
        title: 'Message',
        schema_name: 'user.message.v1',
        tags: ['for:b', 'session:chain'],
        context: { content: use(SEARCH), conversation_id: 'chain' },
      },
      'agent.response.v1',
    ],
    [
      'a tool request that it writes by itself',
      {
        title: 'Request',
        schema_name: 'tool.request.v1',
        tags: ['tool:request', 'session:chain'],
        context: { tool: SEARCH.name, input: SEARCH.input, requestId: newId() },
      },
      'tool.response.v1',
    ],
  ])('is no more by way of %s', async (_, body, schema_name) => {
    const { program, stream, ask, confide, bob } = await start();
    await confide();
    await ask(bob, 'a', use({ name: 'write', input: body }));
    const found = await stream.until(
      'what came of it',
      (event) => event.schema_name === schema_name && event.tags.includes('session:chain'),
    );
    expect(JSON.stringify(found.context)).toContain('breadcrumbs');
    expect(await knows(program, bob)).not.toContain('99999');
  });

  it('is no more by way of a schedule', async () => {
    const { program, ask, answerIn, confide, bob } = await start();
    await confide();
    const breadcrumb = {
      title: 'Message',
      schema_name: 'user.message.v1',
      tags: ['for:b', 'session:later'],
      context: { content: use(SEARCH), conversation_id: 'later' },
    };
    const at = new Date(Date.now() + 2_000).toISOString();
    const input = { action: 'create', name: 'later', at, breadcrumb };
    await ask(bob, 'a', use({ name: 'scheduler', input }));
    const { context } = await answerIn('session:later');
    expect(context.content).toContain('breadcrumbs');
    expect(await knows(program, bob)).not.toContain('99999');
  });

  it('is for a curator what the agent may read', async () => {
    const { curator, ask, confide } = await start();
    await confide();
    const answer = await ask({ token: curator }, 'a', use(SEARCH));
    expect(answer.context.content).toContain(`You said ${SALARY}`);
  });
});

describe('a request that is private or secret', () => {
  it.each([{ visibility: 'private' }, { sensitivity: 'secret' }])(
    'with %j is answered to the one who sent it, and to nobody else',
    async (guard) => {
      const { program, ann, bob, ask } = await start();
      const told = { session: 'priv1', ...guard };
      const { id } = await ask(ann, 'a', use({ name: 'echo', input: { message: SALARY } }), told);
      const heard = await ann.stream.until('the answer', (e) => e.breadcrumb_id === id);
      expect(heard.schema_name).toBe('agent.response.v1');
      const delta = await ann.stream.until('a delta', (e) => e.type === 'agent.delta');
      expect(delta.text).toContain(SALARY);
      const { body } = await program.request('GET', '/breadcrumbs?tag=session:priv1', {
        token: ann.token,
      });
      expect(body.map(({ schema_name }: Json) => schema_name).toSorted()).toEqual([
        'agent.response.v1',
        'tool.request.v1',
        'tool.response.v1',
        'user.message.v1',
      ]);
      for (const path of ['', '/full']) {
        const read = await program.request('GET', `/breadcrumbs/${id}${path}`, ann);
        expect(JSON.stringify(read.body.context)).toContain(SALARY);
      }
      // What comes after it on his stream shows that nothing came before.
      await ask(bob, 'a', 'done');
      await bob.stream.until('his own answer', (e) => e.schema_name === 'agent.response.v1');
      expect(await knows(program, bob)).not.toContain('99999');
      expect(bob.stream.events.some((e) => e.conversation_id === 'priv1')).toBe(false);
    },
  );

  it('for a tool is answered to the one who sent it, and to nobody else', async () => {
    const { program, ann, bob } = await start();
    const requestId = newId();
    const request = (who: Person, id: string, guard: object) =>
      create(program, who.token, {
        title: 'Request',
        schema_name: 'tool.request.v1',
        tags: ['tool:request', `request:${id}`],
        context: { tool: 'echo', input: { message: SALARY }, requestId: id },
        ...guard,
      });
    await request(ann, requestId, { visibility: 'private' });
    const response = await ann.stream.until(
      'the response',
      (e) => e.schema_name === 'tool.response.v1',
    );
    expect(response.context.output).toEqual({ message: SALARY });
    expect(await list(program, ann.token, 'tool.response.v1')).toHaveLength(1);
    expect(await list(program, bob.token, 'tool.response.v1')).toEqual([]);
    const other = newId();
    await request(bob, other, {});
    await bob.stream.until('his own response', (e) => e.schema_name === 'tool.response.v1');
    expect(JSON.stringify(bob.stream.events)).not.toContain(requestId);
  });

  it('says nothing on the wire of whom it was made for', async () => {
    const { program, ann, ask } = await start();
    const { id } = await ask(ann, 'a', 'hello', { visibility: 'private' });
    const { body } = await program.request('GET', `/breadcrumbs/${id}/full`, ann);
    expect(Object.keys(body)).not.toContain('asked_by');
    expect(Object.keys(body)).not.toContain('granted');
  });
});
