import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram } from './testing.ts';

const FIELDS = { n: { type: 'integer', required: true, min: 1 }, name: { type: 'string' } };

async function setUp() {
  const program = await startTestProgram();
  const member = async () => {
    const token = await program.token({ owner_id: newId(), agent_id: newId() });
    const ask = (method: string, path: string, json?: unknown) =>
      program.request(method, path, { token, json });
    const create = (schema_name: string, context: unknown, given: object = {}) =>
      ask('POST', '/breadcrumbs', { title: 'a', tags: [], schema_name, context, ...given });
    const define = (context: Record<string, unknown>, given: object = {}) =>
      create('schema.def.v1', context, { tags: [`defines:${context['schema_name']}`], ...given });
    return { ask, create, define };
  };
  return { program, member };
}

describe('a schema definition', () => {
  it('that says enforce refuses what does not fit, with the fields, on create and on update', async () => {
    const { member } = await setUp();
    const { ask, create, define } = await member();
    const definition = { schema_name: 'sum.v1', validation: 'enforce', field_definitions: FIELDS };
    expect((await define(definition)).status).toBe(201);
    const refused = await create('sum.v1', { n: 0, name: 7 });
    expect([refused.status, refused.body.code]).toEqual([400, 'validation_failed']);
    const paths = refused.body.errors.map(({ path }: { path: string }) => path);
    expect(paths.toSorted()).toEqual(['context.n', 'context.name']);
    expect((await create('sum.v1', {})).body.errors[0].path).toBe('context.n');
    const { status, body } = await create('sum.v1', { n: 1 });
    expect(status).toBe(201);
    const path = `/breadcrumbs/${body.id}`;
    expect((await ask('PATCH', path, { context: { n: 'x' } })).status).toBe(400);
    expect((await ask('PATCH', path, { context: { n: 2 } })).status).toBe(200);
    expect((await ask('PATCH', path, { title: 'b' })).status).toBe(200);
    const other = await create('other.v1', { n: 'x' });
    const moved = { schema_name: 'sum.v1' };
    expect((await ask('PATCH', `/breadcrumbs/${other.body.id}`, moved)).status).toBe(400);
    expect((await ask('GET', `${path}/full`)).body).toMatchObject({
      version: 3,
      context: { n: 2 },
    });
  });

  it('that says warn, off or nothing takes everything, and one tenant does not bind another', async () => {
    const { member } = await setUp();
    const [own, other] = [await member(), await member()];
    for (const validation of ['warn', 'off', undefined]) {
      const schema_name = `${validation ?? 'none'}.v1`;
      const definition = { schema_name, validation, field_definitions: FIELDS };
      expect((await own.define(definition)).status).toBe(201);
      expect((await own.create(schema_name, { n: 'x' })).status).toBe(201);
    }
    await own.define({ schema_name: 'a.v1', validation: 'enforce', field_definitions: FIELDS });
    expect((await own.create('a.v1', {})).status).toBe(400);
    expect((await other.create('a.v1', {})).status).toBe(201);
  });

  it('that cannot be used is refused', async () => {
    const { member } = await setUp();
    const { ask, define } = await member();
    const base = { schema_name: 'a.v1', validation: 'enforce' };
    for (const wrong of [
      { ...base, validation: 'sometimes' },
      { ...base, field_definitions: { n: { type: 'quaternion' } } },
      { ...base, field_definitions: { n: { type: 'string', pattern: '(' } } },
      { ...base, json_schema: { $ref: 'https://example.com/schema' } },
      { validation: 'enforce', field_definitions: FIELDS },
    ]) {
      const { status, body } = await define(wrong);
      expect([wrong, status, body.code]).toEqual([wrong, 400, 'validation_failed']);
    }
    const { body } = await define({ ...base, field_definitions: FIELDS });
    const patch = { context: { ...base, validation: 'sometimes' } };
    expect((await ask('PATCH', `/breadcrumbs/${body.id}`, patch)).status).toBe(400);
  });

  it('counts from when it was written until it is changed, made something else, or deleted', async () => {
    const { member } = await setUp();
    const { ask, create, define } = await member();
    const status = async (name: string) => (await create(name, {})).status;
    const definition = (schema_name: string) => ({
      schema_name,
      validation: 'enforce',
      field_definitions: FIELDS,
    });
    const changes: ((path: string) => Promise<unknown>)[] = [
      (path) => ask('PATCH', path, { context: { schema_name: 'x', validation: 'off' } }),
      (path) => ask('PATCH', path, { schema_name: 'note.v1' }),
      (path) => ask('PATCH', path, { tags: [] }),
      (path) => ask('DELETE', path),
    ];
    for (const [index, change] of changes.entries()) {
      const name = `kind${index}.v1`;
      expect(await status(name)).toBe(201);
      const { body } = await define(definition(name));
      await expect.poll(() => status(name)).toBe(400);
      await change(`/breadcrumbs/${body.id}`);
      await expect.poll(() => status(name)).toBe(201);
    }
  });
});

describe('a schema definition that no curator stands for', () => {
  it('governs nobody, and counts once a curator activates it', async () => {
    const { program } = await setUp();
    const owner_id = newId();
    const [curator, emitter] = await Promise.all([
      program.token({ owner_id, agent_id: newId() }),
      program.token({ owner_id, agent_id: newId(), roles: ['emitter', 'subscriber'] }),
    ]);
    const write = (token: string, schema_name: string, context: object, tags: string[] = []) =>
      program.request('POST', '/breadcrumbs', {
        token,
        json: { title: 'a', schema_name, context, tags },
      });
    const ttl_policy = { type: 'duration', config: { seconds: 3 }, allow_override: false };
    const context = {
      schema_name: 'user.message.v1',
      validation: 'enforce',
      field_definitions: FIELDS,
      lifecycle: { ttl_policy },
    };
    const tags = ['defines:user.message.v1'];
    const { status, body } = await write(emitter, 'schema.def.v1', context, tags);
    expect(status).toBe(201);
    const say = async () => write(curator, 'user.message.v1', { content: 'hello' });
    const said = await say();
    expect(said.status).toBe(201);
    const { body: full } = await program.request('GET', `/breadcrumbs/${said.body.id}/full`, {
      token: curator,
    });
    expect(full).toMatchObject({ ttl: null, ttl_source: null });
    const activate = `/v1/definitions/${body.id}/activate`;
    expect((await program.request('POST', activate, { token: emitter })).status).toBe(403);
    expect((await program.request('POST', activate, { token: curator })).status).toBe(200);
    await expect.poll(async () => (await say()).status).toBe(400);
  });
});

describe('the views of a record', () => {
  it('use its own hints always, those of its schema for models only, and neither in full', async () => {
    const { member } = await setUp();
    const { ask, create, define } = await member();
    const hints = (literal: string) => ({ transform: { text: { type: 'literal', literal } } });
    await define({ schema_name: 'a.v1', llm_hints: hints('of the schema') });
    const raw = { text: 'as it is', n: 1 };
    const bare = (await create('a.v1', raw)).body.id;
    const own = (await create('a.v1', raw, { llm_hints: hints('its own') })).body.id;
    const plain = (await create('a.v1', raw, { llm_hints: {} })).body.id;
    const view = async (id: string, rest = '') =>
      (await ask('GET', `/breadcrumbs/${id}${rest}`)).body.context;
    expect(await view(bare)).toEqual(raw);
    expect(await view(bare, '?view=llm')).toMatchObject({ text: 'of the schema' });
    expect(await view(own)).toMatchObject({ text: 'its own' });
    expect(await view(own, '?view=llm')).toMatchObject({ text: 'its own' });
    expect(await view(plain, '?view=llm')).toEqual(raw);
    for (const id of [bare, own, plain]) expect(await view(id, '/full')).toEqual(raw);
    expect((await ask('GET', `/breadcrumbs/${bare}?view=other`)).status).toBe(400);
    expect((await ask('GET', `/breadcrumbs/${bare}?view=llm`)).body.llm_hints).toBeNull();
    const list = await ask('GET', '/breadcrumbs?schema_name=a.v1&include_context=true');
    expect(list.body.map(({ context }: { context: unknown }) => context)).toEqual([raw, raw, raw]);
  });
});
