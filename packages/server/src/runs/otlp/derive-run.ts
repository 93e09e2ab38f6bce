import { type FailureCreate, type RunStatus, type StepCreate, type Usage } from '@cairn/protocol';
import { type SpanRole } from './classify-span.ts';
import { addFigure, FIGURE_NAMES, type Figures, NO_FIGURES } from './read-usage.ts';
import { readFacts, type StepFacts } from './step-facts.ts';

/** What of a stored step the run is derived from. Times are RFC 3339 in UTC. */
export type DerivableStep = Pick<StepCreate, 'step_id' | 'started_at' | 'ended_at' | 'metadata'> & {
  readonly model?: string | null;
  readonly provider?: string | null;
};

/** What the steps of a trace say together about their run. */
export interface DerivedRun {
  readonly agent_id: string;
  readonly agent_version: string;
  readonly environment: string;
  /** `running` until the root has ended. */
  readonly status: RunStatus;
  readonly started_at: string;
  readonly ended_at: string | null;
  /** Whether the root has arrived: a span without a parent, or else the topmost agent or span called from elsewhere. */
  readonly is_root_ended: boolean;
  readonly conversation_id: string | null;
  /** The figures of the whole run, each token counted once however many spans repeat it. */
  readonly usage: Usage;
  /** Where the failure of a failed run began: the deepest failed spans below its root. */
  readonly failures: readonly FailureCreate[];
  /** The ids of all steps in their order: by start, then by span id. The place is the `seq`. */
  readonly order: readonly string[];
}

const FAILURES_MAX = 20;

interface Node {
  readonly step: DerivableStep;
  readonly facts: StepFacts;
  readonly key: string;
  readonly children: Node[];
  up: Node | null;
  visited: boolean;
  /** Figures of what is below: within the same call, and behind a tool or another agent. */
  inside: Figures;
  behind: Figures;
}

/**
 * Derives a run from all steps of its trace that have arrived, in any order. It depends on the set of steps only, so that
 * deriving again when late spans come gives what all at once would have given. With `is_complete` no more spans are
 * expected, as when nothing was heard for long: a run without a root is then `partial` and ended with its last span.
 * Throws a `RangeError` for no steps.
 */
export function deriveRun(steps: readonly DerivableStep[], is_complete = false): DerivedRun {
  const nodes = steps.map(nodeOf).toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const [first] = nodes;
  if (!first) throw new RangeError('A run needs at least one step.');
  const top_down = arrange(nodes);
  const tops = top_down.filter(({ up }) => up === null);
  const root = findRoot(tops, is_complete);
  const agent = top_down.find(({ facts }) => facts.role === 'agent') ?? null;
  const failed = [root, agent].find((node) => node?.facts.failure) ?? null;
  const naming = nameAgent(top_down, agent, root ?? first);
  const last = nodes.reduce((a, b) =>
    timeKey(b.step.ended_at) > timeKey(a.step.ended_at) ? b : a,
  );
  return {
    ...naming,
    status: root === null ? (is_complete ? 'partial' : 'running') : failed ? 'failure' : 'success',
    started_at: first.step.started_at,
    ended_at: root === null && !is_complete ? null : last.step.ended_at,
    is_root_ended: root !== null,
    conversation_id:
      top_down.find(({ facts }) => facts.conversation_id !== null)?.facts.conversation_id ?? null,
    usage: sumUsage(nodes, top_down, tops),
    failures: root === null || failed === null ? [] : findOrigins(failed),
    order: nodes.map(({ step }) => step.step_id),
  };
}

function nodeOf(step: DerivableStep): Node {
  const facts = readFacts(step.metadata) ?? UNKNOWN;
  return {
    step,
    facts,
    key: `${timeKey(step.started_at)} ${facts.span_id} ${step.step_id}`,
    children: [],
    up: null,
    visited: false,
    inside: NO_FIGURES,
    behind: NO_FIGURES,
  };
}

/** Of a step that was not a span: it belongs to nothing and names nobody. */
const UNKNOWN: StepFacts = {
  span_id: '',
  parent_span_id: '-',
  is_parent_remote: null,
  role: 'other',
  failure: null,
  figures: NO_FIGURES,
  agent_id: null,
  agent_version: null,
  service_name: null,
  service_version: null,
  environment: null,
  conversation_id: null,
};

/** Times of different precision in an order that text has. */
function timeKey(time: string): string {
  const [seconds = '', fraction = ''] = time.replace(/(?:Z|\+00:00)$/, '').split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}

/** Builds the tree and gives its nodes from the top down, level by level; spans that are their own ancestors become tops. */
function arrange(nodes: readonly Node[]): Node[] {
  const by_span = new Map<string, Node>();
  for (const node of nodes) if (node.facts.span_id !== '') by_span.set(node.facts.span_id, node);
  const parentOf = (node: Node) => by_span.get(node.facts.parent_span_id ?? '') ?? null;
  const below = new Map<Node, Node[]>();
  for (const node of nodes) {
    const parent = parentOf(node);
    const siblings = parent && below.get(parent);
    if (siblings) siblings.push(node);
    else if (parent) below.set(parent, [node]);
  }
  const order: Node[] = [];
  const walk = (top: Node) => {
    top.visited = true;
    order.push(top);
    for (let at = order.length - 1; at < order.length; at++) {
      const node = order[at];
      if (!node) break;
      for (const child of below.get(node) ?? []) {
        if (child.visited) continue;
        child.visited = true;
        child.up = node;
        node.children.push(child);
        order.push(child);
      }
    }
  };
  for (const node of nodes) if (parentOf(node) === null) walk(node);
  for (const node of nodes) if (!node.visited) walk(node);
  return order;
}

/**
 * The span whose end is the end of the run, when it has arrived. An agent whose parent is said to be in its own process
 * waits for that parent, unless no more is expected.
 */
function findRoot(tops: readonly Node[], is_complete: boolean): Node | null {
  const isAgent = ({ facts }: Node) => facts.role === 'agent';
  return (
    tops.find(({ facts }) => facts.parent_span_id === null) ??
    tops.find((node) => isAgent(node) && (is_complete || node.facts.is_parent_remote !== false)) ??
    tops.find(({ facts }) => facts.is_parent_remote === true) ??
    null
  );
}

/** Who ran: the topmost agent, else whoever a span names, else the service. */
function nameAgent(
  top_down: readonly Node[],
  agent: Node | null,
  root: Node,
): Pick<DerivedRun, 'agent_id' | 'agent_version' | 'environment'> {
  const named =
    agent?.facts.agent_id != null ? agent : top_down.find(({ facts }) => facts.agent_id !== null);
  const from = [agent, named, root, ...top_down].filter((node) => node != null);
  const first = (name: 'service_name' | 'service_version' | 'environment' | 'agent_version') =>
    from.find(({ facts }) => facts[name] !== null)?.facts[name] ?? null;
  return {
    agent_id: named?.facts.agent_id ?? first('service_name') ?? 'unknown',
    agent_version:
      named?.facts.agent_version ??
      agent?.facts.agent_version ??
      first('service_version') ??
      'unknown',
    environment: first('environment') ?? 'production',
  };
}

/** What stands between a call and what happens because of it: the figures behind are not those of the call. */
const BOUNDARIES: ReadonlySet<SpanRole> = new Set(['tool', 'agent']);

/**
 * Adds up figures from the bottom. A model call counts for itself, unless spans within it (another instrumentation's span
 * of the same call) report the figure too; then those do. Any other span's figure is a repetition as soon as something
 * below reports it.
 */
function sumUsage(nodes: readonly Node[], top_down: readonly Node[], tops: readonly Node[]): Usage {
  for (const node of top_down.toReversed()) settle(node);
  const totals = { ...NO_FIGURES };
  for (const node of tops)
    for (const name of FIGURE_NAMES) {
      totals[name] = addFigure(totals[name], addFigure(node.inside[name], node.behind[name]));
    }
  const call = nodes.find(({ step, facts }) => facts.role === 'model' && step.model != null);
  return { model: call?.step.model ?? null, provider: call?.step.provider ?? null, ...totals };
}

function settle(node: Node): void {
  const inside = { ...NO_FIGURES };
  const behind = { ...NO_FIGURES };
  const counts_itself = node.facts.role === 'model';
  for (const name of FIGURE_NAMES) {
    for (const child of node.children) {
      const [within, beyond] = [child.inside[name], child.behind[name]];
      if (BOUNDARIES.has(child.facts.role)) {
        behind[name] = addFigure(behind[name], addFigure(within, beyond));
      } else {
        inside[name] = addFigure(inside[name], within);
        behind[name] = addFigure(behind[name], beyond);
      }
    }
    if (inside[name] === null && (counts_itself || behind[name] === null))
      inside[name] = node.facts.figures[name];
  }
  node.inside = inside;
  node.behind = behind;
}

/** The failed spans below a failed one, along failed ones only, that have no failed one below themselves. */
function findOrigins(top: Node): FailureCreate[] {
  const origins: FailureCreate[] = [];
  const open = [top];
  for (let node = open.shift(); node; node = open.shift()) {
    const below = node.children.filter(({ facts }) => facts.failure !== null);
    open.push(...below);
    const { failure } = node.facts;
    if (below.length === 0 && failure && origins.length < FAILURES_MAX)
      origins.push({ step_id: node.step.step_id, ...failure });
  }
  return origins;
}
