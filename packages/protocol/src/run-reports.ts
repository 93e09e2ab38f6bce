import type { DecisionCreate, FailureCreate, RunCreate, SignalCreate, StepCreate } from './runs.ts';

/** These fields of what was read may be left out of what is sent. */
type Loose<T, Names extends keyof T> = Omit<T, Names> & Partial<Pick<T, Names>>;

/** How a run that is reported can have ended. */
type EndStatus = Exclude<RunCreate['status'], 'running'>;

/** A step as it is reported. Without a `step_id` it gets one by its `seq`. */
export type StepReport = Loose<StepCreate, 'step_id' | 'metadata'>;

/** A failure as it is reported. */
export type FailureReport = Loose<FailureCreate, 'step_id'>;

/** A decision as it is reported. Candidates are kept in its metadata. */
export type DecisionReport = Loose<
  DecisionCreate,
  'decision_id' | 'step_id' | 'confidence' | 'metadata'
> & { readonly candidates?: readonly string[] | null };

/** A quality signal as it is reported. */
export type SignalReport = Loose<SignalCreate, 'signal_id' | 'step_id' | 'weight' | 'metadata'>;

/** Body of `POST /v1/runs/start`. The environment is `production` when it is absent. */
export type RunStart = Loose<
  Pick<
    RunCreate,
    | 'run_id'
    | 'agent_id'
    | 'agent_version'
    | 'environment'
    | 'started_at'
    | 'metadata'
    | 'parent_run_id'
    | 'breadcrumb_id'
    | 'conversation_id'
  >,
  'run_id' | 'environment'
>;

/** Body of `POST /v1/runs/:id/steps`: decisions and signals have ids here, by which a repeat is known. */
export interface RunAdditions {
  readonly steps?: readonly StepReport[];
  readonly decisions?: readonly (DecisionReport & Pick<DecisionCreate, 'decision_id'>)[];
  readonly quality_signals?: readonly (SignalReport & Pick<SignalCreate, 'signal_id'>)[];
}

/** Body of `POST /v1/runs/:id/end`. A run that failed has a failure. */
export interface RunEndReport {
  readonly status: EndStatus;
  /** RFC 3339; absent or null means now. */
  readonly ended_at?: string | null;
  readonly failure?: FailureReport | null;
}

/** Body of `POST /v1/runs`: a whole run. The `seq` of its steps are exactly 0 to n-1. A run that failed has a failure. */
export interface RunReport extends RunStart {
  readonly status: EndStatus;
  readonly ended_at?: string | null;
  readonly steps?: readonly StepReport[];
  readonly failure?: FailureReport | null;
  readonly decisions?: readonly DecisionReport[] | null;
  readonly quality_signals?: readonly SignalReport[] | null;
}
