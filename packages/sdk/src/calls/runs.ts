import type {
  AgentOverview,
  Comparison,
  DecisionsSummary,
  FailureGroup,
  FullRun,
  FullStep,
  LatencyStats,
  ListedDecision,
  ListedSignal,
  Run,
  RunAdditions,
  RunBatchResult,
  RunBatchResults,
  RunDecision,
  RunEndReport,
  RunFailure,
  RunPolicy,
  RunPolicyPut,
  RunProgress,
  RunReport,
  RunSignal,
  RunStart,
  RunStats,
  RunStep,
  RunSummary,
  SignalsSummary,
  StatsGroup,
  TimeSeries,
  UsageStats,
} from '@cairn/protocol';
import { flag, pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions, Page } from '../client-types.ts';
import { randomId } from '../message.ts';
import type {
  CompareQuery,
  DecisionQuery,
  FailureKindQuery,
  FullQuery,
  GroupQuery,
  PlainQuery,
  RunFilter,
  RunListQuery,
  RunPage,
  RunView,
  SignalQuery,
  SummaryQuery,
  TimeSeriesQuery,
} from './run-types.ts';

/** A run in whichever of its shapes was asked for. */
type AnyRun = Run | FullRun | RunSummary;

/**
 * Runs of agents: their lists, what they decided and how good it was, figures about many of them, and reports of runs.
 * To trace an agent while it works use `createTracer`, which queues, repeats and leaves private content out.
 *
 * @example
 * const failed = await client.runs.list({ status: 'failure', fields: 'summary', count: true });
 * for (const { run_id, failure } of failed.items) {
 *   const { usage, steps } = await client.runs.get(run_id, { view: 'full' });
 *   console.log(failure, usage.cost_usd, steps.map(({ name, latency_ms }) => `${name}: ${latency_ms} ms`));
 * }
 */
export class RunCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /**
   * One page of runs, newest first: with their lists, with `view: 'full'` also with all else, with `fields: 'summary'`
   * with counts in place of the lists.
   *
   * @example
   * const { items, total } = await client.runs.list({ agent_id: 'support', count: true });
   */
  list(query: SummaryQuery, options?: CallOptions): Promise<RunPage<RunSummary>>;
  list(query: FullQuery, options?: CallOptions): Promise<RunPage<FullRun>>;
  list(query?: PlainQuery, options?: CallOptions): Promise<RunPage<Run>>;
  list(query?: RunListQuery, options?: CallOptions): Promise<RunPage<AnyRun>>;
  list(query: RunListQuery = {}, options: CallOptions = {}): Promise<RunPage<AnyRun>> {
    return this.#page(pathTo('runs'), query, options);
  }

  /**
   * A run with its steps, failures, decisions and quality signals.
   *
   * @example
   * const { usage, end_reason } = await client.runs.get(id, { view: 'full' });
   *
   * @throws CairnError not_found; invalid_run when the id is no UUID
   */
  get(id: string, view: RunView & { view: 'full' }, options?: CallOptions): Promise<FullRun>;
  get(id: string, view?: RunView, options?: CallOptions): Promise<Run>;
  get(id: string, view: RunView = {}, options: CallOptions = {}): Promise<Run | FullRun> {
    return this.#api.get(pathTo('runs', id), options, view);
  }

  /** The steps of a run in order, all of them. @throws CairnError not_found also when it has none */
  steps(id: string, view: { view: 'full' }, options?: CallOptions): Promise<FullStep[]>;
  steps(id: string, view?: { view?: 'full' }, options?: CallOptions): Promise<RunStep[]>;
  steps(
    id: string,
    view: { view?: 'full' } = {},
    options: CallOptions = {},
  ): Promise<(RunStep | FullStep)[]> {
    return this.#api.get(pathTo('runs', id, 'steps'), options, view);
  }

  /** The failures of a run; none also when there is no such run. @throws CairnError */
  failures(id: string, options: CallOptions = {}): Promise<RunFailure[]> {
    return this.#api.get(pathTo('runs', id, 'failures'), options);
  }

  /** What a run decided; nothing also when there is no such run. @throws CairnError */
  decisions(id: string, options: CallOptions = {}): Promise<RunDecision[]> {
    return this.#api.get(pathTo('runs', id, 'decisions'), options);
  }

  /** The quality signals of a run; none also when there is no such run. @throws CairnError */
  signals(id: string, options: CallOptions = {}): Promise<RunSignal[]> {
    return this.#api.get(pathTo('runs', id, 'signals'), options);
  }

  /** One page of the runs that a run began, newest first; shown as by `list`. @throws CairnError */
  children(id: string, query: SummaryQuery, options?: CallOptions): Promise<RunPage<RunSummary>>;
  children(id: string, query: FullQuery, options?: CallOptions): Promise<RunPage<FullRun>>;
  children(id: string, query?: PlainQuery, options?: CallOptions): Promise<RunPage<Run>>;
  children(id: string, query?: RunListQuery, options?: CallOptions): Promise<RunPage<AnyRun>>;
  children(
    id: string,
    query: RunListQuery = {},
    options: CallOptions = {},
  ): Promise<RunPage<AnyRun>> {
    return this.#page(pathTo('runs', id, 'children'), query, options);
  }

  /** One page of the decisions of all runs, newest first. @throws CairnError */
  listDecisions(
    query: DecisionQuery = {},
    options: CallOptions = {},
  ): Promise<Page<ListedDecision>> {
    return this.#api.page(pathTo('decisions'), query, options);
  }

  /** Decisions counted by type, by what was selected and by reason. @throws CairnError */
  decisionsSummary(query: RunFilter = {}, options: CallOptions = {}): Promise<DecisionsSummary> {
    return this.#api.get(pathTo('decisions', 'summary'), options, query);
  }

  /** One page of the quality signals of all runs, newest first. @throws CairnError */
  listSignals(query: SignalQuery = {}, options: CallOptions = {}): Promise<Page<ListedSignal>> {
    return this.#api.page(pathTo('signals'), { ...query, value: flag(query.value) }, options);
  }

  /** Quality signals counted by type, code and value. @throws CairnError */
  signalsSummary(query: RunFilter = {}, options: CallOptions = {}): Promise<SignalsSummary> {
    return this.#api.get(pathTo('signals', 'summary'), options, query);
  }

  /** The agents that reported runs, with their versions and environments. @throws CairnError */
  agents(query: RunFilter = {}, options: CallOptions = {}): Promise<AgentOverview[]> {
    return this.#api.get(pathTo('runs', 'agents'), options, query);
  }

  /** How many runs there were, how they ended, and how long their steps took on average. @throws CairnError */
  stats(query: RunFilter = {}, options: CallOptions = {}): Promise<RunStats> {
    return this.#api.get(pathTo('stats'), options, query);
  }

  /** Percentiles of how long runs and steps took, in milliseconds. @throws CairnError */
  latency(query: RunFilter = {}, options: CallOptions = {}): Promise<LatencyStats> {
    return this.#api.get(pathTo('stats', 'latency'), options, query);
  }

  /** Tokens and cost; null where no run said any. @throws CairnError */
  usage(query: RunFilter = {}, options: CallOptions = {}): Promise<UsageStats> {
    return this.#api.get(pathTo('stats', 'usage'), options, query);
  }

  /**
   * One figure by hour or day (UTC), at most 2,000 of them.
   *
   * @example
   * const { points } = await client.runs.timeseries({ metric: 'cost_usd', bucket: 'day' });
   */
  timeseries(query: TimeSeriesQuery = {}, options: CallOptions = {}): Promise<TimeSeries> {
    return this.#api.get(pathTo('stats', 'timeseries'), options, query);
  }

  /** The figures of each agent, version or environment, most runs first; at most 1,000. @throws CairnError */
  groups(query: GroupQuery, options: CallOptions = {}): Promise<StatsGroup[]> {
    return this.#api.get(pathTo('stats', 'groups'), options, query);
  }

  /** Kinds of failures of the runs that a filter means, most frequent first. @throws CairnError */
  failureKinds(query: FailureKindQuery = {}, options: CallOptions = {}): Promise<FailureGroup[]> {
    return this.#api.get(pathTo('stats', 'failures'), options, query);
  }

  /** Two versions of an agent side by side. @throws CairnError */
  compare(query: CompareQuery, options: CallOptions = {}): Promise<Comparison> {
    return this.#api.get(pathTo('stats', 'compare'), options, query);
  }

  /**
   * Reports a whole run. One without a `run_id` is given one, so that a second try is the same report.
   *
   * @example
   * const { run_id } = await client.runs.report({
   *   agent_id: 'support', agent_version: '2.1.0', status: 'success',
   *   started_at: '2026-01-31T12:00:00Z', ended_at: '2026-01-31T12:00:02Z',
   * });
   *
   * @throws CairnError forbidden; invalid_run when it is refused; conflict when there is another run of this id
   */
  report(run: RunReport, options: CallOptions = {}): Promise<Run> {
    return this.#api.change(
      { method: 'POST', path: pathTo('runs'), body: identified(run), retry: true },
      options,
    );
  }

  /**
   * Reports up to 1,000 runs; each is stored or refused by itself. The results are in the order of the runs.
   * @throws CairnError forbidden
   */
  async reportBatch(
    runs: readonly RunReport[],
    options: CallOptions = {},
  ): Promise<RunBatchResult[]> {
    const [path, body] = [pathTo('runs', 'batch'), { runs: runs.map(identified) }];
    const { results } = await this.#api.change<RunBatchResults>(
      { method: 'POST', path, body, retry: true },
      options,
    );
    return results;
  }

  /** Begins a run that is reported in pieces. @throws CairnError as `report` */
  start(run: RunStart, options: CallOptions = {}): Promise<Run> {
    const path = pathTo('runs', 'start');
    return this.#api.change({ method: 'POST', path, body: identified(run), retry: true }, options);
  }

  /**
   * Adds to a run that goes on: steps, decisions and signals. Nothing at all only says that it goes on.
   * @throws CairnError as `report`; not_found; conflict when it has ended
   */
  addSteps(
    id: string,
    additions: RunAdditions = {},
    options: CallOptions = {},
  ): Promise<RunProgress> {
    const path = pathTo('runs', id, 'steps');
    return this.#api.change({ method: 'POST', path, body: additions, retry: true }, options);
  }

  /** Ends a run that was begun. @throws CairnError as `report`; not_found; conflict when it ended otherwise */
  end(id: string, end: RunEndReport, options: CallOptions = {}): Promise<Run> {
    const path = pathTo('runs', id, 'end');
    return this.#api.change({ method: 'POST', path, body: end, retry: true }, options);
  }

  /** What is done with private data in reports, and how long runs are kept. Curators only. @throws CairnError forbidden */
  policies(options: CallOptions = {}): Promise<RunPolicy[]> {
    return this.#api.get(pathTo('runs', 'policies'), options);
  }

  /** Replaces the policy of one environment, or of all that have none. Curators only. @throws CairnError forbidden */
  setPolicy(policy: RunPolicyPut, options: CallOptions = {}): Promise<RunPolicy> {
    const path = pathTo('runs', 'policies');
    return this.#api.change({ method: 'PUT', path, body: policy, retry: true }, options);
  }

  async #page(path: string, query: RunListQuery, options: CallOptions): Promise<RunPage<AnyRun>> {
    const { headers, ...page } = await this.#api.pageWithHeaders<AnyRun>(path, query, options);
    const total = headers.get('x-total-count');
    return {
      ...page,
      total: total === null ? null : Number(total),
      is_total_bounded: headers.get('x-total-count-is-bounded') === 'true',
      lists_cut: headers.get('lists-cut')?.split(/,\s*/) ?? [],
    };
  }
}

/** Named here, a report that is sent twice is known to be one. */
function identified<T extends { readonly run_id?: string }>(run: T): T {
  return run.run_id === undefined ? { ...run, run_id: randomId() } : run;
}
