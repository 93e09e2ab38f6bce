import { AppError, type Clock } from '../base/index.ts';
import { ModelError, type ModelGateway, type ModelMessage } from './models/index.ts';
import { isProviderName } from './models/provider-name.ts';

/** Longest time of all three roles together. */
export const RUN_MS = 180_000;
/** Runs of one process at the same time: each holds a request open and costs three model calls. */
export const RUNS_MAX = 8;
const ANSWER_TOKENS_MAX = 8_192;
/** Characters that are handed on from one role to the next. */
const HANDED_ON_CHARS = 100_000;

const PLANNER =
  'You are the first of three. Read the conversation and write the plan by which its last message is to be answered: short numbered steps, what each must produce, and what is not known. Do not carry it out.';
const EXECUTOR =
  'You are the second of three. Carry out the plan below for the conversation, step by step, and show the result of each step. Where a step cannot be done, say why and go on.';
const SUMMARIZER =
  'You are the last of three. From the plan and the work below, write the answer to the last message of the conversation, for the person who wrote it: the result first, then what it rests on. Do not mention the roles.';

/** A conversation, and the model that takes all three roles. */
export interface ThreeRolesRequest {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
}

/** What each role said. The last one's words are the answer. */
export interface ThreeRolesAnswer {
  readonly agent1_plan: string;
  readonly agent2_execution: string;
  readonly agent3_summary: string;
  readonly final_answer: string;
}

/**
 * Answers a conversation in three steps of one model: it plans, carries out the plan, and sums up. Nothing is stored and
 * no tool is called; it is for clients that want one answer to one request.
 */
export class ThreeRoles {
  readonly #models: ModelGateway;
  readonly #clock: Clock;
  #running = 0;

  constructor(ports: { models: ModelGateway; clock: Clock }) {
    this.#models = ports.models;
    this.#clock = ports.clock;
  }

  /**
   * Runs the three roles, for three minutes at most, or until `signal` aborts.
   * @throws AppError validation_failed for a model that cannot be called as asked, upstream_failed when the model or its
   * provider fails, unavailable when too many runs are under way
   */
  async run(request: ThreeRolesRequest, signal: AbortSignal): Promise<ThreeRolesAnswer> {
    if (this.#running >= RUNS_MAX)
      throw new AppError(
        'unavailable',
        `${RUNS_MAX} runs are under way in this process; try again in a moment`,
      );
    this.#running++;
    const late = new AbortController();
    const cancel = this.#clock.after(RUN_MS, () => late.abort());
    try {
      return await this.#take(request, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      throw late.signal.aborted ? tooLate() : explain(error);
    } finally {
      cancel();
      this.#running--;
    }
  }

  async #take(
    { model, messages }: ThreeRolesRequest,
    signal: AbortSignal,
  ): Promise<ThreeRolesAnswer> {
    const say = async (name: string, role: string, instructions: string): Promise<string> => {
      const system: ModelMessage = { role: 'system', content: instructions };
      const { text, finish_reason } = await this.#models.call({
        model: name,
        messages: [system, ...messages],
        tools: [],
        max_tokens: ANSWER_TOKENS_MAX,
        signal,
      });
      if (text.trim() !== '') return text;
      throw new AppError(
        'upstream_failed',
        `the model gave the ${role} no text (${finish_reason})`,
      );
    };
    const { name, value } = await firstConfigured(namesOf(model), (each) =>
      say(each, 'planner', PLANNER),
    );
    const plan = `\n\nThe plan:\n${value.slice(0, HANDED_ON_CHARS)}`;
    const agent2_execution = await say(name, 'executor', `${EXECUTOR}${plan}`);
    const work = `\n\nThe work:\n${agent2_execution.slice(0, HANDED_ON_CHARS)}`;
    const agent3_summary = await say(name, 'summarizer', `${SUMMARIZER}${plan}${work}`);
    return { agent1_plan: value, agent2_execution, agent3_summary, final_answer: agent3_summary };
  }
}

/** The first of the names that this server has the settings for: to find out, nothing is sent. */
async function firstConfigured<T>(
  [name, ...others]: readonly [string, ...string[]],
  call: (name: string) => Promise<T>,
): Promise<{ name: string; value: T }> {
  try {
    return { name, value: await call(name) };
  } catch (error) {
    const [next] = others;
    if (!isNotConfigured(error) || next === undefined) throw error;
    return firstConfigured([next], call).catch((second: unknown) => {
      // Of two that are not configured, the first is what was asked for.
      throw isNotConfigured(second) ? error : second;
    });
  }
}

/**
 * The names to try, in order. Clients of the original name models as OpenRouter does, `vendor/model`, which is how we
 * name those of a provider's own.
 */
function namesOf(model: string): [string, ...string[]] {
  const [vendor = ''] = model.split('/', 1);
  if (vendor === model) return [model];
  if (!isProviderName(vendor)) return [`openrouter/${model}`];
  return vendor === 'openrouter' ? [model] : [model, `openrouter/${model}`];
}

function isNotConfigured(error: unknown): boolean {
  return error instanceof ModelError && error.error_class === 'not_configured';
}

function tooLate(): AppError {
  return new AppError(
    'upstream_failed',
    `the model took longer than ${RUN_MS / 1_000} seconds for the three roles`,
  );
}

function explain(error: unknown): unknown {
  if (!(error instanceof ModelError)) return error;
  const is_ours = error.error_class === 'invalid_request' || error.error_class === 'not_configured';
  if (!is_ours) return new AppError('upstream_failed', error.message, {}, error);
  const errors = [{ path: 'model', message: error.message }];
  return new AppError('validation_failed', error.message, { errors }, error);
}
