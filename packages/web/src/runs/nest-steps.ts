import type { FullStep } from '@cairn/protocol';

/** A step with those that ran inside of it. */
export interface StepNode {
  readonly step: FullStep;
  readonly depth: number;
  readonly children: readonly StepNode[];
}

/**
 * Puts steps below those that they say they belong to: by the parent span of a trace, or by `metadata.parent_step_id`. Who names no
 * parent, an unknown one or itself by a circle stands at the top. Order stays.
 */
export function nestSteps(steps: readonly FullStep[]): readonly StepNode[] {
  const by_name = new Map<string, FullStep>();
  for (const step of steps) {
    by_name.set(step.step_id, step);
    const span = spanOf(step, 'span_id');
    if (span !== null) by_name.set(span, step);
  }
  const parents = new Map<FullStep, FullStep>();
  for (const step of steps) {
    const parent = by_name.get(parentName(step) ?? '');
    if (parent !== undefined && !leadsTo(parent, step, parents)) parents.set(step, parent);
  }
  const below = Map.groupBy(steps, (step) => parents.get(step) ?? null);
  const build = (parent: FullStep | null, depth: number): StepNode[] =>
    (below.get(parent) ?? []).map((step) => ({ step, depth, children: build(step, depth + 1) }));
  return build(null, 0);
}

/** How deep each step lies, by its id. */
export function stepDepths(nodes: readonly StepNode[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const rest = [...nodes];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    depths.set(node.step.step_id, node.depth);
    rest.push(...node.children);
  }
  return depths;
}

/** A chain of steps that is longer than this begins anew at the top, so that it does not outgrow the page. */
const DEPTH_MAX = 200;

/** Whether `step` is met on the way up from `from`, or the way is too long. */
function leadsTo(
  from: FullStep,
  step: FullStep,
  parents: ReadonlyMap<FullStep, FullStep>,
): boolean {
  let at: FullStep | undefined = from;
  for (let hops = 0; at !== undefined; hops++, at = parents.get(at)) {
    if (at === step || hops > DEPTH_MAX) return true;
  }
  return false;
}

function parentName(step: FullStep): string | null {
  const said = step.metadata['parent_step_id'];
  return typeof said === 'string' ? said : spanOf(step, 'parent_span_id');
}

function spanOf({ metadata }: FullStep, name: 'span_id' | 'parent_span_id'): string | null {
  const otel = metadata['otel'];
  if (typeof otel !== 'object' || otel === null) return null;
  const value: unknown = Reflect.get(otel, name);
  return typeof value === 'string' && value !== '' ? value : null;
}
