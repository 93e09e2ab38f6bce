import { SCHEMAS, WELL_KNOWN } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { startTestProgram, type TestProgram } from './testing.ts';

/** What there is, without the records that the program writes about it a moment later. */
async function records(db: Database): Promise<{ title: string; schema_name: string }[]> {
  const { rows } = await db.query<{ title: string; schema_name: string }>({
    text: `select title, schema_name from breadcrumbs
      where schema_name not in ('agent.status.v1', 'agent.catalog.v1', 'tool.catalog.v1') order by title`,
  });
  return rows;
}

async function deleteAll(program: TestProgram): Promise<void> {
  const token = await program.token();
  const { body } = await program.request('GET', '/breadcrumbs?limit=500', { token });
  for (const { id } of body)
    expect((await program.request('DELETE', `/breadcrumbs/${id}`, { token })).status).toBe(200);
}

describe('what a new installation is given', () => {
  it('is the built-in tools, one agent, and the record of it', async () => {
    const db = await openTestDatabase();
    await startTestProgram({ db });
    const names = (await records(db)).map(({ schema_name }) => schema_name);
    expect(names.filter((name) => name === SCHEMAS.agent_definition)).toHaveLength(1);
    expect(names.filter((name) => name === SCHEMAS.tool_definition).length).toBeGreaterThan(4);
    expect(names.filter((name) => name === 'system.bootstrap.v1')).toHaveLength(1);
  });

  it('is given once, however many servers start and however often', async () => {
    const db = await openTestDatabase();
    const first = await startTestProgram({ db });
    const given = await records(db);
    await first.stop();
    await Promise.all([startTestProgram({ db }), startTestProgram({ db })]);
    expect(await records(db)).toEqual(given);
  });

  it('is given once by two first starts at the same time', async () => {
    const db = await openTestDatabase();
    await Promise.all([startTestProgram({ db }), startTestProgram({ db })]);
    const titles = (await records(db)).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).toContain('Default Chat Assistant');
  });

  it('is not brought back when somebody deleted a part of it', async () => {
    const db = await openTestDatabase();
    const first = await startTestProgram({ db });
    await db.query({ text: `delete from breadcrumbs where title = 'Default Chat Assistant'` });
    const left = await records(db);
    await first.stop();
    await startTestProgram({ db });
    expect(await records(db)).toEqual(left);
  });

  it('does not keep a server from starting when everything was deleted', async () => {
    const db = await openTestDatabase();
    const first = await startTestProgram({ db });
    await deleteAll(first);
    await first.stop();
    const again = await startTestProgram({ db });
    expect((await again.request('GET', '/health')).body).toMatchObject({ status: 'healthy' });
    expect(await records(db)).toEqual([]);
  });

  it('does not keep a server from starting when another release gave something else', async () => {
    const db = await openTestDatabase();
    const first = await startTestProgram({ db });
    await deleteAll(first);
    await first.stop();
    await db.query({ text: `update idempotency_keys set request_hash = 'of another release'` });
    const again = await startTestProgram({ db });
    const system = await again.request('GET', '/v1/system', { token: await again.token() });
    expect(system.body).toMatchObject({ owner_id: WELL_KNOWN.owner_id, auth_mode: 'dev' });
  });
});
