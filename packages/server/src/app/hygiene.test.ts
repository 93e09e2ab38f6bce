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

  it('is invisible at once when its last read was taken', async () => {
    const { member } = await setUp();
    const { ask, create } = await member();
    const { id } = await create({ ttl_type: 'usage', ttl_config: { max_reads: 2 } });
    const found = async () => (await ask('GET', '/breadcrumbs/search?q=zebra')).body.length;
    await expect.poll(found).toBe(1);
    expect((await ask('GET', '/breadcrumbs')).body).toHaveLength(1);
    for (let times = 0; times < 3; times++) {
      const looked = await ask('GET', `/breadcrumbs/${id}/full?count_read=false`);
      expect(looked.body).toMatchObject({ read_count: 0, context: { text: 'zebra' } });
    }
    expect((await ask('GET', `/breadcrumbs/${id}?view=llm`)).status).toBe(200);
    expect((await ask('GET', `/breadcrumbs/${id}/full`)).body).toMatchObject({
      read_count: 2,
      ttl_type: 'usage',
      ttl_config: { max_reads: 2 },
      ttl_source: 'explicit',
    });
    for (const path of ['', '?view=llm', '/full', '/full?count_read=false', '/history'])
      expect((await ask('GET', `/breadcrumbs/${id}${path}`)).status).toBe(404);
    expect((await ask('GET', '/breadcrumbs?include_context=true')).body).toEqual([]);
    expect(await found()).toBe(0);
    expect((await ask('POST', '/hygiene/run')).body.expired_breadcrumbs_purged).toBe(1);
  });

  it('is told of by kind: health checks apart from the rest', async () => {
    const { member } = await setUp();
    const { ask, create } = await member();
    const check = { schema_name: 'tool.request.v1', tags: ['health:check'], ttl: PAST };
    await create(check);
    await create(check);
    await create({ schema_name: 'tool.request.v1', ttl: PAST });
    expect((await ask('POST', '/hygiene/run')).body).toMatchObject({
      health_checks_purged: 2,
      expired_breadcrumbs_purged: 1,
      total_cleaned: 3,
      message: '3 expired breadcrumbs were deleted',
    });
    await create(check);
    expect((await ask('POST', '/admin/purge')).body).toEqual({
      purged: 1,
      ttl_purged: 0,
      health_checks_purged: 1,
      expired_purged: 0,
    });
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

describe('a TTL of any kind', () => {
  it('is taken by create and patch, and told of in full', async () => {
    const { member } = await setUp();
    const { ask, create } = await member();
    const full = await create({ ttl_type: 'duration', ttl_config: { hours: 2, minutes: 30 } });
    const life_ms = (record: { ttl: string; updated_at: string }) =>
      Date.parse(record.ttl) - Date.parse(record.updated_at);
    expect(Math.abs(life_ms(full) - 150 * MINUTE)).toBeLessThan(5_000);
    expect(full).toMatchObject({
      ttl_type: 'duration',
      ttl_config: { hours: 2, minutes: 30 },
      ttl_source: 'explicit',
    });
    const patch = (json: object) => ask('PATCH', `/breadcrumbs/${full.id}`, json);
    const longer = await patch({ ttl_config: { days: 1 } });
    expect(Math.abs(life_ms(longer.body) - 24 * 60 * MINUTE)).toBeLessThan(5_000);
    expect(longer.body).toMatchObject({ ttl_type: 'duration', ttl_source: 'manual' });
    const hybrid = { max_reads: 5, hours: 1, hybrid_mode: 'all' };
    expect((await patch({ ttl_type: 'hybrid', ttl_config: hybrid })).body).toMatchObject({
      ttl: null,
      ttl_type: 'hybrid',
      ttl_config: { ...hybrid, ends_at: expect.stringMatching(/Z$/) },
    });
    expect((await patch({ title: 'other' })).body).toMatchObject({ ttl_type: 'hybrid' });
    expect((await patch({ ttl_type: 'never' })).body).toMatchObject({
      ttl: null,
      ttl_type: 'never',
      ttl_config: null,
      ttl_source: null,
      version: 5,
    });
  });

  it('is refused when its parts do not fit, and changes nothing', async () => {
    const { member } = await setUp();
    const { ask, create } = await member();
    const { id } = await create({});
    const bad: [object, string][] = [
      [{ ttl_type: 'weekly' }, 'ttl_type'],
      [{ ttl_type: 'usage' }, 'ttl_config.max_reads'],
      [{ ttl_type: 'usage', ttl_config: { max_reads: 0 } }, 'ttl_config.max_reads'],
      [{ ttl_type: 'usage', ttl_config: { max_reads: 1.5 } }, 'ttl_config.max_reads'],
      [{ ttl_type: 'usage', ttl_config: { max_reads: 2 ** 31 } }, 'ttl_config.max_reads'],
      [{ ttl_type: 'duration', ttl_config: { days: 1e9 } }, 'ttl_config.days'],
      [{ ttl_type: 'duration', ttl_config: { days: -1 } }, 'ttl_config.days'],
      [{ ttl_type: 'duration' }, 'ttl'],
      [{ ttl_type: 'datetime' }, 'ttl'],
      [{ ttl_type: 'hybrid', ttl_config: { max_reads: 1 } }, 'ttl'],
    ];
    for (const [given, path] of bad) {
      const record = { title: 'a record', context: {}, tags: [], ...given };
      for (const answer of [
        await ask('POST', '/breadcrumbs', record),
        await ask('PATCH', `/breadcrumbs/${id}`, given),
      ]) {
        const { status, body } = answer;
        expect([given, status, body.code, body.errors?.[0]?.path]).toEqual([
          given,
          400,
          'validation_failed',
          path,
        ]);
      }
    }
    expect((await ask('GET', `/breadcrumbs/${id}/full`)).body).toMatchObject({ version: 1 });
  });

  it('comes back in the answer to a repeated request as it was first', async () => {
    const { program } = await setUp();
    const token = await program.token({ owner_id: newId(), agent_id: newId() });
    for (const ttl of [
      { ttl_type: 'duration', ttl_config: { days: 1 } },
      { ttl_type: 'usage', ttl_config: { max_reads: 9 } },
      { ttl_type: 'hybrid', ttl_config: { days: 1, max_reads: 1, hybrid_mode: 'all' } },
    ]) {
      const headers = { 'idempotency-key': newId() };
      const json = { title: 'a record', context: {}, tags: [], ...ttl };
      const post = () => program.request('POST', '/breadcrumbs', { token, json, headers });
      const first = await post();
      await program.request('GET', `/breadcrumbs/${first.body.id}`, { token });
      expect((await post()).body).toEqual(first.body);
    }
  });
});

describe('the TTL policy of a schema', () => {
  const define = (ttl_policy: object) => ({
    schema_name: 'schema.def.v1',
    tags: ['defines:note.v1'],
    context: { schema_name: 'note.v1', lifecycle: { ttl_policy } },
  });

  it('counts for records that do not say otherwise, by the first condition that holds', async () => {
    const { member } = await setUp();
    const { create } = await member();
    await create(
      define({
        type: 'usage',
        config: { max_reads: 3 },
        conditional_policies: [
          { when: { any_tags: ['keep'] }, type: 'duration', config: { days: 2 } },
        ],
      }),
    );
    const schema_name = 'note.v1';
    await expect
      .poll(async () => (await create({ schema_name })).ttl_source)
      .toBe('schema-default');
    expect(await create({ schema_name })).toMatchObject({
      ttl_type: 'usage',
      ttl_config: { max_reads: 3 },
    });
    expect(await create({ schema_name, tags: ['keep'] })).toMatchObject({ ttl_type: 'duration' });
    expect(await create({ schema_name, ttl: null })).toMatchObject({ ttl_type: 'never' });
    expect(await create({ schema_name: 'other.v1' })).toMatchObject({ ttl_type: 'never' });
  });

  it('that allows no other is kept by create and defended against patches', async () => {
    const { member } = await setUp();
    const { ask, create } = await member();
    const policy = { type: 'duration', config: { hours: 1 }, allow_override: false };
    await create(define(policy));
    const given = { schema_name: 'note.v1', ttl: null };
    await expect.poll(async () => (await create(given)).ttl_source).toBe('schema-default');
    const { id, ttl, ttl_type, ttl_config } = await create(given);
    const patch = (json: object) => ask('PATCH', `/breadcrumbs/${id}`, json);
    const refused = await patch({ ttl: null });
    expect([refused.status, refused.body.code]).toEqual([400, 'validation_failed']);
    expect((await patch({ title: 'other', ttl, ttl_type, ttl_config })).body).toMatchObject({
      ttl,
      version: 2,
    });
  });
});
