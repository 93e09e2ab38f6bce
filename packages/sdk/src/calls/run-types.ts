import type { RunSource, RunStatus, StatsGrouping, StatsSeries } from '@cairn/protocol';
import type { Page } from '../client-types.ts';

/** Which runs are meant. All that is given must hold. */
export interface RunFilter {
  agent_id?: string;
  agent_version?: string;
  environment?: string;
  /** RFC 3339: runs that began then or later. */
  start_time?: string;
  /** RFC 3339: runs that began then or sooner. */
  end_time?: string;
}

/** Which page of a list about runs. */
export interface RunPageQuery {
  /** Rows of this page, at most 100. Default 20. */
  page_size?: number;
  /** `next_cursor` of the page before. */
  cursor?: string;
}

/** What a run is shown with. */
export interface RunView {
  /** `full` adds all that is known of a run and what its steps used. */
  view?: 'full';
  /** Rows of each list of a run, at most 10,000. */
  steps_max?: number;
}

/** Which runs a list holds, and how. */
export interface RunListQuery extends RunFilter, RunPageQuery, RunView {
  status?: RunStatus;
  source?: RunSource;
  parent_run_id?: string;
  breadcrumb_id?: string;
  conversation_id?: string;
  /** Beginning of a run's id, or part of an agent's name or of a failure's code or message. */
  q?: string;
  /** From 1; ignored beside a cursor. */
  page?: number;
  /** Fills `total`. */
  count?: boolean;
  /** `summary` shows counts in place of the lists; it goes before `view`. */
  fields?: 'summary';
}

/** A list of runs with counts in place of their lists. */
export type SummaryQuery = RunListQuery & { fields: 'summary' };
/** A list of runs with all that is known of them. */
export type FullQuery = RunListQuery & { view: 'full'; fields?: never };
/** A list of runs with their lists. */
export type PlainQuery = RunListQuery & { fields?: never };

/** One page of runs. */
export interface RunPage<T> extends Page<T> {
  /** How many runs there are, counted up to 10,000; null unless `count` asked for it. */
  total: number | null;
  /** True when there are as many as are counted, so there may be more. */
  is_total_bounded: boolean;
  /** Lists of which some run has more than is shown, such as `steps`; `runs.get` and `runs.steps` have them whole. */
  lists_cut: string[];
}

/** Which decisions or signals a list holds. Their times are when they were recorded. */
export interface RecordedQuery extends RunFilter, RunPageQuery {
  /** Exactly this type. */
  type?: string;
  /** Part of the reason or code. */
  code?: string;
  /** Part of the agent's name. */
  agent?: string;
}

/** Which decisions a list holds. */
export interface DecisionQuery extends RecordedQuery {
  /** Exactly what was selected. */
  selected?: string;
  /** From 0 to 1. */
  min_confidence?: number;
}

/** Which quality signals a list holds. */
export interface SignalQuery extends RecordedQuery {
  value?: boolean;
}

/** What a time series is of. Without a start it has the last 48 hours or 30 days. */
export interface TimeSeriesQuery extends RunFilter {
  /** Default `hour`. */
  bucket?: 'hour' | 'day';
  /** Default `runs`. */
  metric?: StatsSeries;
}

/** What figures are told apart by. */
export interface GroupQuery extends RunFilter {
  by: StatsGrouping;
}

/** Which kinds of failures are shown: those seen in the range. */
export interface FailureKindQuery extends RunFilter {
  /** At most 200. Default 20. */
  limit?: number;
}

/** Which two versions of an agent are set side by side. */
export interface CompareQuery extends RunFilter {
  agent_id: string;
  a: string;
  b: string;
}
