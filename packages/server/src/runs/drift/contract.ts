import type { DriftType, Severity } from '@cairn/protocol';
import type { Counts } from './statistics.ts';

/** Whose behaviour is meant. */
export interface Behaver {
  readonly owner_id: string;
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
}

/** From `start` up to but not including `end`, both at full hours, RFC 3339 in UTC. */
export interface Window {
  readonly start: string;
  readonly end: string;
}

/** What rollups say of a window. */
export interface Behaviour {
  /** Runs that ended. */
  readonly sample_size: number;
  /** By type, then by choice. */
  readonly decisions: Readonly<Record<string, Counts>>;
  /** By type, then by code; `code=false` counts those with a false value. */
  readonly signals: Readonly<Record<string, Counts>>;
  /** Runs by bucket of their duration. */
  readonly latency_buckets: readonly number[];
  /** Milliseconds of all these runs together. */
  readonly latency_total: number;
}

/** A difference that a comparison found. */
export interface Finding {
  readonly drift_type: DriftType;
  readonly metric: string;
  readonly baseline_value: number;
  readonly observed_value: number;
  readonly delta: number;
  readonly delta_percent: number | null;
  readonly significance: number;
  readonly test_method: 'chi_square' | 'mann_whitney';
  readonly effect_size: number;
  readonly severity: Severity;
}
