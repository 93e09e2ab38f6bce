import type { BreadcrumbCreate } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../http/index.ts';
import { builtinThat, codeBody, definitionBody, deliveryOf, openTestTools } from './testing.ts';

const builtins = [builtinThat('probe', async () => 1), builtinThat('other', async () => 2)];

async function start() {
  const test = await openTestTools({ builtins });
  const { breadcrumbs, caller, curator, owner_id } = test;
  const { definitions } = test.tools;
  const names = async (by: Principal = caller) =>
    (await definitions.list(by)).map(({ definition }) => definition.name);
  const create = async (body: BreadcrumbCreate, by: Principal = curator) =>
    (await breadcrumbs.create(by, body)).full.id;
  /** Looks at a definition as the runner does, and answers what its status record says. */
  const status = async (id: string) => {
    await test.record(deliveryOf(owner_id, id, { definition_id: id }));
    const query = { schema_name: 'tool.status.v1', all_tags: [`definition:${id}`], limit: 10 };
    const records = await breadcrumbs.listWithContext(caller, query);
    expect(records.length).toBeLessThan(2);
    return records[0]?.context;
  };
  return { ...test, definitions, names, create, status };
}

describe('tool definitions', () => {
  it('are listed by name and found by it, with or without the tag', async () => {
    const { create, names, definitions, caller } = await start();
    await create(definitionBody('probe'));
    await create({ ...definitionBody('other'), tags: [] });
    await create(codeBody('coded', 'return 1'));
    expect(await names()).toEqual(['coded', 'other', 'probe']);
    expect(await definitions.find(caller, 'other')).toMatchObject({
      definition: { name: 'other' },
    });
  });

  it('that nobody can run are not listed, and asking for them says why', async () => {
    const { create, names, definitions, caller } = await start();
    await create({ ...definitionBody('broken'), context: { name: 'broken' } });
    await create(definitionBody('foreign', { type: 'http' }));
    await create(definitionBody('unknown', { type: 'builtin', name: 'zzz' }));
    expect(await names()).toEqual([]);
    expect(await definitions.find(caller, 'broken')).toMatch(/not valid: context lacks/);
    expect(await definitions.find(caller, 'foreign')).toMatch(
      /not valid: implementations of the type http/,
    );
    expect(await definitions.find(caller, 'unknown')).toMatch(/no such built-in tool/);
    expect(await definitions.find(caller, 'nothing')).toMatch(/no tool named nothing/);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['asks for files', { permissions: { read: true } }, /no tool may have permissions.read/],
    ['asks for a program', { permissions: { run: ['sh'] } }, /permissions.run/],
    [
      'asks for too many hosts',
      { permissions: { net: ['a.b', 'b.b', 'c.b', 'd.b', 'e.b', 'f.b'] } },
      /at most 5/,
    ],
    ['asks for all hosts', { permissions: { net: true } }, /permissions.net/],
    [
      'asks for what is no host',
      { permissions: { net: ['http://x/'] } },
      /no name of a public host/,
    ],
    ['asks for an unknown function', { permissions: { api: ['format_disk'] } }, /permissions.api/],
    ['wants too much memory', { limits: { memory_mb: 513 } }, /at most 512/],
    ['wants too much time', { limits: { timeout_ms: 300_001 } }, /at most 300000/],
    ['takes no object', { input_schema: { type: 'string' } }, /must be of the type object/],
    [
      'has a schema that never ends',
      {
        input_schema: {
          type: 'object',
          properties: { a: { $ref: '#/$defs/b' } },
          $defs: { b: { $ref: '#/$defs/b' } },
        },
      },
      /refers to itself/,
    ],
    [
      'has a pattern that cannot be read',
      { output_schema: { pattern: '(' } },
      /output_schema cannot be used/,
    ],
    ['has a name with a space', { name: 'bad name' }, /must be text that matches/],
    ['has no code', { code: undefined }, /lacks code/],
    [
      'is in another language',
      { code: { language: 'python', source: 'x' } },
      /one of "javascript", "typescript"/,
    ],
  ])('that %s are kept out, and their status says why', async (_, more, reason) => {
    const { create, names, status } = await start();
    const id = await create(
      JSON.parse(JSON.stringify(codeBody('coded', 'return 1', more))) as BreadcrumbCreate,
    );
    expect(await names()).toEqual([]);
    expect(await status(id)).toMatchObject({
      definition_id: id,
      state: 'invalid',
      reason: expect.stringMatching(reason),
    });
  });

  it('whose code cannot be read are kept out once that was tried, until they are mended', async () => {
    const { create, names, status, breadcrumbs, curator } = await start();
    const body = codeBody('coded', 'return (');
    const id = await create(body);
    expect(await status(id)).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/invalid_source.*SyntaxError/),
    });
    expect(await names()).toEqual([]);
    const { context } = codeBody('coded', 'return 1');
    await breadcrumbs.update(curator, id, { context });
    expect(await names()).toEqual(['coded']);
    expect(await status(id)).toMatchObject({
      state: 'active',
      reason: null,
      definition_version: 2,
    });
  });
});

describe('whose definition counts', () => {
  it('is a curator: what another made is only proposed, until a curator changes it', async () => {
    const { create, names, status, definitions, breadcrumbs, caller, curator } = await start();
    const id = await create(codeBody('coded', 'return 1'), caller);
    expect(await names()).toEqual([]);
    expect(await status(id)).toMatchObject({
      state: 'proposed',
      reason: expect.stringMatching(/a curator can activate it/),
    });
    expect(await definitions.find(caller, 'coded')).toMatch(/only proposed/);
    await breadcrumbs.update(curator, id, { title: 'Seen' });
    expect(await names()).toEqual(['coded']);
    expect(await status(id)).toMatchObject({ state: 'active' });
    const change = { context: codeBody('coded', 'return 2').context };
    await expect(breadcrumbs.update(caller, id, change)).rejects.toThrow(/propose a new record/);
    await expect(breadcrumbs.remove(caller, id)).rejects.toThrow(/propose a new record/);
    expect(await names()).toEqual(['coded']);
    expect(await status(id)).toMatchObject({ state: 'active' });
  });

  it('is the one that a curator stood for first, of two with one name', async () => {
    const { create, status, definitions, breadcrumbs, caller, curator } = await start();
    const early = await create(codeBody('coded', 'return "early"'), caller);
    const first = await create(codeBody('coded', 'return "first"'));
    await breadcrumbs.update(curator, early, { title: 'Seen' });
    const found = async () => {
      const tool = await definitions.find(caller, 'coded');
      return typeof tool === 'string' ? tool : tool.code?.code.source;
    };
    expect(await found()).toContain('first');
    expect(await status(early)).toMatchObject({
      state: 'invalid',
      reason: `the name is taken by the definition ${first}`,
    });
    await breadcrumbs.update(curator, first, { title: 'Changed' });
    expect(await found()).toContain('first');
    await breadcrumbs.remove(curator, first);
    expect(await found()).toContain('early');
  });

  it('is nobody of another tenant', async () => {
    const { create, definitions, curator, identity } = await start();
    await create(codeBody('coded', 'return 1'));
    const stranger: Principal = { ...curator, owner_id: crypto.randomUUID() };
    await identity.ensureAgent(stranger);
    expect(await definitions.list(stranger)).toEqual([]);
  });
});
