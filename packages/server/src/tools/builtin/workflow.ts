/* oxlint-disable no-template-curly-in-string -- the places of a workflow are written so */
import { Type, type Static } from 'typebox';
import { interpolate, InterpolationError, read } from '../workflow/interpolate.ts';
import { planWorkflow, type PlannedStep } from '../workflow/plan-workflow.ts';
import {
  ToolInputError,
  type BegunStep,
  type DurableContext,
  type DurableStep,
  type DurableTool,
  type SettledSteps,
  type StepConsent,
  type StepToBegin,
  type StepTool,
} from './contract.ts';

const STEPS_MAX = 50;
/** The longest time that a step may have; one with a tool that waits has it when it says no other. */
const TIMEOUT_S_MAX = 86_400;

const Mapping = Type.Record(Type.String(), Type.String({ maxLength: 300 }), { maxProperties: 50 });
const Ids = Type.Array(Type.String({ maxLength: 100 }), { maxItems: STEPS_MAX });

const Step = Type.Object(
  {
    id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' }),
    tool: Type.String({ minLength: 1, maxLength: 200 }),
    input: Type.Optional(Type.Unknown()),
    dependencies: Type.Optional(Ids),
    depends_on: Type.Optional(Ids),
    /** Field of the step's result: path in what its tool answered. */
    output_mapping: Type.Optional(Mapping),
    outputMapping: Type.Optional(Mapping),
    timeout_s: Type.Optional(Type.Number({ minimum: 0.1, maximum: TIMEOUT_S_MAX })),
  },
  { additionalProperties: false },
);

const input_schema = Type.Object(
  {
    steps: Type.Array(Step, {
      minItems: 1,
      maxItems: STEPS_MAX,
      description:
        'Each has an id, a tool, and its input; depends_on names steps that must end before it. Steps that wait for nothing run at the same time. In an input, ${id.path} stands for what step id answered.',
    }),
    returnStep: Type.Optional(
      Type.String({ maxLength: 100, description: 'Answer with the result of this step alone.' }),
    ),
    continueOnError: Type.Optional(
      Type.Boolean({
        description: 'Go on with what does not depend on a failed step; false when absent.',
      }),
    ),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  results: Type.Record(Type.String(), Type.Unknown(), {
    description: 'What each step came to, by its id; none with returnStep.',
  }),
  result: Type.Optional(Type.Unknown({ description: 'Of returnStep.' })),
  errors: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'Why steps failed, by their ids.' }),
  ),
  executionOrder: Type.Array(Type.String(), {
    description: 'The steps in the order in which they began.',
  }),
});

type Input = Static<typeof input_schema>;
type Output = Static<typeof output_schema>;

/**
 * Runs other tools in an order. Each step is a request of its own; what has begun and what it came to stands in rows, so
 * that whoever goes on after a crash knows it.
 */
export const workflow: DurableTool<Input, Output> = {
  name: 'workflow',
  description:
    'Runs several tools, one after the other or at the same time, and hands what one answers to the next. Use it when you know all the steps beforehand. ' +
    'Example: {"steps": [{"id": "a", "tool": "calculator", "input": {"expression": "6*7"}}, {"id": "b", "tool": "echo", "input": {"message": "${a.result}"}}], "returnStep": "b"}.',
  input_schema,
  output_schema,
  async advance(input, context) {
    const plan = planWorkflow(input.steps);
    if (typeof plan === 'string') throw new ToolInputError(`The workflow cannot be run: ${plan}.`);
    if (input.returnStep !== undefined && !plan.some(({ step }) => step.id === input.returnStep))
      throw new ToolInputError(`returnStep names ${input.returnStep}, which is no step.`);
    const begun = await context.workflows.begun(context.request.id);
    return new Progress(input, plan, begun, context).next();
  },
};

/** Where a workflow stands, and what is to be done next. */
class Progress {
  readonly #input: Input;
  readonly #plan: readonly PlannedStep[];
  readonly #begun: readonly BegunStep[];
  readonly #context: DurableContext;
  readonly #results = new Map<string, unknown>();
  readonly #errors = new Map<string, string>();
  /** Milliseconds until each step that is under way is looked at again. */
  readonly #waits: number[] = [];
  readonly #given: SettledSteps['given'][number][] = [];
  readonly #refused: SettledSteps['refused'][number][] = [];

  constructor(
    input: Input,
    plan: readonly PlannedStep[],
    begun: readonly BegunStep[],
    context: DurableContext,
  ) {
    this.#input = input;
    this.#plan = plan;
    this.#begun = begun;
    this.#context = context;
  }

  async next(): Promise<DurableStep<Output>> {
    const { workflows } = this.#context;
    const settled: SettledSteps = { given: this.#given, refused: this.#refused };
    const commit: DurableStep['commit'] = async (tx) => {
      await workflows.settle(tx, { ...settled, given: [] });
      await workflows.clear(tx);
    };
    await this.#readBegun();
    const failed = this.#firstError();
    if (failed !== null && !this.#input.continueOnError)
      return { type: 'refuse', error: failed, commit };
    const ready = await this.#prepareReady();
    const failed_now = this.#firstError();
    if (failed_now !== null && !this.#input.continueOnError)
      return { type: 'refuse', error: failed_now, commit };
    if (ready.length === 0 && this.#waits.length === 0) return this.#answer(commit);
    const waits = [
      ...this.#waits,
      ...ready.map(({ timeout_ms, consent_ms }) => consent_ms ?? timeout_ms),
    ];
    // A little later than the first deadline, so that it is past then.
    const for_ms = Math.max(0, Math.min(...waits)) + 10;
    return {
      type: 'wait',
      for_ms,
      commit: async (tx) => {
        await workflows.settle(tx, settled);
        await workflows.begin(tx, ready);
      },
    };
  }

  async #readBegun(): Promise<void> {
    const { workflows } = this.#context;
    for (const begun of this.#begun) {
      const { step_id, state, output, error, left_ms, consent } = begun;
      if (state === 'failed') this.#errors.set(step_id, error ?? 'it failed');
      else if (state === 'running' && consent) await this.#readConsent(begun, consent);
      else if (state === 'running' && left_ms <= 0) this.#errors.set(step_id, 'it took too long');
      else if (state === 'running') this.#waits.push(left_ms);
      else this.#keep(step_id, await workflows.readOutput(output));
    }
  }

  async #readConsent({ step_id, place }: BegunStep, consent: StepConsent): Promise<void> {
    if (consent.state === 'waiting') {
      this.#waits.push(consent.left_ms);
      return;
    }
    const step = this.#plan.find((each) => each.step.id === step_id)?.step;
    // What was allowed when it was asked for need not be any more.
    const tool = step && (await this.#context.workflows.look(step.tool));
    const is_other = consent.state === 'given' && step && step.tool !== consent.tool;
    const refusal = consent.state === 'refused' ? consent.reason : tool?.refusal;
    if (consent.state === 'given' && step && !is_other && tool?.refusal === null) {
      const timeout_ms = timeoutOf(step, tool);
      const { input } = consent;
      this.#given.push({ step_id, place, tool: step.tool, input, timeout_ms });
      this.#waits.push(timeout_ms);
      return;
    }
    const reason = is_other
      ? 'its tool was changed after a person had been asked'
      : (refusal ?? 'it is no step any more');
    this.#refused.push({ step_id, reason });
    this.#errors.set(step_id, reason);
  }

  #keep(step_id: string, output: unknown): void {
    const step = this.#plan.find((each) => each.step.id === step_id)?.step;
    const mapping = step?.output_mapping ?? step?.outputMapping;
    try {
      this.#results.set(step_id, mapping ? applyMapping(mapping, output) : output);
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      this.#errors.set(step_id, error.message);
    }
  }

  /** The steps that can begin now, with the values in their inputs. One that refers to nothing fails here. */
  async #prepareReady(): Promise<StepToBegin[]> {
    const has_begun = new Set(this.#begun.map(({ step_id }) => step_id));
    const ready: StepToBegin[] = [];
    for (const { step, place, needs } of this.#plan) {
      if (has_begun.has(step.id) || this.#errors.has(step.id)) continue;
      const failed = [...needs].find((each) => this.#errors.has(each));
      if (failed !== undefined)
        this.#errors.set(step.id, `it was left out, since ${failed} failed`);
      else if ([...needs].every((each) => this.#results.has(each))) {
        const tool = await this.#context.workflows.look(step.tool);
        if (tool.refusal !== null) this.#errors.set(step.id, tool.refusal);
        else this.#prepare({ step, place, needs }, tool, ready);
      }
    }
    return ready;
  }

  #prepare({ step, place }: PlannedStep, tool: Usable, ready: StepToBegin[]): void {
    const { id: step_id, tool: name } = step;
    const { consent_ms } = tool;
    try {
      const input = interpolate(step.input ?? {}, this.#results);
      const timeout_ms = timeoutOf(step, tool);
      ready.push({ step_id, place, tool: name, input, timeout_ms, consent_ms });
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      this.#errors.set(step.id, error.message);
    }
  }

  #firstError(): string | null {
    const failed = this.#plan.find(({ step }) => this.#errors.has(step.id))?.step.id;
    return failed === undefined
      ? null
      : `The step ${failed} failed: ${this.#errors.get(failed) ?? ''}`
          .slice(0, 2_000)
          .toWellFormed();
  }

  #answer(commit: NonNullable<DurableStep['commit']>): DurableStep<Output> {
    const { returnStep } = this.#input;
    const began = this.#begun.toSorted((a, b) => a.place - b.place).map(({ step_id }) => step_id);
    const order = this.#plan.map(({ step }) => step.id).filter((id) => began.includes(id));
    if (returnStep !== undefined && this.#errors.has(returnStep)) {
      const error = `The step ${returnStep} failed: ${this.#errors.get(returnStep) ?? ''}`;
      return { type: 'refuse', error, commit };
    }
    const shown = returnStep === undefined ? this.#results : [];
    const output: Output = {
      results: Object.fromEntries(shown),
      ...(returnStep === undefined ? {} : { result: this.#results.get(returnStep) ?? null }),
      ...(this.#errors.size > 0 ? { errors: Object.fromEntries(this.#errors) } : {}),
      executionOrder: order,
    };
    return { type: 'answer', output, commit };
  }
}

type Usable = Extract<StepTool, { refusal: null }>;

/** Milliseconds that a step has once it is sent: what it says, else what its tool allows itself. */
function timeoutOf({ timeout_s }: PlannedStep['step'], { limit_ms }: Usable): number {
  if (timeout_s !== undefined) return timeout_s * 1_000;
  return limit_ms ?? TIMEOUT_S_MAX * 1_000;
}

function applyMapping(mapping: Readonly<Record<string, string>>, output: unknown): unknown {
  const outputs = new Map([['output', output]]);
  return Object.fromEntries(
    Object.entries(mapping).map(([name, path]) => {
      const place = path.startsWith('[') || path === '' ? `output${path}` : `output.${path}`;
      return [name, read(place, outputs)];
    }),
  );
}
