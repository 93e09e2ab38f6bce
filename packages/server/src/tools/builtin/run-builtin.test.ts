import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../base/index.ts';
import { ToolInputError, type BuiltinTool } from './contract.ts';
import { runBuiltinTool } from './run-builtin.ts';
import { testingContext } from './testing-context.ts';

function toolThat(execute: BuiltinTool['execute']): BuiltinTool {
  return {
    name: 'probe',
    description: 'A probe.',
    input_schema: Type.Object(
      {
        size: Type.Optional(Type.Integer({ minimum: 1 })),
        unit: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')])),
        anything: Type.Optional(Type.Unknown()),
      },
      { additionalProperties: false },
    ),
    output_schema: Type.Object({ text: Type.String() }),
    execute,
  };
}

const run = (execute: BuiltinTool['execute'], input: unknown = {}) =>
  runBuiltinTool(toolThat(execute), input, testingContext());

describe('input', () => {
  it('reaches the tool as it came, without the nulls of optional fields', async () => {
    const seen: unknown[] = [];
    const execute = async (input: unknown) => {
      seen.push(input);
      return { text: '' };
    };
    await run(execute, { size: 3, unit: null, anything: { kept: null } });
    await run(execute, undefined);
    await run(execute, null);
    expect(seen).toEqual([{ size: 3, anything: { kept: null } }, {}, {}]);
  });

  it('that does not fit never reaches the tool; each field is named, with what was expected and what came', async () => {
    const execute = () => Promise.reject(new Error('was called'));
    expect(await run(execute, { size: 'three', unit: 'c', more: 1 })).toEqual({
      status: 'error',
      error_class: 'invalid_input',
      error:
        'The input of probe is not valid: input has no field "more"; ' +
        'input.size must be a whole number; the text "three" came; ' +
        'input.unit must be "a" or "b"; the text "c" came (the fields are size, unit, anything).',
    });
  });

  it('that is long is not repeated whole', async () => {
    const result = await run(async () => ({ text: '' }), { size: 'x'.repeat(100_000) });
    expect(result.status).toBe('error');
    expect(JSON.stringify(result).length).toBeLessThan(400);
  });

  it('with a great many faults is answered in short', async () => {
    const input = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, 1]));
    const result = await run(async () => ({ text: '' }), input);
    expect(result.status).toBe('error');
    expect(JSON.stringify(result).length).toBeLessThan(1_000);
  });
});

describe('a tool that fails', () => {
  it('by ToolInputError shows its message', async () => {
    const result = await run(() => Promise.reject(new ToolInputError('Give a size.')));
    expect(result).toEqual({
      status: 'error',
      error: 'Give a size.',
      error_class: 'invalid_input',
    });
  });

  it('by a refusal of the platform shows why', async () => {
    const result = await run(() => Promise.reject(new AppError('not_found', 'No such record.')));
    expect(result).toMatchObject({
      error: 'probe was refused: No such record.',
      error_class: 'invalid_input',
    });
  });

  const fault = "probe failed for a reason of ours, not of the input; the server's log says more.";

  it.each([
    ['an error', new Error('password=hunter2 at /srv/x.ts')],
    ['a fault of the server', new AppError('internal_error', 'relation "x" does not exist')],
    ['text', 'text'],
    ['nothing', undefined],
    ['null', null],
    ['an object', { code: 1 }],
  ])(
    'by throwing %s says that it is not the caller, and keeps the cause for the log',
    async (_, thrown) => {
      const later = await run(async () => {
        await Promise.resolve();
        throw thrown as Error;
      });
      expect(later).toEqual({
        status: 'error',
        error: fault,
        error_class: 'internal',
        cause: thrown,
      });
      const atOnce = await run(() => {
        throw thrown as Error;
      });
      expect(atOnce).toEqual({
        status: 'error',
        error: fault,
        error_class: 'internal',
        cause: thrown,
      });
    },
  );
});

describe('output', () => {
  it.each([
    ['of another form', { text: 5 }],
    ['that is nothing', undefined],
    ['with a NUL', { text: '\0' }],
    ['with half a character', { text: '\uD800' }],
  ])('%s is not passed on', async (_, output) => {
    expect(await run(async () => output)).toMatchObject({
      status: 'error',
      error: 'probe failed: its answer was not as promised.',
      cause: expect.any(Error),
    });
  });

  it('of a circle ends as an error and not in a hang', async () => {
    const circle: Record<string, unknown> = { text: 'x' };
    circle.self = circle;
    expect(await run(async () => circle)).toMatchObject({ status: 'error' });
  });

  it('that could not be stored for its size is refused with what to do', async () => {
    const result = await run(async () => ({ text: 'x'.repeat(600_000) }));
    expect(result).toEqual({
      status: 'error',
      error: 'The answer of probe is too long (600011 bytes of 524288); ask for less.',
      error_class: 'output_too_large',
    });
  });
});

describe('a tool that never answers', () => {
  const never = () => new Promise<never>(() => {});

  it('is left when the run is stopped', async () => {
    const stop = new AbortController();
    const context = testingContext({ signal: stop.signal });
    const result = runBuiltinTool(toolThat(never), {}, context);
    stop.abort();
    expect(await result).toEqual({
      status: 'error',
      error: 'probe did not answer: the run was stopped.',
      error_class: 'stopped',
    });
  });

  it('is told as too slow when its time is up', async () => {
    const stop = new AbortController();
    const context = testingContext({ signal: stop.signal });
    const result = runBuiltinTool(toolThat(never), {}, context);
    stop.abort(new DOMException('The time is up', 'TimeoutError'));
    expect(await result).toEqual({
      status: 'error',
      error: 'probe did not answer: it took too long.',
      error_class: 'timeout',
    });
  });

  it('may fail after it was left without harm', async () => {
    const stop = new AbortController();
    const work = Promise.withResolvers<never>();
    const result = runBuiltinTool(
      toolThat(() => work.promise),
      {},
      testingContext({ signal: stop.signal }),
    );
    stop.abort();
    work.reject(new Error('late'));
    expect(await result).toMatchObject({ status: 'error' });
  });
});
