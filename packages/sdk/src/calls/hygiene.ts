import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions } from '../client-types.ts';

/** What sweeping has done on this server. */
export interface HygieneStats {
  runs_completed: number;
  total_breadcrumbs_purged: number;
  total_agents_cleaned: number;
  last_run_duration_ms: number;
  last_run_errors: number;
  /** Whether the server sweeps by itself. */
  hygiene_enabled: boolean;
  /** RFC 3339; null before the first run. */
  last_updated: string | null;
}

/** What a run did. */
export interface HygieneRun {
  triggered: boolean;
  health_checks_purged: number;
  expired_breadcrumbs_purged: number;
  total_cleaned: number;
  message: string;
}

/** How many breadcrumbs a purge deleted, and why. */
export interface HygienePurge {
  purged: number;
  ttl_purged: number;
  health_checks_purged: number;
  expired_purged: number;
}

/**
 * The sweeping away of breadcrumbs that have expired. Curators only.
 *
 * @example
 * console.log((await client.hygiene.run()).message);
 */
export class HygieneCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** What sweeping has done so far. @throws CairnError forbidden */
  stats(options: CallOptions = {}): Promise<HygieneStats> {
    return this.#api.get(pathTo('hygiene', 'stats'), options);
  }

  /** Deletes what has expired in your tenant, now. @throws CairnError forbidden */
  run(options: CallOptions = {}): Promise<HygieneRun> {
    return this.#api.change({ method: 'POST', path: pathTo('hygiene', 'run') }, options);
  }

  /** Does the same as `run` and counts by cause. @throws CairnError forbidden */
  purge(options: CallOptions = {}): Promise<HygienePurge> {
    return this.#api.change({ method: 'POST', path: pathTo('admin', 'purge') }, options);
  }
}
