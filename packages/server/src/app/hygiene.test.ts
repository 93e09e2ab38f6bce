import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import { listen } from './testing/listener.ts';
import { startTestProgram, type TestProgram } from './testing.ts';

const PAST = '2001-02-03T04:05:06Z';
const MINUTE = 60_000;

async function setUp() {
  const program = await startTestProgram({ environment: { HYGIENE_ENABLED: 'false' } });
  const member = async () => {
    const token = await program.token({ owner_id: newId(), agent_id: newId() });
    const ask = (method: string, path: string, json?: unknown) =>
      program.request(method, path, { token, json });
    const create = async (given: object) => {
      const json = { title: 'a record', tags: ['t'], context: { text: 'zebra' }, ...given };
      const { status, body } = await ask('POST', '/breadcrumbs', json);
      expect(status).toBe(201);
      return body;
    };
    return { token, ask, create };
  };
  return { program, member };
}

async function count(program: TestProgram): Promise<number> {
  const { rows } = await program.db.query<{ n: number }>({
    text: "select count(*)::int as n from breadcrumbs where title = 'a record'",
  });
  return rows[0]?.n ?? -1;
}

describe('an expired record', () => {
  it('is invisible at once, on every way to it', async () => {
    const { member } = await setUp();
    const { ask, create } = await member();
    const { id } = await create({});
    const found = async () => (await ask('GET', '/breadcrumbs/search?q=zebra')).body.length;
    await expect.poll(found).toBe(1);
    expect((await ask('PATCH', `/breadcrumbs/${id}`, { ttl: PAST })).status).toBe(200);
    for (const path of ['', '/full', '/history'])
      expect((await ask('GET', `/breadcrumbs/${id}${path}`)).status).toBe(404);
    expect((await ask('PATCH', `/breadcrumbs/${id}`, { ttl: null })).status).toBe(404);
    expect((await ask('DELETE', `/breadcrumbs/${id}`)).status).toBe(404);
    expect((await ask('GET', '/breadcrumbs')).body).toEqual([]);
    expect((await ask('GET', '/breadcrumbs?include_context=true')).body).toEqual([]);
    expect(await found()).toBe(0);
  });

  it('is swept on request, of the own tenant only, with an event', async () => {
    const { program, member } = await setUp();
    const [own, other] = [await member(), await member()];
    const { id } = await own.create({ ttl: PAST });
    await own.create({});
    await own.create({ ttl: '2999-01-01T00:00:00Z' });
    await other.create({ ttl: PAST });
    const stream = await listen(program, own.token, { types: 'breadcrumb.deleted' });
    const { body } = await own.ask('POST', '/hygiene/run');
    expect(body).toEqual({
      triggered: true,
      health_checks_purged: 0,
      expired_breadcrumbs_purged: 1,
      total_cleaned: 1,
      message: expect.any(String),
    });
    await stream.until('the deletion', ({ breadcrumb_id }) => breadcrumb_id === id);
    expect(await count(program)).toBe(3);
    expect((await own.ask('POST', '/hygiene/run')).body.total_cleaned).toBe(0);
    expect((await other.ask('POST', '/admin/purge')).body).toEqual({
      purged: 1,
      ttl_purged: 1,
      health_checks_purged: 0,
      expired_purged: 1,
    });
    expect(await count(program)).toBe(2);
    expect((await own.ask('GET', '/hygiene/stats')).body).toEqual({
      runs_completed: 3,
      total_breadcrumbs_purged: 2,
      total_agents_cleaned: 0,
      last_run_duration_ms: expect.any(Number),
      last_run_errors: 0,
      hygiene_enabled: false,
      last_updated: expect.stringMatching(/Z$/),
    });
  });

  it('is swept for curators only', async () => {
    const { program } = await setUp();
    const token = await program.token({ roles: ['emitter', 'subscriber'] });
    for (const [method, path] of [
      ['GET', '/hygiene/stats'],
      ['POST', '/hygiene/run'],
      ['POST', '/admin/purge'],
    ] as const) {
      expect([path, (await program.request(method, path, { token })).status]).toEqual([path, 403]);
      expect([path, (await program.request(method, path)).status]).toEqual([path, 401]);
    }
  });
});

describe('a record of passing interest', () => {
  it('ends by itself, each kind after its time', async () => {
    const { member } = await setUp();
    const { create } = await member();
    const kinds: [string, string[], number | null][] = [
      ['tool.request.v1', ['health:check'], 5],
      ['tool.request.v1', ['x:health:check:y'], 5],
      ['tool.request.v1', ['t'], null],
      ['system.ping.v1', [], 10],
      ['my.agent.temp.v3', [], 60],
      ['agent.thinking.v1', [], 6 * 60],
      ['agent.analysis.v1', [], 6 * 60],
      ['tool.error.v1', ['log:a'], 7 * 24 * 60],
      ['tool.response.v1', ['t'], null],
      ['host.metrics.v1', [], 30 * 24 * 60],
      ['note.v1', ['health:check'], null],
    ];
    for (const [schema_name, tags, minutes] of kinds) {
      const full = await create({ schema_name, tags });
      const life = full.ttl === null ? null : Date.parse(full.ttl) - Date.parse(full.created_at);
      const is_close = minutes === null ? life === null : Math.abs(life! - minutes * MINUTE) < 5e3;
      expect([schema_name, tags, life, is_close]).toEqual([schema_name, tags, life, true]);
      const [type, source] = minutes === null ? ['never', null] : ['duration', 'auto-applied'];
      expect([full.ttl_type, full.ttl_source]).toEqual([type, source]);
    }
  });

  it('is kept with ttl null, ends when its author says, and an update changes neither', async () => {
    const { member } = await setUp();
    const { ask, create } = await member();
    const schema_name = 'system.ping.v1';
    expect(await create({ schema_name, ttl: null })).toMatchObject({
      ttl: null,
      ttl_type: 'never',
    });
    const ttl = '2999-01-01T00:00:00.000Z';
    const own = await create({ schema_name, ttl });
    expect(own).toMatchObject({ ttl, ttl_type: 'datetime', ttl_source: 'explicit' });
    const automatic = await create({ schema_name });
    const patched = await ask('PATCH', `/breadcrumbs/${automatic.id}`, { title: 'other' });
    expect(patched.body).toMatchObject({ ttl: automatic.ttl, ttl_source: 'auto-applied' });
    const kept = await ask('PATCH', `/breadcrumbs/${automatic.id}`, { ttl: null });
    expect(kept.body).toMatchObject({ ttl: null, ttl_type: 'never', ttl_source: null });
  });
});
