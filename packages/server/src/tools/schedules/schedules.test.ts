import { SCHEMAS } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import type { ToolSchedules } from '../builtin/index.ts';
import { deliveryOf, openTestTools } from '../testing.ts';

const breadcrumb = { title: 'Tick', schema_name: 'tick.v1', tags: ['tick'], context: { n: 1 } };
const wanted: Parameters<ToolSchedules['create']>[0] = {
  kind: 'every',
  spec: '60',
  name: 'tick',
  timezone: 'UTC',
  firings_max: null,
  breadcrumb,
};

async function start() {
  const test = await openTestTools();
  const { tools, caller, clock, deliveries, breadcrumbs, owner_id, db } = test;
  const schedules = tools.schedules.of(caller, 'request-1');
  /** Works on whatever is due, as workers would; the same delivery twice at once, as after a lost lease. */
  const work = async (times = 1) => {
    for (const delivery of await deliveries.claim('tools', 'w', 10, 60_000)) {
      const outcomes = await Promise.all(
        Array.from({ length: times }, () =>
          tools.runner.handle(delivery, new AbortController().signal),
        ),
      );
      for (const outcome of outcomes)
        if (outcome.type === 'done' && outcome.commit) await db.transaction(outcome.commit);
      await deliveries.complete(db, delivery);
    }
  };
  const ticks = () => breadcrumbs.listWithContext(caller, { schema_name: 'tick.v1', limit: 100 });
  const advance = (s: number) => clock.advance(s * 1_000);
  return { ...test, schedules, work, ticks, advance, deliveryOf, owner_id };
}

describe('a schedule', () => {
  it('makes its record at each due time, once, whoever else works on it', async () => {
    const { schedules, work, ticks, advance } = await start();
    const { id } = await schedules.create(wanted);
    await work();
    expect(await ticks()).toEqual([]);
    advance(60);
    await work(3);
    expect(await ticks()).toMatchObject([
      { title: 'Tick', tags: ['tick', `schedule:${id}`], context: { n: 1 } },
    ]);
    await work();
    advance(61);
    await work(2);
    expect(await ticks()).toHaveLength(2);
    expect(await schedules.list()).toMatchObject([{ id, firings: 2, state: 'active' }]);
  });

  it('asked for twice by one request is one', async () => {
    const { schedules, work, ticks, advance } = await start();
    const [a, b] = [await schedules.create(wanted), await schedules.create(wanted)];
    expect(a).toEqual(b);
    advance(60);
    await work();
    expect(await ticks()).toHaveLength(1);
  });

  it('ends after its last firing, at its one time, and when it is cancelled', async () => {
    const { tools, caller, clock, work, ticks, advance } = await start();
    const of = (key: string) => tools.schedules.of(caller, key);
    await of('a').create({ ...wanted, firings_max: 2 });
    const at = new Date(clock.now() + 90_000).toISOString();
    await of('b').create({ ...wanted, kind: 'at', spec: at });
    const { id } = await of('c').create({ ...wanted, spec: '600' });
    for (let turn = 0; turn < 20; turn++) {
      advance(60);
      await work();
    }
    // Two of the first, one of the second, and two of the third.
    expect(await ticks()).toHaveLength(5);
    expect(await of('d').cancel(id)).toBe(true);
    expect(await of('d').cancel(id)).toBe(false);
    expect(await of('d').cancel('nonsense')).toBe(false);
    advance(3_600);
    await work();
    expect(await ticks()).toHaveLength(5);
    expect((await of('d').list()).map(({ state }) => state).toSorted()).toEqual([
      'cancelled',
      'ended',
      'ended',
    ]);
  });

  it('is nobody else’s', async () => {
    const { tools, schedules, curator } = await start();
    const { id } = await schedules.create(wanted);
    const other = tools.schedules.of(curator, 'request-2');
    expect(await other.list()).toEqual([]);
    expect(await other.cancel(id)).toBe(false);
  });

  it('goes on after a firing that came to nothing, and says why', async () => {
    const { schedules, deliveries, advance, tools, db, ticks, work } = await start();
    await schedules.create(wanted);
    advance(60);
    const [delivery] = await deliveries.claim('tools', 'w', 1, 60_000);
    if (!delivery) throw new Error('nothing is due');
    await db.transaction((tx) => tools.runner.bury(tx, delivery, 'no room'));
    expect(await schedules.list()).toMatchObject([{ last_error: 'no room', state: 'active' }]);
    advance(60);
    await work();
    expect(await ticks()).toHaveLength(1);
    expect(await schedules.list()).toMatchObject([{ last_error: null }]);
  });

  it('cannot be asked for as what would count as a curator’s own', async () => {
    const { ask, breadcrumbs, curator } = await start();
    const body = { type: 'builtin' };
    const context = {
      name: 'scheduler',
      description: 'x',
      definition: { inputSchema: {} },
      implementation: body,
    };
    await breadcrumbs.create(curator, {
      title: 's',
      schema_name: SCHEMAS.tool_definition,
      tags: [],
      context,
    });
    const input = {
      action: 'create',
      every_s: 60,
      breadcrumb: { title: 'x', schema_name: SCHEMAS.tool_code, tags: [], context: {} },
    };
    expect(await ask('scheduler', input, curator)).toMatchObject({
      status: 'error',
      error: expect.stringMatching(/may not write tool.code.v1/),
    });
  });
});
