import { LIMITS, type ToolErrorClass } from '@cairn/protocol';
import { AppError, whyNotStorable } from '../../base/index.ts';
import type { Handle } from '../../db/index.ts';
import { OutboundError } from '../../http/index.ts';
import {
  ToolInputError,
  type AnyBuiltin,
  type BuiltinTool,
  type DurableContext,
  type DurableStep,
  type DurableTool,
  type ToolContext,
} from './contract.ts';
import { describeMismatch } from './describe-mismatch.ts';

/** Bytes of an answer as JSON: half a body, so that it can be stored with all that goes with it. */
const OUTPUT_BYTES_MAX = LIMITS.body_bytes / 2;

export type BuiltinResult =
  | { status: 'success'; output: unknown }
  | {
      status: 'error';
      /** A sentence for the model and the user; never a stack. */
      error: string;
      /** For programs: which kind of fault it is. */
      error_class: ToolErrorClass;
      /** What was thrown, when the fault is ours: for the log alone. */
      cause?: unknown;
    };

/**
 * Runs a built-in tool: checks the input, executes, checks the output. Never throws, and settles when
 * `context.signal` aborts even if the tool does not.
 * No input at all counts as `{}`, and `null` in an optional field as absent, because models send both.
 */
export async function runBuiltinTool(
  tool: BuiltinTool,
  input: unknown,
  context: ToolContext,
): Promise<BuiltinResult> {
  try {
    const given = readInput(tool, input);
    context.signal.throwIfAborted();
    const output = await untilAborted(tool.execute(given, context), context.signal);
    return checkOutput(tool, output);
  } catch (thrown) {
    return explain(tool, thrown, context.signal);
  }
}

export type DurableResult =
  | (BuiltinResult & { readonly commit?: (tx: Handle) => Promise<void> })
  | Extract<DurableStep, { type: 'wait' }>;

/** As `runBuiltinTool` for a tool that may have to wait. */
export async function advanceDurableTool(
  tool: DurableTool,
  input: unknown,
  context: DurableContext,
): Promise<DurableResult> {
  try {
    const given = readInput(tool, input);
    context.signal.throwIfAborted();
    const step = await untilAborted(tool.advance(given, context), context.signal);
    if (step.type === 'wait') return step;
    const result: BuiltinResult =
      step.type === 'answer'
        ? checkOutput(tool, step.output)
        : { status: 'error', error: step.error, error_class: 'tool_error' };
    return { ...result, ...(step.commit ? { commit: step.commit } : {}) };
  } catch (thrown) {
    return explain(tool, thrown, context.signal);
  }
}

/** @throws ToolInputError when it is not what the tool takes. */
function readInput(tool: AnyBuiltin, input: unknown): unknown {
  const given = withoutNulls(tool, input ?? {});
  const fault = whyNotStorable(given) ?? describeMismatch(tool.input_schema, given, 'input');
  if (fault) throw new ToolInputError(`The input of ${tool.name} is not valid: ${fault}.`);
  return given;
}

function withoutNulls(tool: AnyBuiltin, input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const schema: { required?: readonly string[]; properties?: object } = tool.input_schema;
  const isAbsent = ([key, value]: [string, unknown]) =>
    value === null &&
    Object.hasOwn(schema.properties ?? {}, key) &&
    !(schema.required ?? []).includes(key);
  return Object.fromEntries(Object.entries(input).filter((entry) => !isAbsent(entry)));
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = () => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  return promise;
}

function checkOutput(tool: AnyBuiltin, output: unknown): BuiltinResult {
  const fault = whyNotStorable(output) ?? describeMismatch(tool.output_schema, output, 'output');
  if (fault) {
    const error = `${tool.name} failed: its answer was not as promised.`;
    const cause = new Error(`${tool.name}: ${fault}`);
    return { status: 'error', error, error_class: 'invalid_output', cause };
  }
  const bytes = Buffer.byteLength(JSON.stringify(output));
  if (bytes > OUTPUT_BYTES_MAX) {
    const error = `The answer of ${tool.name} is too long (${bytes} bytes of ${OUTPUT_BYTES_MAX}); ask for less.`;
    return { status: 'error', error, error_class: 'output_too_large' };
  }
  return { status: 'success', output };
}

/** Only errors that were written for the caller are shown; of any other, the caller learns that it happened. */
function explain(tool: AnyBuiltin, thrown: unknown, signal: AbortSignal): BuiltinResult {
  if (thrown instanceof ToolInputError)
    return { status: 'error', error: thrown.message, error_class: thrown.error_class };
  if (thrown instanceof OutboundError) {
    const error = `${tool.name} could not reach the address: ${thrown.message}.`;
    return { status: 'error', error, error_class: OUTBOUND_CLASSES[thrown.fault] };
  }
  if (thrown instanceof AppError && thrown.status < 500) {
    const error_class = thrown.code === 'forbidden' ? 'forbidden' : 'invalid_input';
    return { status: 'error', error: `${tool.name} was refused: ${thrown.message}`, error_class };
  }
  if (signal.aborted) {
    const isLate = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    const why = isLate ? 'it took too long' : 'the run was stopped';
    const error_class = isLate ? 'timeout' : 'stopped';
    return { status: 'error', error: `${tool.name} did not answer: ${why}.`, error_class };
  }
  const error = `${tool.name} failed for a reason of ours, not of the input; the server's log says more.`;
  return { status: 'error', error, error_class: 'internal', cause: thrown };
}

/** What a request to the outside came to, as a class of the tool that made it. */
const OUTBOUND_CLASSES: Readonly<Record<OutboundError['fault'], ToolErrorClass>> = {
  bad_url: 'invalid_input',
  private_address: 'forbidden',
  name_not_found: 'unavailable',
  timeout: 'timeout',
  aborted: 'stopped',
  failed: 'unavailable',
};
