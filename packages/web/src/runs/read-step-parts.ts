import type { FullStep } from '@cairn/protocol';

type Metadata = Readonly<Record<string, unknown>>;

/** What a step's metadata holds, in the parts that people look for. What is not there is undefined. */
export interface StepParts {
  readonly input: unknown;
  readonly output: unknown;
  readonly error: unknown;
  /** All the rest. */
  readonly metadata: Metadata;
}

/** Names of inputs, outputs and errors as tracers write them: their own, of OpenTelemetry, OpenInference and others. */
const NAMES = {
  input: [
    'input',
    'inputs',
    'arguments',
    'input.value',
    'gen_ai.input.messages',
    'gen_ai.prompt',
    'gen_ai.tool.call.arguments',
    'traceloop.entity.input',
    'ai.prompt',
    'ai.toolCall.args',
  ],
  output: [
    'output',
    'outputs',
    'result',
    'output.value',
    'gen_ai.output.messages',
    'gen_ai.completion',
    'gen_ai.tool.call.result',
    'traceloop.entity.output',
    'ai.response.text',
    'ai.toolCall.result',
  ],
  error: ['error', 'error.message', 'exception.message'],
} as const;

/** Takes a step's metadata apart. Texts that hold JSON are read as such. */
export function readStepParts({ metadata }: Pick<FullStep, 'metadata'>): StepParts {
  const rest = { ...metadata };
  const take = (kind: keyof typeof NAMES): unknown => {
    const name = NAMES[kind].find((each) => rest[each] !== undefined && rest[each] !== null);
    if (name === undefined) return undefined;
    const value = rest[name];
    delete rest[name];
    return readJson(value);
  };
  return { input: take('input'), output: take('output'), error: take('error'), metadata: rest };
}

/** Larger texts stay as they are: reading them would hold up the page. */
const JSON_CHARS = 200_000;

function readJson(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > JSON_CHARS || !/^\s*[[{]/.test(value)) {
    return value;
  }
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
