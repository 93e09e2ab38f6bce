import { stepsReferredTo } from './interpolate.ts';

/** A step as it is asked for. */
export interface WorkflowStep {
  readonly id: string;
  readonly tool: string;
  readonly input?: unknown;
  readonly dependencies?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly output_mapping?: Readonly<Record<string, string>>;
  readonly outputMapping?: Readonly<Record<string, string>>;
  readonly timeout_s?: number;
}

/** A step with what must have ended before it begins: what it says, and what its input refers to. */
export interface PlannedStep {
  readonly step: WorkflowStep;
  readonly place: number;
  readonly needs: ReadonlySet<string>;
}

/** The steps in an order in which each can begin after those before it, or a sentence that says why there is none. */
export function planWorkflow(steps: readonly WorkflowStep[]): PlannedStep[] | string {
  const ids = new Set(steps.map(({ id }) => id));
  if (ids.size < steps.length) return 'two steps have the same id';
  const planned = steps.map((step, place): PlannedStep => {
    const said = [...(step.dependencies ?? []), ...(step.depends_on ?? [])];
    return { step, place, needs: new Set([...said, ...stepsReferredTo(step.input, ids)]) };
  });
  for (const { step, needs } of planned) {
    const unknown = [...needs].find((each) => !ids.has(each));
    if (unknown !== undefined) return `the step ${step.id} depends on ${unknown}, which is no step`;
  }
  const ordered: PlannedStep[] = [];
  const placed = new Set<string>();
  for (let left = planned; left.length > 0;) {
    const ready = left.filter(({ needs }) => [...needs].every((each) => placed.has(each)));
    if (ready.length === 0)
      return `the steps ${left.map(({ step }) => step.id).join(', ')} wait for each other`;
    for (const each of ready) placed.add(each.step.id);
    ordered.push(...ready);
    left = left.filter((each) => !ready.includes(each));
  }
  return ordered;
}
