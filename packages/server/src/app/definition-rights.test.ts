import { SCHEMAS, type Role } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { startTestProgram, type Json } from './testing.ts';

const DEFINITIONS = [
  SCHEMAS.agent_definition,
  SCHEMAS.tool_definition,
  SCHEMAS.tool_code,
  SCHEMAS.context_config,
  SCHEMAS.context_blacklist,
  'mcp.server.v1',
  'schema.def.v1',
];

/** A curator and two that may only propose, all of one tenant. */
async function house() {
  const program = await startTestProgram();
  const owner_id = newId();
  const person = async (roles: Role[]) => {
    const token = await program.token({ owner_id, agent_id: newId(), roles });
    const ask = (method: string, path: string, json?: unknown) =>
      program.request(method, path, { token, json });
    const define = async (schema_name: string, more: object = {}): Promise<string> => {
      const body = { title: 'as it was', tags: [], context: contextOf(schema_name), schema_name };
      const made = await ask('POST', '/breadcrumbs', { ...body, ...more });
      expect([schema_name, made.status, made.body]).toEqual([schema_name, 201, expect.anything()]);
      return made.body.id as string;
    };
    return { ask, define };
  };
  const proposer = ['emitter', 'subscriber'] as const;
  return {
    curator: await person(['curator', 'emitter']),
    one: await person([...proposer]),
    other: await person([...proposer]),
  };
}

function contextOf(schema_name: string): object {
  return schema_name === 'schema.def.v1' ? { schema_name: 'note.v1', properties: {} } : { n: 1 };
}

describe('a definition', () => {
  it.each(DEFINITIONS)(
    '%s that a curator stands for is changed and deleted by curators',
    async (schema_name) => {
      const { curator, one } = await house();
      const id = await curator.define(schema_name);
      const path = `/breadcrumbs/${id}`;
      const answers = [
        await one.ask('PATCH', path, { title: 'pwned' }),
        await one.ask('PATCH', path, { schema_name: null }),
        await one.ask('DELETE', path),
        await one.ask('DELETE', `${path}/full`),
      ];
      for (const { status, body } of answers) {
        expect(status).toBe(403);
        expect(body.detail).toContain('propose a new record');
      }
      const { body } = await curator.ask('GET', `${path}/full`);
      expect(body).toMatchObject({ title: 'as it was', version: 1 });
      expect((await curator.ask('PATCH', path, { title: 'better' })).status).toBe(200);
      expect((await curator.ask('DELETE', path)).status).toBe(200);
    },
  );

  it('that is proposed is for its author to change, until a curator activates it', async () => {
    const { curator, one, other } = await house();
    const id = await one.define(SCHEMAS.tool_code);
    const path = `/breadcrumbs/${id}`;
    const statuses = async (who: typeof one) => [
      (await who.ask('PATCH', path, { title: 'mine' })).status,
    ];
    expect(await statuses(other)).toEqual([403]);
    expect((await other.ask('DELETE', path)).status).toBe(403);
    expect(await statuses(one)).toEqual([200]);
    expect((await curator.ask('POST', `/definitions/${id}/activate`)).status).toBe(200);
    expect(await statuses(one)).toEqual([403]);
    expect((await one.ask('DELETE', path)).status).toBe(403);
    const again = await one.define(SCHEMAS.tool_code);
    expect((await one.ask('DELETE', `/breadcrumbs/${again}`)).status).toBe(200);
  });

  it('is not made of what somebody else wrote', async () => {
    const { curator, one } = await house();
    const id = await curator.define('note.v1');
    const answer = await one.ask('PATCH', `/breadcrumbs/${id}`, { schema_name: 'tool.v1' });
    expect(answer.status).toBe(403);
  });

  it('of a schema that is proposed displaces none that a curator stands for', async () => {
    const { curator, one } = await house();
    const definition = (field: string) => ({
      tags: ['defines:form.v1'],
      context: {
        schema_name: 'form.v1',
        validation: 'enforce',
        field_definitions: { [field]: { type: 'string', required: true } },
      },
    });
    const write = async (context: object) =>
      (
        await one.ask('POST', '/breadcrumbs', {
          title: 'a',
          tags: [],
          context,
          schema_name: 'form.v1',
        })
      ).status;
    await one.define('schema.def.v1', definition('proposed'));
    await curator.define('schema.def.v1', definition('stood_for'));
    await one.define('schema.def.v1', definition('later'));
    expect([await write({ stood_for: 'x' }), await write({ later: 'x' })]).toEqual([201, 400]);
  });
});

describe('a list with an offset', () => {
  it('passes over rows, within bounds and without a cursor', async () => {
    const { one } = await house();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await one.define('row.v1'));
    const list = (query: string) => one.ask('GET', `/breadcrumbs?schema_name=row.v1&${query}`);
    const page = await list('limit=2&offset=2');
    expect(page.body.map(({ id }: Json) => id)).toEqual(ids.slice(2, 4));
    const next = /<(.*)>/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    const last = await one.ask('GET', next);
    expect(last.body.map(({ id }: Json) => id)).toEqual(ids.slice(4));
    const cursor = new URL(next, 'http://localhost').searchParams.get('cursor') ?? '';
    expect((await list(`offset=1&cursor=${encodeURIComponent(cursor)}`)).status).toBe(400);
    expect((await list('offset=10000')).body).toEqual([]);
    expect((await list('offset=-1')).status).toBeGreaterThanOrEqual(400);
    expect((await list('offset=10001')).status).toBeGreaterThanOrEqual(400);
  });
});
