import type { BehaviorBaseline, BehaviorDrift } from '@cairn/protocol';
import { newId } from '../../base/index.ts';
import { joinSql, sql, type Database, type Handle, type Sql } from '../../db/index.ts';
import type { Behaver, Behaviour, Finding, Window } from './contract.ts';

const PROFILE = sql`profile_id, owner_id, agent_id, agent_version, environment, window_start, window_end, sample_size,
  decisions, signals, latency_buckets, latency_total, created_at`;
const BASELINE = sql`baseline_id, profile_id, agent_id, agent_version, environment, baseline_type, approved_by, approved_at,
  description, is_active, created_at`;
const DRIFT = sql`drift_id, baseline_id, agent_id, agent_version, environment, drift_type, metric, baseline_value,
  observed_value, delta, delta_percent, significance, test_method, effect_size, severity, detected_at, last_detected_at,
  observation_window_start, observation_window_end, observation_sample_size, resolved_at`;

export interface ProfileRow extends Behaver, Behaviour {
  readonly profile_id: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly created_at: string;
}

/** What lists are narrowed by. What is absent does not. */
export interface DriftFilter {
  readonly agent_id?: string | undefined;
  readonly agent_version?: string | undefined;
  readonly environment?: string | undefined;
  readonly baseline_type?: string | undefined;
  readonly is_active?: boolean | undefined;
  readonly drift_type?: string | undefined;
  readonly severity?: string | undefined;
  readonly resolved?: boolean | undefined;
  readonly start_date?: string | undefined;
  readonly end_date?: string | undefined;
}

export interface Slice {
  readonly limit: number;
  readonly offset: number;
}

/** A baseline that is due for a look, with what it is compared with. */
export interface DueBaseline extends Behaver {
  readonly baseline_id: string;
}

/** The SQL of profiles, baselines and drift. */
export class DriftStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Handle) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  /** What rollups say of a window. */
  async behaviour(behaver: Behaver, window: Window): Promise<RollupSum[]> {
    const { rows } = await this.#db.query<RollupSum>(
      sql`select metric, key, sum(n)::bigint as n, sum(total) as total, jsonb_agg(buckets) filter (where buckets is not null) as buckets
        from run_rollups
        where ${ofBehaver(behaver)} and hour >= ${window.start} and hour < ${window.end}
          and metric in ('run', 'decision', 'signal')
        group by metric, key having sum(n) > 0 order by metric, key`,
    );
    return rows;
  }

  /** Keeps a profile; the one of the same window is replaced unless a baseline rests on it, which keeps it as it is. */
  async saveProfile(behaver: Behaver, window: Window, behaviour: Behaviour): Promise<ProfileRow> {
    const { decisions, signals, latency_buckets } = behaviour;
    const { rows } = await this.#db.query<ProfileRow>(
      sql`insert into behavior_profiles (profile_id, owner_id, agent_id, agent_version, environment, window_start, window_end,
          sample_size, decisions, signals, latency_buckets, latency_total)
        values (${newId()}, ${behaver.owner_id}, ${behaver.agent_id}, ${behaver.agent_version}, ${behaver.environment},
          ${window.start}, ${window.end}, ${behaviour.sample_size}, ${JSON.stringify(decisions)}, ${JSON.stringify(signals)},
          ${JSON.stringify(latency_buckets)}, ${behaviour.latency_total})
        on conflict (owner_id, agent_id, agent_version, environment, window_start, window_end) do update
          set sample_size = excluded.sample_size, decisions = excluded.decisions, signals = excluded.signals,
            latency_buckets = excluded.latency_buckets, latency_total = excluded.latency_total
          where not exists (select from behavior_baselines b where b.profile_id = behavior_profiles.profile_id)
        returning ${PROFILE}`,
    );
    return rows[0] ?? (await this.#profileOf(behaver, window));
  }

  async #profileOf(behaver: Behaver, window: Window): Promise<ProfileRow> {
    const { rows } = await this.#db.query<ProfileRow>(
      sql`select ${PROFILE} from behavior_profiles
        where ${ofBehaver(behaver)} and window_start = ${window.start} and window_end = ${window.end}`,
    );
    return rows[0] as ProfileRow;
  }

  async profile(owner_id: string, profile_id: string): Promise<ProfileRow | null> {
    const { rows } = await this.#db.query<ProfileRow>(
      sql`select ${PROFILE} from behavior_profiles where owner_id = ${owner_id} and profile_id = ${profile_id}`,
    );
    return rows[0] ?? null;
  }

  /** Newest first. */
  async profiles(
    owner_id: string,
    filter: DriftFilter,
    { limit, offset }: Slice,
  ): Promise<ProfileRow[]> {
    const { rows } = await this.#db.query<ProfileRow>(
      sql`select ${PROFILE} from behavior_profiles where ${matching(owner_id, filter)}
        order by created_at desc, profile_id desc limit ${limit} offset ${offset}`,
    );
    return rows;
  }

  /** Profiles of windows that end within the time given, oldest first. */
  async profilesBetween(
    owner_id: string,
    filter: DriftFilter,
    limit: number,
  ): Promise<ProfileRow[]> {
    const { start_date, end_date, ...rest } = filter;
    const conditions = [
      matching(owner_id, rest),
      ...(start_date === undefined ? [] : [sql`window_end >= ${start_date}`]),
      ...(end_date === undefined ? [] : [sql`window_end <= ${end_date}`]),
    ];
    const { rows } = await this.#db.query<ProfileRow>(
      sql`select ${PROFILE} from behavior_profiles where ${joinSql(conditions, ' and ', sql`true`)}
        order by window_end desc limit ${limit}`,
    );
    return rows.toReversed();
  }

  async addBaseline(
    profile: ProfileRow,
    given: { baseline_type: string; description: string | null; approved_by: string | null },
    tx: Handle,
  ): Promise<BehaviorBaseline> {
    const { owner_id, agent_id, agent_version, environment, profile_id } = profile;
    const approved_at = given.approved_by === null ? sql`null` : sql`now()`;
    const { rows } = await tx.query<BehaviorBaseline>(
      sql`insert into behavior_baselines (baseline_id, owner_id, profile_id, agent_id, agent_version, environment, baseline_type,
          approved_by, approved_at, description)
        values (${newId()}, ${owner_id}, ${profile_id}, ${agent_id}, ${agent_version}, ${environment}, ${given.baseline_type},
          ${given.approved_by}, ${approved_at}, ${given.description})
        returning ${BASELINE}`,
    );
    return rows[0] as BehaviorBaseline;
  }

  async baseline(
    owner_id: string,
    baseline_id: string,
    tx: Handle = this.#db,
  ): Promise<BehaviorBaseline | null> {
    const { rows } = await tx.query<BehaviorBaseline>(
      sql`select ${BASELINE} from behavior_baselines where owner_id = ${owner_id} and baseline_id = ${baseline_id}`,
    );
    return rows[0] ?? null;
  }

  async activeBaseline(behaver: Behaver): Promise<BehaviorBaseline | null> {
    const { rows } = await this.#db.query<BehaviorBaseline>(
      sql`select ${BASELINE} from behavior_baselines where ${ofBehaver(behaver)} and is_active`,
    );
    return rows[0] ?? null;
  }

  /** Newest first. */
  async baselines(
    owner_id: string,
    filter: DriftFilter,
    { limit, offset }: Slice,
  ): Promise<BehaviorBaseline[]> {
    const { rows } = await this.#db.query<BehaviorBaseline>(
      sql`select ${BASELINE} from behavior_baselines where ${matching(owner_id, filter)}
        order by created_at desc, baseline_id desc limit ${limit} offset ${offset}`,
    );
    return rows;
  }

  /** Null when it was approved before. */
  async approve(
    owner_id: string,
    baseline_id: string,
    approved_by: string,
  ): Promise<BehaviorBaseline | null> {
    const { rows } = await this.#db.query<BehaviorBaseline>(
      sql`update behavior_baselines set approved_by = ${approved_by}, approved_at = now()
        where owner_id = ${owner_id} and baseline_id = ${baseline_id} and approved_at is null returning ${BASELINE}`,
    );
    return rows[0] ?? null;
  }

  /** Makes it the one that counts, and the one before it not. Whoever else activates one of the same agent waits. */
  async activate(
    baseline: BehaviorBaseline,
    owner_id: string,
    tx: Handle,
  ): Promise<BehaviorBaseline> {
    const behaver = { owner_id, ...baseline };
    const { agent_id, agent_version, environment } = baseline;
    const name = JSON.stringify([owner_id, agent_id, agent_version, environment]);
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('baseline ' || ${name}, 0))`);
    await tx.query(
      sql`update behavior_baselines set is_active = false
        where ${ofBehaver(behaver)} and is_active and baseline_id <> ${baseline.baseline_id}`,
    );
    const { rows } = await tx.query<BehaviorBaseline>(
      sql`update behavior_baselines set is_active = true where baseline_id = ${baseline.baseline_id} returning ${BASELINE}`,
    );
    return rows[0] as BehaviorBaseline;
  }

  async deactivate(owner_id: string, baseline_id: string): Promise<BehaviorBaseline | null> {
    const { rows } = await this.#db.query<BehaviorBaseline>(
      sql`update behavior_baselines set is_active = false
        where owner_id = ${owner_id} and baseline_id = ${baseline_id} returning ${BASELINE}`,
    );
    return rows[0] ?? null;
  }

  /** Takes active baselines that nobody has looked at for `interval_s`; each is taken by one process. */
  async takeDue(interval_s: number, limit: number): Promise<DueBaseline[]> {
    const { rows } = await this.#db.query<DueBaseline>(
      sql`update behavior_baselines set checked_at = now()
        where baseline_id in (
          select baseline_id from behavior_baselines
          where is_active and (checked_at is null or checked_at <= now() - ${interval_s} * interval '1 second')
          order by checked_at nulls first limit ${limit} for update skip locked)
        returning baseline_id, owner_id, agent_id, agent_version, environment`,
    );
    return rows;
  }

  /** Keeps what was found. What is known and not resolved is brought up to date. */
  async addDrift(
    baseline: BehaviorBaseline,
    owner_id: string,
    observed: ProfileRow,
    finding: Finding,
  ): Promise<BehaviorDrift> {
    const { baseline_id, agent_id, agent_version, environment } = baseline;
    const { rows } = await this.#db.query<BehaviorDrift>(
      sql`insert into behavior_drift (drift_id, owner_id, baseline_id, agent_id, agent_version, environment, drift_type, metric,
          baseline_value, observed_value, delta, delta_percent, significance, test_method, effect_size, severity,
          observation_window_start, observation_window_end, observation_sample_size)
        values (${newId()}, ${owner_id}, ${baseline_id}, ${agent_id}, ${agent_version}, ${environment}, ${finding.drift_type},
          ${finding.metric}, ${finding.baseline_value}, ${finding.observed_value}, ${finding.delta}, ${finding.delta_percent},
          ${finding.significance}, ${finding.test_method}, ${finding.effect_size}, ${finding.severity},
          ${observed.window_start}, ${observed.window_end}, ${observed.sample_size})
        on conflict (baseline_id, drift_type, metric) where resolved_at is null do update
          set observed_value = excluded.observed_value, delta = excluded.delta, delta_percent = excluded.delta_percent,
            significance = excluded.significance, effect_size = excluded.effect_size, severity = excluded.severity,
            last_detected_at = now(), observation_window_start = excluded.observation_window_start,
            observation_window_end = excluded.observation_window_end,
            observation_sample_size = excluded.observation_sample_size
        returning ${DRIFT}`,
    );
    return rows[0] as BehaviorDrift;
  }

  async drift(owner_id: string, drift_id: string): Promise<BehaviorDrift | null> {
    const { rows } = await this.#db.query<BehaviorDrift>(
      sql`select ${DRIFT} from behavior_drift where owner_id = ${owner_id} and drift_id = ${drift_id}`,
    );
    return rows[0] ?? null;
  }

  /** Newest first. */
  async drifts(
    owner_id: string,
    filter: DriftFilter,
    { limit, offset }: Slice,
  ): Promise<BehaviorDrift[]> {
    const { rows } = await this.#db.query<BehaviorDrift>(
      sql`select ${DRIFT} from behavior_drift where ${matching(owner_id, filter)}
        order by detected_at desc, drift_id desc limit ${limit} offset ${offset}`,
    );
    return rows;
  }

  /** Null when there is none that is not resolved. */
  async resolve(owner_id: string, drift_id: string): Promise<BehaviorDrift | null> {
    const { rows } = await this.#db.query<BehaviorDrift>(
      sql`update behavior_drift set resolved_at = now()
        where owner_id = ${owner_id} and drift_id = ${drift_id} and resolved_at is null returning ${DRIFT}`,
    );
    return rows[0] ?? null;
  }

  /** Drift that its tenant has not been told of, oldest first. */
  async untold(limit: number): Promise<(BehaviorDrift & { owner_id: string })[]> {
    const { rows } = await this.#db.query<BehaviorDrift & { owner_id: string }>(
      sql`select owner_id, ${DRIFT} from behavior_drift where told_at is null order by drift_id limit ${limit}`,
    );
    return rows;
  }

  async noteTold(drift_id: string): Promise<void> {
    await this.#db.query(
      sql`update behavior_drift set told_at = now() where drift_id = ${drift_id} and told_at is null`,
    );
  }

  /** Counts of drift that was detected in the last days, by severity and type. */
  async summary(owner_id: string, environment: string | undefined, days: number) {
    const { rows } = await this.#db.query<{
      drift_type: string;
      severity: string;
      n: number;
      unresolved: number;
      agents: string[];
    }>(
      sql`select drift_type, severity, count(*)::int as n, count(*) filter (where resolved_at is null)::int as unresolved,
          array_agg(distinct agent_id) as agents
        from behavior_drift
        where ${matching(owner_id, { environment })} and detected_at >= now() - ${days} * interval '1 day'
        group by 1, 2`,
    );
    return rows;
  }

  /** Deletes profiles of observations that are older than `days` and that no baseline rests on. Says how many. */
  async pruneProfiles(days: number, limit: number): Promise<number> {
    const { count } = await this.#db.query(
      sql`delete from behavior_profiles where profile_id in (
          select profile_id from behavior_profiles p
          where created_at < now() - ${days} * interval '1 day'
            and not exists (select from behavior_baselines b where b.profile_id = p.profile_id)
          limit ${limit} for update skip locked)`,
    );
    return count;
  }
}

/** A sum over hours. `buckets` are those of each hour. */
export interface RollupSum {
  readonly metric: string;
  readonly key: string;
  readonly n: number;
  readonly total: number;
  readonly buckets: number[][] | null;
}

function ofBehaver({ owner_id, agent_id, agent_version, environment }: Behaver): Sql {
  return sql`owner_id = ${owner_id} and agent_id = ${agent_id} and agent_version = ${agent_version}
    and environment = ${environment}`;
}

function matching(owner_id: string, filter: DriftFilter): Sql {
  const { agent_id, agent_version, environment, baseline_type, drift_type, severity } = filter;
  const { is_active, resolved, start_date, end_date } = filter;
  const conditions = [
    sql`owner_id = ${owner_id}`,
    ...(agent_id === undefined ? [] : [sql`agent_id = ${agent_id}`]),
    ...(agent_version === undefined ? [] : [sql`agent_version = ${agent_version}`]),
    ...(environment === undefined ? [] : [sql`environment = ${environment}`]),
    ...(baseline_type === undefined ? [] : [sql`baseline_type = ${baseline_type}`]),
    ...(drift_type === undefined ? [] : [sql`drift_type = ${drift_type}`]),
    ...(severity === undefined ? [] : [sql`severity = ${severity}`]),
    ...(is_active === undefined ? [] : [sql`is_active = ${is_active}`]),
    ...(resolved === undefined ? [] : [sql`(resolved_at is not null) = ${resolved}`]),
    ...(start_date === undefined ? [] : [sql`detected_at >= ${start_date}`]),
    ...(end_date === undefined ? [] : [sql`detected_at <= ${end_date}`]),
  ];
  return joinSql(conditions, ' and ', sql`true`);
}
