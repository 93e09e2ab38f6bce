import { describe, expect, it } from 'vitest';
import { createLog, ManualClock, newId, type AppError } from '../../base/index.ts';
import { openTestDatabase } from '../../db/testing.ts';
import { bucketOf } from '../measure-latency.ts';
import { Drift } from './drift.ts';
import { DriftStore } from './drift-store.ts';
import { describeDrift, DriftWatch } from './watch-drift.ts';

const AGENT = { agent_id: 'helper', agent_version: '1.0.0', environment: 'production' };
const DAY_1 = { window_start: '2026-01-01T00:00:00Z', window_end: '2026-01-02T00:00:00Z' };
const DAY_2 = { window_start: '2026-01-02T00:00:00Z', window_end: '2026-01-03T00:00:00Z' };

async function setUp() {
  const db = await openTestDatabase();
  const store = new DriftStore(db);
  const drift = new Drift(store);
  const owner_id = newId();
  /** Rollups of one hour, as runs leave them. */
  const behave = async (
    hour: string,
    given: { runs: number; ms: number; choices: Record<string, number> },
    owner = owner_id,
  ) => {
    const buckets = Array.from({ length: bucketOf(given.ms) + 1 }, () => 0);
    buckets[bucketOf(given.ms)] = given.runs;
    const rows = [
      { metric: 'run', key: 'success', n: given.runs, total: given.runs * given.ms, buckets },
      ...Object.entries(given.choices).map(([choice, n]) => {
        return {
          metric: 'decision',
          key: `tool_selection/${choice}/cost_optimization`,
          n,
          total: 0,
          buckets: null,
        };
      }),
      {
        metric: 'signal',
        key: 'tool_success/first_attempt/true',
        n: given.runs,
        total: 0,
        buckets: null,
      },
    ];
    for (const { metric, key, n, total, buckets: counts } of rows)
      await db.query({
        text: `insert into run_rollups (owner_id, hour, agent_id, agent_version, environment, metric, key, n, total, buckets)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        values: [owner, hour, ...Object.values(AGENT), metric, key, n, total, counts],
      });
  };
  return { db, store, drift, owner_id, behave };
}

const CALM = { runs: 200, ms: 100, choices: { 'a/b': 130, web: 70 } };
const CHANGED = { runs: 200, ms: 400, choices: { 'a/b': 60, web: 140 } };

describe('a profile', () => {
  it('says how an agent behaved in whole hours, in parts', async () => {
    const { drift, owner_id, behave } = await setUp();
    await behave('2026-01-01T03:00:00Z', CALM);
    await behave('2026-01-01T23:00:00Z', CALM);
    await behave('2026-01-02T00:00:00Z', CHANGED);
    const profile = await drift.buildProfile(owner_id, { ...AGENT, ...DAY_1 });
    expect(profile).toEqual({
      profile_id: expect.any(String),
      ...AGENT,
      window_start: '2026-01-01T00:00:00.000Z',
      window_end: '2026-01-02T00:00:00.000Z',
      sample_size: 400,
      decision_distributions: { tool_selection: { 'a/b': 0.65, web: 0.35 } },
      signal_distributions: { tool_success: { first_attempt: 1 } },
      latency_stats: {
        mean: 100,
        p50: expect.closeTo(100, -1),
        p95: expect.closeTo(100, -1),
        p99: expect.closeTo(100, -1),
        sample_count: 400,
      },
      created_at: expect.any(String),
    });
    expect(await drift.profile(owner_id, profile.profile_id)).toEqual(profile);
    expect(await drift.profiles(owner_id, AGENT, { limit: 10, offset: 0 })).toEqual([profile]);
    await expect(drift.profile(newId(), profile.profile_id)).rejects.toThrow('not found');
  });

  it('needs a whole hour and enough runs', async () => {
    const { drift, owner_id, behave } = await setUp();
    await behave('2026-01-01T03:00:00Z', { ...CALM, runs: 99 });
    const build = (given: object) => drift.buildProfile(owner_id, { ...AGENT, ...DAY_1, ...given });
    await expect(build({})).rejects.toThrow('a profile needs 100');
    expect((await build({ min_sample_size: 99 })).sample_size).toBe(99);
    await expect(build({ window_end: '2026-01-01T00:59:59Z' })).rejects.toThrow('full hour');
  });
});

describe('a baseline', () => {
  it('is one of many, of which one counts, also when many are activated at once', async () => {
    const { drift, owner_id, behave } = await setUp();
    await behave('2026-01-01T03:00:00Z', CALM);
    const profile = { ...AGENT, ...DAY_1 };
    const made = await Promise.all(
      Array.from({ length: 8 }, () =>
        drift.createBaseline(owner_id, { profile, baseline_type: 'manual' }),
      ),
    );
    expect(made.every(({ is_active }) => !is_active)).toBe(true);
    await Promise.all(made.map(({ baseline_id }) => drift.activate(owner_id, baseline_id)));
    const filter = { ...AGENT, is_active: true };
    const active = await drift.baselines(owner_id, filter, { limit: 10, offset: 0 });
    expect(active).toHaveLength(1);
    await drift.deactivate(owner_id, active[0]?.baseline_id ?? '');
    expect(await drift.baselines(owner_id, filter, { limit: 10, offset: 0 })).toEqual([]);
  });

  it('stays what it is: its profile, its description, and who approved it', async () => {
    const { db, drift, owner_id, behave } = await setUp();
    await behave('2026-01-01T03:00:00Z', CALM);
    const profile = { ...AGENT, ...DAY_1 };
    const description = 'the release of January';
    const made = await drift.createBaseline(owner_id, {
      profile,
      baseline_type: 'version',
      description,
    });
    const approved = await drift.approve(owner_id, made.baseline_id, 'ada@example.org');
    expect(approved).toMatchObject({
      approved_by: 'ada@example.org',
      approved_at: expect.any(String),
    });
    await expect(drift.approve(owner_id, made.baseline_id, 'eve')).rejects.toThrow(
      'already approved',
    );
    const change = (assignment: string) =>
      db.query({
        text: `update behavior_baselines set is_active = true, ${assignment} where baseline_id = $1`,
        values: [made.baseline_id],
      });
    for (const assignment of [
      "description = 'x'",
      "approved_by = 'eve'",
      "baseline_type = 'manual'",
    ])
      await expect(change(assignment)).rejects.toThrow('can only be approved');
    // Behaviour that is counted later makes another profile; this one stays.
    await behave('2026-01-01T04:00:00Z', CHANGED);
    expect((await drift.buildProfile(owner_id, profile)).sample_size).toBe(200);
    await expect(
      db.query({
        text: 'delete from behavior_profiles where profile_id = $1',
        values: [made.profile_id],
      }),
    ).rejects.toThrow('foreign key');
  });
});

describe('what is written about a baseline', () => {
  async function describeBaseline(description: string, approved_by: string | null = null) {
    const { drift, owner_id, behave } = await setUp();
    await behave('2026-01-01T03:00:00Z', CALM);
    const profile = { ...AGENT, ...DAY_1 };
    const making = drift.createBaseline(owner_id, {
      profile,
      baseline_type: 'manual',
      description,
      approved_by,
    });
    const refused = await making.then(
      () => null,
      (error: unknown) => error as AppError,
    );
    const kept = await drift.baselines(owner_id, AGENT, { limit: 10, offset: 0 });
    expect(kept).toHaveLength(refused === null ? 1 : 0);
    return refused;
  }

  it.each([
    'contact bob@example.com about it',
    'ssn 123-45-6789',
    'password=hunter22',
    'as in the prompt of June',
    'longer Responses since then',
    'its chain_of_thought changed',
  ])('is refused without repeating it: %s', async (description) => {
    const refused = await describeBaseline(description);
    expect(refused).toMatchObject({ code: 'invalid_run', status: 422 });
    expect(refused?.extra.errors).toMatchObject([{ path: 'description' }]);
    const told = JSON.stringify([refused?.message, refused?.extra]);
    for (const word of ['bob', '123', 'hunter', 'June', 'longer', 'chain'])
      expect(told).not.toContain(word);
  });

  it('may have words that only contain those, and an approver with an address', async () => {
    expect(await describeBaseline('after the context window grew', 'ada@example.org')).toBeNull();
  });

  it('has no credential as the name of who approves', async () => {
    const refused = await describeBaseline('January', 'ada password=hunter22');
    expect(refused?.extra.errors).toMatchObject([{ path: 'approved_by' }]);
    const { drift, owner_id, behave } = await setUp();
    await behave('2026-01-01T03:00:00Z', CALM);
    const { baseline_id } = await drift.createBaseline(owner_id, {
      profile: { ...AGENT, ...DAY_1 },
      baseline_type: 'manual',
    });
    await expect(drift.approve(owner_id, baseline_id, 'password=hunter22')).rejects.toThrow(
      'credential',
    );
  });
});

describe('drift', () => {
  async function withBaseline() {
    const scene = await setUp();
    const { drift, owner_id, behave } = scene;
    await behave('2026-01-01T03:00:00Z', CALM);
    await behave('2026-01-02T03:00:00Z', CHANGED);
    const profile = { ...AGENT, ...DAY_1 };
    await drift.createBaseline(owner_id, {
      profile,
      baseline_type: 'version',
      auto_activate: true,
    });
    return scene;
  }

  it('is found once, brought up to date, resolved once, and found again after that', async () => {
    const { drift, owner_id } = await withBaseline();
    const found = await drift.detect(owner_id, { ...AGENT, ...DAY_2 });
    expect(found.map(({ drift_type, metric }) => [drift_type, metric])).toEqual([
      ['decision', 'tool_selection/a/b'],
      ['latency', 'mean'],
    ]);
    const [decision] = found;
    expect(decision).toMatchObject({
      ...AGENT,
      baseline_value: 0.65,
      observed_value: 0.3,
      test_method: 'chi_square',
      severity: 'medium',
      observation_sample_size: 200,
      resolved_at: null,
    });
    const again = await drift.detect(owner_id, { ...AGENT, ...DAY_2 });
    expect(again.map(({ drift_id }) => drift_id)).toEqual(found.map(({ drift_id }) => drift_id));
    const id = decision?.drift_id ?? '';
    expect((await drift.resolve(owner_id, id)).resolved_at).not.toBeNull();
    await expect(drift.resolve(owner_id, id)).rejects.toThrow('Drift event is already resolved');
    await expect(drift.resolve(newId(), id)).rejects.toThrow(`Drift ${id} not found`);
    const third = await drift.detect(owner_id, { ...AGENT, ...DAY_2 });
    expect(third.map(({ drift_id }) => drift_id)).not.toContain(id);
    expect(await drift.summary(owner_id, undefined, 7)).toEqual({
      total_drift_events: 3,
      unresolved_drift_events: 2,
      drift_by_severity: { medium: 2, high: 1 },
      drift_by_type: { decision: 2, latency: 1 },
      agents_with_drift: 1,
    });
    const { timeline, ...of } = await drift.timeline(owner_id, { agent_id: 'helper' });
    expect(of).toEqual({ agent_id: 'helper', agent_version: 'all', environment: 'all' });
    expect(timeline.filter(({ drift_detected }) => drift_detected)).toHaveLength(3);
    expect(timeline.map(({ timestamp }) => Date.parse(timestamp))).toEqual(
      timeline.map(({ timestamp }) => Date.parse(timestamp)).toSorted((a, b) => a - b),
    );
  });

  it('has a timeline of what each window had of the metrics that drifted', async () => {
    const { drift, owner_id, behave } = await withBaseline();
    await behave('2026-01-03T03:00:00Z', { runs: 200, ms: 100, choices: { 'a/b': 50, web: 150 } });
    await behave('2026-01-04T03:00:00Z', { runs: 200, ms: 100, choices: {} });
    const detect = (day: number) =>
      drift.detect(owner_id, {
        ...AGENT,
        window_start: `2026-01-0${day}T00:00:00Z`,
        window_end: `2026-01-0${day + 1}T00:00:00Z`,
      });
    for (const day of [2, 3, 4]) await detect(day);
    const { timeline } = await drift.timeline(owner_id, { agent_id: 'helper' });
    const observed = timeline.filter((each) => !each.drift_detected);
    const of = (name: string) =>
      observed.filter(({ metric }) => metric === name).map(({ value }) => value);
    expect(of('tool_selection/a/b')).toEqual([0.65, 0.3, 0.25, null]);
    expect(of('mean')).toEqual([100, 400, 100, 100]);
    expect(of('tool_selection/web')).toEqual([]);
    expect(observed.at(-1)?.timestamp).toBe('2026-01-05T00:00:00.000Z');
  });

  it('is looked for on schedule, by one process, and told of until that worked', async () => {
    const { store, drift, owner_id } = await withBaseline();
    const clock = new ManualClock(Date.parse('2026-01-03T00:10:00Z'));
    const told: string[] = [];
    let is_down = true;
    const tell = async (owner: string, found: Parameters<typeof describeDrift>[0]) => {
      if (is_down) throw new Error('not now');
      told.push(`${owner === owner_id} ${describeDrift(found)}`);
    };
    const ports = { drift, store, tell, clock, log: createLog('silent') };
    const settings = { interval_s: 3_600, window_h: 24, keep_days: 90 };
    const [one, other] = [
      new DriftWatch({ ...ports, ...settings }),
      new DriftWatch({ ...ports, ...settings }),
    ];
    await Promise.all([one.look(), other.look()]);
    expect(
      await drift.drifts(owner_id, { resolved: false }, { limit: 10, offset: 0 }),
    ).toHaveLength(2);
    is_down = false;
    await one.look();
    await other.look();
    expect(told.toSorted()).toEqual([
      'true Observed decrease in decisions of helper 1.0.0: tool_selection/a/b from 65.0% to 30.0%',
      'true Observed increase in latency of helper 1.0.0: mean from 100 ms to 400 ms',
    ]);
  });
});
