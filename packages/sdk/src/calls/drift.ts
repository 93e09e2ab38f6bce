import type {
  BehaviorBaseline,
  BehaviorBaselineCreate,
  BehaviorDrift,
  BehaviorProfile,
  BehaviorProfileCreate,
  DriftSummary,
  DriftTimeline,
  DriftType,
  Severity,
} from '@cairn/protocol';
import { flag, pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/** Whose behaviour is meant, and which part of the list. */
export interface ProfileQuery {
  agent_id?: string;
  agent_version?: string;
  environment?: string;
  /** At most 1,000. Default 100. */
  limit?: number;
  /** Rows to pass over. Default 0. */
  offset?: number;
}

/** Which baselines a list holds. */
export interface BaselineQuery extends ProfileQuery {
  baseline_type?: BehaviorBaseline['baseline_type'];
  is_active?: boolean;
}

/** Which drift a list holds. */
export interface DriftQuery extends ProfileQuery {
  drift_type?: DriftType;
  severity?: Severity;
  resolved?: boolean;
}

/** Of which agent, and when. */
export interface DriftTimelineQuery extends Pick<ProfileQuery, 'agent_version' | 'environment'> {
  agent_id: string;
  /** RFC 3339. */
  start_date?: string;
  /** RFC 3339. */
  end_date?: string;
}

/**
 * How the behaviour of agents changes: profiles of what they did, baselines to compare with, and the drift that was found.
 * Everybody who may see runs may read; curators make and change.
 *
 * @example
 * const window = { window_start: '2026-01-01T00:00:00Z', window_end: '2026-01-08T00:00:00Z' };
 * const profile = { agent_id: 'support', agent_version: '2.1.0', environment: 'production', ...window };
 * await client.drift.createBaseline({ profile, baseline_type: 'version', auto_activate: true });
 * for (const { metric, severity } of await client.drift.list({ resolved: false })) console.log(metric, severity);
 */
export class DriftCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** Drift, newest first. @throws CairnError */
  list(query: DriftQuery = {}, options: CallOptions = {}): Promise<BehaviorDrift[]> {
    const resolved = flag(query.resolved);
    return this.#api.get(pathTo('drift'), options, { ...query, resolved });
  }

  /** A drift. @throws CairnError not_found */
  get(id: string, options: CallOptions = {}): Promise<BehaviorDrift> {
    return this.#api.get(pathTo('drift', id), options);
  }

  /** Says that a drift has been looked at. @throws CairnError forbidden, not_found; bad_request when it was before */
  resolve(id: string, options: CallOptions = {}): Promise<BehaviorDrift> {
    // Sent once: to a second try the server would say that it was resolved before.
    return this.#api.change({ method: 'POST', path: pathTo('drift', id, 'resolve') }, options);
  }

  /** How much drift there was in the last days, 7 unless another number is given. @throws CairnError */
  summary(
    query: { environment?: string; days?: number } = {},
    options: CallOptions = {},
  ): Promise<DriftSummary> {
    return this.#api.get(pathTo('drift', 'summary'), options, query);
  }

  /** What was observed of an agent over time, oldest first, and the drift that was found. @throws CairnError */
  timeline(query: DriftTimelineQuery, options: CallOptions = {}): Promise<DriftTimeline> {
    return this.#api.get(pathTo('drift', 'timeline'), options, query);
  }

  /** Profiles, newest first. @throws CairnError */
  profiles(query: ProfileQuery = {}, options: CallOptions = {}): Promise<BehaviorProfile[]> {
    return this.#api.get(pathTo('drift', 'profiles'), options, query);
  }

  /**
   * Makes a profile of whole hours; of the same window again it brings the one there is up to date.
   * @throws CairnError forbidden; invalid_run when there are too few runs
   */
  createProfile(
    profile: BehaviorProfileCreate,
    options: CallOptions = {},
  ): Promise<BehaviorProfile> {
    const path = pathTo('drift', 'profiles');
    return this.#api.change({ method: 'POST', path, body: profile, retry: true }, options);
  }

  /** A profile. @throws CairnError not_found */
  getProfile(id: string, options: CallOptions = {}): Promise<BehaviorProfile> {
    return this.#api.get(pathTo('drift', 'profiles', id), options);
  }

  /** Baselines, newest first. @throws CairnError */
  baselines(query: BaselineQuery = {}, options: CallOptions = {}): Promise<BehaviorBaseline[]> {
    const is_active = flag(query.is_active);
    return this.#api.get(pathTo('drift', 'baselines'), options, { ...query, is_active });
  }

  /** Makes a baseline of a profile that is there, or of one made now. @throws CairnError forbidden, not_found, invalid_run */
  createBaseline(
    baseline: BehaviorBaselineCreate,
    options: CallOptions = {},
  ): Promise<BehaviorBaseline> {
    const path = pathTo('drift', 'baselines');
    return this.#api.change({ method: 'POST', path, body: baseline }, options);
  }

  /** A baseline. @throws CairnError not_found */
  getBaseline(id: string, options: CallOptions = {}): Promise<BehaviorBaseline> {
    return this.#api.get(pathTo('drift', 'baselines', id), options);
  }

  /** Notes who approved a baseline. @throws CairnError forbidden, not_found; conflict when it was approved before */
  approve(id: string, approved_by: string, options: CallOptions = {}): Promise<BehaviorBaseline> {
    const path = pathTo('drift', 'baselines', id, 'approve');
    return this.#api.change({ method: 'POST', path, body: { approved_by } }, options);
  }

  /** Compares with this baseline from now on, in place of the one before. @throws CairnError forbidden, not_found */
  activate(id: string, options: CallOptions = {}): Promise<BehaviorBaseline> {
    const path = pathTo('drift', 'baselines', id, 'activate');
    return this.#api.change({ method: 'POST', path, retry: true }, options);
  }

  /** Compares with this baseline no more. @throws CairnError forbidden, not_found */
  deactivate(id: string, options: CallOptions = {}): Promise<BehaviorBaseline> {
    const path = pathTo('drift', 'baselines', id, 'deactivate');
    return this.#api.change({ method: 'POST', path, retry: true }, options);
  }

  /**
   * Compares a window with the active baseline now, and says what has changed.
   * @throws CairnError forbidden; not_found without an active baseline; invalid_run when there are too few runs
   */
  detect(window: BehaviorProfileCreate, options: CallOptions = {}): Promise<BehaviorDrift[]> {
    const path = pathTo('drift', 'detect');
    return this.#api.change({ method: 'POST', path, body: window, retry: true }, options);
  }
}
