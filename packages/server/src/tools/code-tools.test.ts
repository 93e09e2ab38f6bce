import { SCHEMAS } from '@cairn/protocol';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId } from '../base/index.ts';
import { TOPICS } from '../events/index.ts';
import { codeBody, deliveryOf, openTestTools } from './testing.ts';

async function start() {
  const test = await openTestTools();
  const { breadcrumbs, curator } = test;
  const define = (name: string, body: string, more?: Record<string, unknown>) =>
    breadcrumbs.create(curator, codeBody(name, body, more));
  const note = { title: 'a note', schema_name: 'note.v1', tags: ['note'], context: { n: 1 } };
  return { ...test, define, note };
}

describe('a tool with code of its own', () => {
  it('answers requests, with its input and output held to their schemas', async () => {
    const { define, ask } = await start();
    const schemas = {
      input_schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      output_schema: { type: 'object', properties: { twice: { type: 'integer', maximum: 10 } } },
    };
    await define('double', 'return { twice: input.n * 2 }', schemas);
    expect(await ask('double', { n: 2 })).toMatchObject({
      status: 'success',
      output: { twice: 4 },
    });
    expect(await ask('double', { n: 'x' })).toMatchObject({
      error_class: 'invalid_input',
      error:
        'The input of double is not valid: input.n: expected an integer; a string of 1 characters came.',
    });
    expect(await ask('double', {})).toMatchObject({ error_class: 'invalid_input' });
    expect(await ask('double', { n: 6 })).toMatchObject({ error_class: 'invalid_output' });
  });

  it('that fails is answered with a class and a reason', async () => {
    const { define, ask } = await start();
    await define('loop', 'for (;;);', { limits: { timeout_ms: 100 } });
    await define('bomb', 'const a = []; for (;;) a.push("x".repeat(1e6) + a.length)', {
      limits: { memory_mb: 32 },
    });
    await define('thrower', 'throw "no"');
    expect(await ask('bomb')).toMatchObject({
      status: 'error',
      error_class: 'memory',
      output: null,
    });
    expect(await ask('thrower')).toMatchObject({
      error_class: 'threw',
      error: 'thrower failed: no',
    });
  });

  it('sees the request that it answers', async () => {
    const { define, ask, caller } = await start();
    await define(
      'who',
      'const { id, agentId, trigger_event } = context.request; return [id === trigger_event.breadcrumb_id, agentId]',
    );
    expect(await ask('who')).toMatchObject({ output: [true, caller.agent_id] });
  });

  it('works with records as whoever asked may, and no more', async () => {
    const { define, ask, breadcrumbs, curator, caller, note } = await start();
    const hidden = (await breadcrumbs.create(curator, { ...note, visibility: 'private' })).full.id;
    await define(
      'work',
      `const { id, version } = await context.api.create({ title: 'made', tags: ['t'], context: { a: 1 } });
       const changed = await context.api.update(id, { context: { a: 2 } }, version);
       const found = await context.api.searchBreadcrumbs({ tag: 't', limit: 5 });
       const read = await context.api.getBreadcrumb(id);
       await context.api.delete(id);
       const gone = await context.api.getBreadcrumb(id).catch((e) => e.code);
       const denied = await context.api.getBreadcrumb(input.hidden).catch((e) => e.code);
       return [changed.version, found.map((f) => f.title), read.context, gone, denied]`,
    );
    const answer = { output: [2, ['made'], { a: 2 }, 'not_found', 'not_found'] };
    expect(await ask('work', { hidden }, caller)).toMatchObject(answer);
    // Nor when a curator asks: the answer can be read by many.
    expect(
      await ask(
        'work',
        { hidden: (await breadcrumbs.create(caller, { ...note, visibility: 'private' })).full.id },
        curator,
      ),
    ).toMatchObject(answer);
  });

  it('has only the functions that it declares', async () => {
    const { define, ask } = await start();
    await define(
      'little',
      'return [Object.keys(context.api), typeof context.fetch, context.secrets]',
      {
        permissions: { api: ['getBreadcrumb'] },
      },
    );
    expect(await ask('little')).toMatchObject({ output: [['getBreadcrumb'], 'undefined', {}] });
  });

  it('cannot make a definition count by acting for a curator, or decide for a person', async () => {
    const { define, ask, caller, curator } = await start();
    await define(
      'climb',
      `const make = (schema_name) => context.api.create({ title: 'x', schema_name, tags: [], context: { name: 'x' } }).then(() => 'made', (e) => e.code);
       return [await make('tool.code.v1'), await make('agent.def.v1'), await make('schema.def.v1'), await make('context.config.v1'), await make('mcp.server.v1'), await make('approval.response.v1'), await make('note.v1')]`,
    );
    const refused = [...Array(6).fill('forbidden'), 'made'];
    expect(await ask('climb', {}, curator)).toMatchObject({ output: refused });
    expect(await ask('climb', {}, caller)).toMatchObject({
      output: [...Array(5).fill('made'), 'forbidden', 'made'],
    });
  });

  it('does for an agent nothing that the definition of the agent forbids', async () => {
    const {
      define,
      request,
      record,
      responses,
      breadcrumbs,
      identity,
      curator,
      caller,
      owner_id,
      note,
    } = await start();
    await define(
      'writer',
      `const tell = (promise) => promise.then((r) => r?.id ?? 'done', (e) => e.message);
       const own = await tell(context.api.create({ title: 'own', tags: [], context: {} }));
       return [own.length === 36 || own, await tell(context.api.update(input.other, { title: 'x' })), await tell(context.api.update(own, { title: 'x' })) === own, await tell(context.api.delete(own))]`,
    );
    const other = (await breadcrumbs.create(caller, note)).full.id;
    const asAgent = async (capabilities?: object) => {
      const context = {
        agent_id: 'a',
        system_prompt: '',
        subscriptions: { selectors: [] },
        ...(capabilities ? { capabilities } : {}),
      };
      const { id } = (
        await breadcrumbs.create(curator, {
          title: 'a',
          schema_name: SCHEMAS.agent_definition,
          tags: [],
          context,
        })
      ).full;
      const agent = { owner_id, agent_id: id, roles: ['emitter'] as const };
      await identity.ensureAgent(agent);
      await record(
        await request(
          { tool: 'writer', input: { other }, requestId: id },
          { ...agent, roles: ['emitter'] },
        ),
      );
      return (await responses())[0]?.context;
    };
    const lets_not = 'the definition of this agent does not let it';
    expect(await asAgent()).toMatchObject({
      output: [
        true,
        `${lets_not} update breadcrumbs of others`,
        true,
        `${lets_not} delete breadcrumbs (can_delete_own)`,
      ],
    });
    expect(await asAgent({ can_delete_own: true })).toMatchObject({
      output: [true, expect.any(String), true, 'done'],
    });
    expect(await asAgent({ can_create_breadcrumbs: false })).toMatchObject({
      output: [
        `${lets_not} create breadcrumbs (can_create_breadcrumbs)`,
        expect.any(String),
        false,
        expect.any(String),
      ],
    });
  });

  it('makes its records once, also when it is run again after a crash', async () => {
    const { define, request, tools, record, breadcrumbs, caller } = await start();
    await define(
      'maker',
      `await context.api.create({ title: 'one', tags: ['made'], context: {} }); return 1`,
    );
    const delivery = await request({ tool: 'maker', input: {}, requestId: 'r' });
    await tools.runner.handle(delivery, new AbortController().signal);
    await record(delivery);
    expect(await breadcrumbs.list(caller, { any_tags: ['made'], limit: 10 })).toHaveLength(1);
  });

  it('prints for whoever looks on, unless its request is private', async () => {
    const { define, request, record, bus } = await start();
    const heard: { text: string; tool: string; request_id: string }[] = [];
    await bus.subscribe(
      TOPICS.ephemeral,
      (message) => void heard.push(JSON.parse(message ?? 'null')),
    );
    await define('talker', 'console.log("half", input.n); return 1');
    await record(await request({ tool: 'talker', input: { n: 1 }, requestId: 'r1' }));
    await record(
      await request({ tool: 'talker', input: { n: 2 }, requestId: 'r2' }, undefined, {
        visibility: 'private',
      }),
    );
    expect(heard).toMatchObject([
      { type: 'tool.progress', tool: 'talker', request_id: 'r1', text: 'half 1' },
    ]);
  });
});

describe('an answer too long for a response', () => {
  it.each(['team', 'private'] as const)(
    'stands in a record that whoever asked can read (%s)',
    async (visibility) => {
      const { define, request, record, responses, breadcrumbs, caller } = await start();
      await define('long', 'return { text: "x".repeat(100_000) }');
      await record(
        await request({ tool: 'long', input: {}, requestId: 'r' }, caller, { visibility }),
      );
      const [response] = await responses();
      const { output } = (response?.context ?? {}) as {
        output: { ref: string; size_bytes: number; preview: string };
      };
      expect(output).toMatchObject({ size_bytes: 100_011 });
      expect(output.preview).toMatch(/^\{"text":"xxx/);
      const result = await breadcrumbs.getFull(caller, output.ref);
      expect(result).toMatchObject({ schema_name: 'tool.result.v1', visibility });
      expect((result.context as { output: { text: string } }).output.text).toHaveLength(100_000);
    },
  );
});

describe('secrets of a tool', () => {
  const VALUE = 'sk-very-secret-0123456789';

  async function withSecret(granted: boolean) {
    const test = await start();
    const { secret_access, curator, caller, define } = test;
    const secret = await secret_access.create(curator, {
      name: 'KEY',
      scope_type: 'global',
      value: VALUE,
    });
    if (granted) await secret_access.grant(curator, secret.id, caller.agent_id);
    await define(
      'keyed',
      `console.log(context.secrets.KEY); if (input.fail) throw new Error('bad key ' + context.secrets.KEY);
       const other = await context.api.getSecret('OTHER').catch((e) => e.code);
       return [context.secrets.KEY.length, await context.api.getSecret('KEY') === context.secrets.KEY, other]`,
      { required_secrets: ['KEY'] },
    );
    const audit = async () =>
      (await secret_access.audit(curator, secret.id, { limit: 50 })).map(
        ({ action, agent_id, reason }) => ({ action, agent_id, reason }),
      );
    return { ...test, audit };
  }

  it('that were granted to whoever asks are opened, with a line in the audit log', async () => {
    const { ask, audit, caller } = await withSecret(true);
    expect(await ask('keyed')).toMatchObject({ output: [VALUE.length, true, 'forbidden'] });
    expect((await audit())[0]).toMatchObject({
      action: 'decrypt',
      agent_id: caller.agent_id,
      reason: expect.stringMatching(/^the tool keyed/),
    });
  });

  it('that were not granted keep it from running', async () => {
    const { ask, audit } = await withSecret(false);
    expect(await ask('keyed')).toMatchObject({
      status: 'error',
      error_class: 'secret_unavailable',
      error: expect.stringMatching(/its secret KEY is not there/),
    });
    expect((await audit())[0]).toMatchObject({ action: 'decrypt_refused' });
  });

  it('are told to nobody by what it prints or throws', async () => {
    const { ask, bus } = await withSecret(true);
    const heard: string[] = [];
    await bus.subscribe(TOPICS.ephemeral, (message) => void heard.push(message ?? ''));
    expect(await ask('keyed', { fail: true })).toMatchObject({
      error: expect.stringMatching(/bad key \[secret\]/),
    });
    expect(heard.join()).toContain('[secret]');
    expect(heard.join()).not.toContain(VALUE);
  });
});

describe('what a tool leaves for others to read', () => {
  const VALUE = 'sk-very-secret-0123456789';

  async function leak(source: string, more: object = {}) {
    const test = await start();
    const { secret_access, curator, caller, define, ask } = test;
    const keep = async (name: string, value: string) => {
      const body = { name, scope_type: 'global' as const, value };
      const { id } = await secret_access.create(curator, body);
      await secret_access.grant(curator, id, caller.agent_id);
    };
    await keep('KEY', VALUE);
    await keep('LONGER', `${VALUE}-and-more`);
    await define('leaky', source, { required_secrets: ['KEY', 'LONGER'], ...more });
    return { ...test, answer: await ask('leaky') };
  }

  it('has no secret in its output, neither in texts nor in names', async () => {
    const { answer } = await leak(
      `const { KEY, LONGER } = context.secrets;
       return { k: KEY, deep: [{ ['x' + KEY]: 'Bearer ' + LONGER }], n: 1, none: null };`,
    );
    const output = { k: '[secret]', deep: [{ 'x[secret]': 'Bearer [secret]' }], n: 1, none: null };
    expect(answer).toMatchObject({ status: 'success', output });
    expect(JSON.stringify(answer)).not.toMatch(/sk-very|and-more/);
  });

  it('has none in a long output, which is a record of its own', async () => {
    const { answer, breadcrumbs, caller } = await leak(
      `return { text: 'x'.repeat(200_000) + context.secrets.KEY };`,
    );
    const { ref } = answer.output as { ref: string };
    const { context } = await breadcrumbs.getFull(caller, ref);
    expect(JSON.stringify(context)).toContain('x[secret]');
    expect(JSON.stringify(context)).not.toContain(VALUE);
  });

  it('has none in the records that it creates and changes', async () => {
    const { answer, breadcrumbs, caller } = await leak(
      `const { KEY } = context.secrets;
       const { id } = await context.api.create({ title: 'a ' + KEY, tags: ['t:' + KEY], context: { [KEY]: KEY } });
       const first = await context.api.getBreadcrumb(id);
       await context.api.update(id, { context: { now: { key: KEY } } });
       return { id, first: first.context, title: first.title };`,
    );
    const { id, first, title } = answer.output as { id: string; first: object; title: string };
    expect([first, title]).toEqual([{ '[secret]': '[secret]' }, 'a [secret]']);
    const { context, tags } = await breadcrumbs.getFull(caller, id);
    expect([context, tags]).toEqual([{ now: { key: '[secret]' } }, ['t:[secret]']]);
    const versions = await breadcrumbs.history(caller, id);
    expect(JSON.stringify(versions)).not.toContain(VALUE);
  });

  it('has none in the reason why an output does not fit', async () => {
    const { answer } = await leak(`return { ['k' + context.secrets.KEY]: 1 };`, {
      output_schema: { type: 'object', additionalProperties: false, properties: {} },
    });
    expect(answer).toMatchObject({ status: 'error', error_class: 'invalid_output' });
    expect(answer.error).not.toContain(VALUE);
  });
});

describe('the secret that a tool gets', () => {
  it("is its agent's, else that of the workspace that its request names, else the tenant's", async () => {
    const test = await start();
    const { secret_access, curator, caller, define, request, record, responses } = test;
    const [first, second] = [newId(), newId()];
    const keep = async (
      scope_type: 'agent' | 'workspace' | 'global',
      scope_id: string | null,
      value: string,
    ) => {
      const body = { name: 'KEY', scope_type, scope_id, value };
      const { id } = await secret_access.create(curator, body);
      await secret_access.grant(curator, id, caller.agent_id);
    };
    await define('which', `return context.secrets.KEY.length`, { required_secrets: ['KEY'] });
    const ask = async (...workspaces: string[]) => {
      const tags = [
        'tool:request',
        'workspace:tools',
        ...workspaces.map((id) => `workspace:${id}`),
      ];
      await record(
        await request({ tool: 'which', input: {}, requestId: newId() }, caller, { tags }),
      );
      const [response] = await responses();
      const { output, error_class } = (response?.context ?? {}) as Record<string, unknown>;
      return output ?? error_class;
    };
    await keep('workspace', first, '1');
    await keep('workspace', second, '22');
    expect(await ask(first)).toBe(1);
    expect(await ask(second.toUpperCase())).toBe(2);
    expect(await ask()).toBe('secret_unavailable');
    expect(await ask(newId())).toBe('secret_unavailable');
    await keep('global', null, '333');
    expect([await ask(), await ask(newId()), await ask(first)]).toEqual([3, 3, 1]);
    await keep('agent', caller.agent_id, '4444');
    expect([await ask(), await ask(first)]).toEqual([4, 4]);
  });
});

describe('the network of a tool', () => {
  it('is the hosts that it declares, so many times', async () => {
    const server = createServer((request, response) => response.end(`{"path":"${request.url}"}`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { define, ask } = await start();
    const body = `const answer = await context.fetch(input.url, { method: 'GET' });
      const other = await context.fetch('http://example.com/').catch((e) => e.message);
      return [answer.ok, await answer.json(), other]`;
    await define('net', body, { permissions: { net: [`127.0.0.1:${port}`] } });
    expect(await ask('net', { url: `http://127.0.0.1:${port}/x` })).toMatchObject({
      output: [
        true,
        { path: '/x' },
        'The host example.com is not among those that permissions.net lists.',
      ],
    });
    await define('flood', `for (let i = 0; i < 30; i++) await context.fetch(input.url)`, {
      permissions: { net: ['127.0.0.1'] },
    });
    expect(await ask('flood', { url: `http://127.0.0.1:${port}/x` })).toMatchObject({
      error_class: 'threw',
      error: expect.stringMatching(/At most 20 requests/),
    });
  });
});

describe('a request that can never be answered well', () => {
  it('is answered all the same when its worker has died too often', async () => {
    const { request, db, tools, responses } = await start();
    const delivery = await request({ tool: 'x', input: {}, requestId: 'r' });
    await db.transaction((tx) => tools.runner.bury(tx, delivery, 'died'));
    expect(await responses()).toMatchObject([{ context: { status: 'error', request_id: 'r' } }]);
  });

  it('of a record that is gone is done with', async () => {
    const { record, owner_id } = await start();
    const id = newId();
    expect(await record(deliveryOf(owner_id, id, { definition_id: id }))).toEqual({ type: 'done' });
  });
});
