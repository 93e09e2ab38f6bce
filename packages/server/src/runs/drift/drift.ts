import type {
  BehaviorBaseline,
  BehaviorBaselineCreate,
  BehaviorDrift,
  BehaviorProfile,
  BehaviorProfileCreate,
  DriftSummary,
  DriftTimeline,
} from '@cairn/protocol';
import { AppError } from '../../base/index.ts';
import { checkWording } from './check-wording.ts';
import { compareBehaviour } from './compare-behaviour.ts';
import type { Behaver, Window } from './contract.ts';
import type { DriftFilter, DriftStore, ProfileRow, Slice } from './drift-store.ts';
import { partOf, readBehaviour, toProfile, windowOf } from './read-behaviour.ts';

/** Fewer runs than this say little about how an agent behaves. */
export const SAMPLE_MIN = 100;
/** Points of one timeline. */
const TIMELINE_MAX = 1_000;
/** Metrics of decisions and signals in one timeline, those that drifted last: more lines are not told apart. */
const METRICS_MAX = 10;

/** Profiles of behaviour, the baselines made of them, and what has changed since. All of one tenant at a time. */
export class Drift {
  readonly #store: DriftStore;

  constructor(store: DriftStore) {
    this.#store = store;
  }

  /** @throws AppError invalid_run when the window has no whole hour or too few runs */
  async buildProfile(owner_id: string, body: BehaviorProfileCreate): Promise<BehaviorProfile> {
    return toProfile(await this.#observe(owner_id, body));
  }

  async profiles(owner_id: string, filter: DriftFilter, slice: Slice): Promise<BehaviorProfile[]> {
    return (await this.#store.profiles(owner_id, filter, slice)).map(toProfile);
  }

  /** @throws AppError not_found */
  async profile(owner_id: string, profile_id: string): Promise<BehaviorProfile> {
    return toProfile(await this.#findProfile(owner_id, profile_id));
  }

  /**
   * @throws AppError not_found for an unknown profile; validation_failed without one; invalid_run as `buildProfile`, and
   * for a description that holds private data or words for content
   */
  async createBaseline(owner_id: string, body: BehaviorBaselineCreate): Promise<BehaviorBaseline> {
    const { profile_id, profile, baseline_type, description = null, approved_by = null } = body;
    if ((profile_id === undefined) === (profile === undefined))
      throw new AppError('validation_failed', 'give profile_id or profile, and not both');
    checkWording({ description, approved_by });
    const row = profile
      ? await this.#observe(owner_id, profile)
      : await this.#findProfile(owner_id, (profile_id as string).toLowerCase());
    return this.#store.transaction(async (tx) => {
      const given = { baseline_type, description, approved_by };
      const made = await this.#store.addBaseline(row, given, tx);
      return body.auto_activate === true ? this.#store.activate(made, owner_id, tx) : made;
    });
  }

  baselines(owner_id: string, filter: DriftFilter, slice: Slice): Promise<BehaviorBaseline[]> {
    return this.#store.baselines(owner_id, filter, slice);
  }

  /** @throws AppError not_found */
  async baseline(owner_id: string, baseline_id: string): Promise<BehaviorBaseline> {
    return orMissing(await this.#store.baseline(owner_id, baseline_id), 'Baseline', baseline_id);
  }

  /** Who approved stays who approved. @throws AppError not_found, conflict; invalid_run for a name with a credential in it */
  async approve(owner_id: string, baseline_id: string, by: string): Promise<BehaviorBaseline> {
    checkWording({ description: null, approved_by: by });
    const approved = await this.#store.approve(owner_id, baseline_id, by);
    if (approved) return approved;
    await this.baseline(owner_id, baseline_id);
    throw new AppError('conflict', 'Baseline is already approved');
  }

  /** Of the baselines of an agent, version and environment one counts: this one from now on. @throws AppError not_found */
  activate(owner_id: string, baseline_id: string): Promise<BehaviorBaseline> {
    return this.#store.transaction(async (tx) => {
      const found = await this.#store.baseline(owner_id, baseline_id, tx);
      return this.#store.activate(orMissing(found, 'Baseline', baseline_id), owner_id, tx);
    });
  }

  /** @throws AppError not_found */
  async deactivate(owner_id: string, baseline_id: string): Promise<BehaviorBaseline> {
    return orMissing(await this.#store.deactivate(owner_id, baseline_id), 'Baseline', baseline_id);
  }

  /** Compares a window with the active baseline and keeps what has changed. @throws AppError not_found, invalid_run */
  async detect(owner_id: string, body: BehaviorProfileCreate): Promise<BehaviorDrift[]> {
    const baseline = await this.#store.activeBaseline({ owner_id, ...body });
    if (!baseline)
      throw new AppError(
        'not_found',
        'this agent, version and environment has no active baseline; POST /v1/drift/baselines makes one',
      );
    const [before, observed] = [
      await this.#findProfile(owner_id, baseline.profile_id),
      await this.#observe(owner_id, body),
    ];
    const found: BehaviorDrift[] = [];
    for (const finding of compareBehaviour(before, observed))
      found.push(await this.#store.addDrift(baseline, owner_id, observed, finding));
    return found;
  }

  drifts(owner_id: string, filter: DriftFilter, slice: Slice): Promise<BehaviorDrift[]> {
    return this.#store.drifts(owner_id, filter, slice);
  }

  /** @throws AppError not_found */
  async drift(owner_id: string, drift_id: string): Promise<BehaviorDrift> {
    return orMissing(await this.#store.drift(owner_id, drift_id), 'Drift', drift_id);
  }

  /** @throws AppError not_found; bad_request when it was resolved before */
  async resolve(owner_id: string, drift_id: string): Promise<BehaviorDrift> {
    const resolved = await this.#store.resolve(owner_id, drift_id);
    if (resolved) return resolved;
    await this.drift(owner_id, drift_id);
    throw new AppError('bad_request', 'Drift event is already resolved');
  }

  /**
   * How long runs took in each observed window, what of their decisions and signals drifted, and the drift that was
   * detected, oldest first.
   */
  async timeline(
    owner_id: string,
    filter: DriftFilter & { agent_id: string },
  ): Promise<DriftTimeline> {
    const { agent_id, agent_version = 'all', environment = 'all' } = filter;
    const slice = { limit: TIMELINE_MAX, offset: 0 };
    const drifts = await this.#store.drifts(owner_id, filter, slice);
    const drifted = driftedMetrics(drifts);
    const profiles = await this.#store.profilesBetween(owner_id, filter, TIMELINE_MAX / 2);
    const observed = profiles.flatMap((profile) => {
      const { window_end, latency_stats } = toProfile(profile);
      const point = (metric: string, value: number | null) => {
        return { timestamp: window_end, metric, value, drift_detected: false, drift_id: null };
      };
      return [
        point('mean', latency_stats.mean),
        point('p95', latency_stats.p95),
        ...drifted.map(({ drift_type, metric }) =>
          point(metric, partOf(profile, drift_type, metric)),
        ),
      ];
    });
    const detected = drifts.map(({ detected_at, metric, observed_value, drift_id }) => {
      return {
        timestamp: detected_at,
        metric,
        value: observed_value,
        drift_detected: true,
        drift_id,
      };
    });
    const timeline = [...observed, ...detected].toSorted(
      (a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp),
    );
    return { agent_id, agent_version, environment, timeline };
  }

  async summary(
    owner_id: string,
    environment: string | undefined,
    days: number,
  ): Promise<DriftSummary> {
    const rows = await this.#store.summary(owner_id, environment, days);
    const by = (name: 'severity' | 'drift_type') => {
      const counts: Record<string, number> = {};
      for (const row of rows) counts[row[name]] = (counts[row[name]] ?? 0) + row.n;
      return counts;
    };
    return {
      total_drift_events: rows.reduce((sum, { n }) => sum + n, 0),
      unresolved_drift_events: rows.reduce((sum, { unresolved }) => sum + unresolved, 0),
      drift_by_severity: by('severity'),
      drift_by_type: by('drift_type'),
      agents_with_drift: new Set(rows.flatMap(({ agents }) => agents)).size,
    };
  }

  async #findProfile(owner_id: string, profile_id: string): Promise<ProfileRow> {
    return orMissing(await this.#store.profile(owner_id, profile_id), 'Profile', profile_id);
  }

  async #observe(owner_id: string, body: BehaviorProfileCreate): Promise<ProfileRow> {
    const { window_start, window_end, min_sample_size = SAMPLE_MIN } = body;
    const window = windowOf(window_start, window_end);
    if (!window)
      throw new AppError(
        'invalid_run',
        'window_end must be at least one full hour after window_start',
      );
    const behaver: Behaver = { owner_id, ...body };
    const behaviour = readBehaviour(await this.#store.behaviour(behaver, window));
    if (behaviour.sample_size < min_sample_size)
      throw new AppError(
        'invalid_run',
        `${behaviour.sample_size} runs ended between ${window.start} and ${window.end}; a profile needs ${min_sample_size}`,
      );
    return this.#store.saveProfile(behaver, window, behaviour);
  }
}

/** The metrics of decisions and signals that drifted, each once. `drifts` are newest first. */
function driftedMetrics(drifts: readonly BehaviorDrift[]) {
  const counted = drifts.filter(({ drift_type }) => drift_type !== 'latency');
  const names = new Map(counted.map((each) => [`${each.drift_type}/${each.metric}`, each]));
  return [...names.values()].slice(0, METRICS_MAX);
}

function orMissing<T>(found: T | null, what: string, id: string): T {
  if (found === null) throw new AppError('not_found', `${what} ${id} not found`);
  return found;
}

/** The window that is looked at on schedule: the last full hours. */
export function lastHours(now_ms: number, hours: number): Window {
  const end = Math.floor(now_ms / 3_600_000) * 3_600_000;
  return {
    start: new Date(end - hours * 3_600_000).toISOString(),
    end: new Date(end).toISOString(),
  };
}
