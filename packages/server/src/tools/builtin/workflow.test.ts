/* oxlint-disable no-template-curly-in-string -- the places of a workflow are written so */
import { describe, expect, it } from 'vitest';
import type { SettledSteps } from './contract.ts';
import { memoryWorkflows, runToEnd, testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';
import { workflow } from './workflow.ts';

const step = (id: string, input: unknown = {}, more: object = {}) => ({
  id,
  tool: 'echo',
  input,
  ...more,
});

toolConformance(workflow, {
  valid: [
    { steps: [step('a')] },
    { steps: [step('a', { n: [1] }), step('b', '${a.n[0]}')], returnStep: 'b' },
    {
      steps: [step('a', 1), step('b', 2, { depends_on: ['a'], timeout_s: 5 })],
      continueOnError: true,
    },
  ],
  invalid: [
    { input: { steps: [] }, message: /at least 1 item/ },
    { input: { steps: [step('a'), step('a')] }, message: /same id/ },
    {
      input: { steps: [step('a', {}, { depends_on: ['b'] })] },
      message: /depends on b, which is no step/,
    },
    {
      input: { steps: [step('a', '${b}'), step('b', '${a}')] },
      message: /a, b wait for each other/,
    },
    { input: { steps: [step('a', '${a.x}')] }, message: /wait for each other/ },
    { input: { steps: [step('a')], returnStep: 'b' }, message: /which is no step/ },
    { input: { steps: [step('a b')] }, message: /must be text that matches/ },
  ],
});

describe('a workflow', () => {
  const run = (input: object, workflows = memoryWorkflows()) =>
    runToEnd(workflow, input, testingContext(), workflows);

  it('begins at once what waits for nothing, and level by level what waits', async () => {
    const levels: string[][] = [];
    const memory = memoryWorkflows();
    const workflows = {
      ...memory,
      begin: (...[tx, ready]: Parameters<typeof memory.begin>) => {
        levels.push(ready.map(({ step_id }) => step_id));
        return memory.begin(tx, ready);
      },
    };
    const steps = [
      step('d', ['${b}', '${c}']),
      step('b', '${a}'),
      step('c', 1, { dependencies: ['a'] }),
      step('a', 7),
      step('e'),
    ];
    expect(await run({ steps }, workflows)).toMatchObject({
      output: {
        results: { a: 7, b: 7, c: 1, d: [7, 1], e: {} },
        executionOrder: ['a', 'e', 'b', 'c', 'd'],
      },
    });
    expect(levels).toEqual([['a', 'e'], ['b', 'c'], ['d']]);
  });

  it('does not look for places in what a step answered', async () => {
    const steps = [
      step('a', 'x'),
      step('b', 'say ${c.secret}'),
      step('c', { secret: 1 }),
      step('d', '${e}'),
      step('e', 'y'),
    ];
    const workflows = memoryWorkflows((_, input) => (input === 'y' ? '${c.secret} {{a}}' : input));
    expect(await run({ steps, returnStep: 'd' }, workflows)).toMatchObject({
      output: { result: '${c.secret} {{a}}' },
    });
  });

  it('takes of an answer what its mapping names', async () => {
    const output_mapping = { first: 'items[0].name', all: 'items' };
    const steps = [
      step('a', { items: [{ name: 'x' }] }, { output_mapping }),
      step('b', '${a.first}'),
    ];
    expect(await run({ steps, returnStep: 'b' })).toMatchObject({ output: { result: 'x' } });
  });

  it('sends nothing for a consent to another tool than the step has now', async () => {
    const memory = memoryWorkflows();
    const consent = { state: 'given' as const, tool: 'send', input: { to: 'Ann' } };
    const begun = async () =>
      [{ step_id: 'a', place: 0, state: 'running' as const, output: null, error: null }].map(
        (each) => ({ ...each, left_ms: 60_000, consent }),
      );
    const settled: SettledSteps[] = [];
    const settle = async (_tx: unknown, steps: SettledSteps) => void settled.push(steps);
    expect(await run({ steps: [step('a')] }, { ...memory, begun, settle })).toMatchObject({
      error: 'The step a failed: its tool was changed after a person had been asked',
    });
    expect(settled).toMatchObject([{ given: [], refused: [{ step_id: 'a' }] }]);
  });

  describe('with a step that fails', () => {
    const failing = () => {
      const memory = memoryWorkflows();
      const begun = async () =>
        (await memory.begun('')).map((each) =>
          each.step_id === 'bad' ? { ...each, state: 'failed' as const, error: 'no luck' } : each,
        );
      return { ...memory, begun };
    };
    const steps = [step('bad'), step('good', 1), step('next', '${bad.x}'), step('last', '${good}')];

    it('ends with it', async () => {
      expect(await run({ steps }, failing())).toEqual({
        status: 'error',
        error: 'The step bad failed: no luck',
        error_class: 'tool_error',
      });
    });

    it('goes on, when it is to, with what does not depend on it', async () => {
      expect(await run({ steps, continueOnError: true }, failing())).toMatchObject({
        output: {
          results: { good: 1, last: 1 },
          errors: { bad: 'no luck', next: 'it was left out, since bad failed' },
        },
      });
    });

    it('that refers to what is not there says so', async () => {
      expect(
        await run({ steps: [step('a', {}), step('b', '${a.constructor.name}')] }),
      ).toMatchObject({
        status: 'error',
        error: expect.stringMatching(/The step b failed: a\.constructor\.name is not there/),
      });
    });

    it('for its time', async () => {
      const memory = memoryWorkflows();
      const begun = async () =>
        (await memory.begun('')).map((each) => ({
          ...each,
          state: 'running' as const,
          left_ms: 0,
        }));
      expect(await run({ steps: [step('a')] }, { ...memory, begun })).toMatchObject({
        error: 'The step a failed: it took too long',
      });
    });

    it('for its tool, which the agent may not use', async () => {
      const look = async () => ({ refusal: 'it may not' });
      const workflows = { ...memoryWorkflows(), look };
      expect(await run({ steps: [step('a')] }, workflows)).toMatchObject({
        error: expect.stringMatching(/it may not/),
      });
    });
  });
});
