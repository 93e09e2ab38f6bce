import { describe, expect, it } from 'vitest';
import { nestSteps, stepDepths, type StepNode } from './nest-steps.ts';
import { testStep } from './testing.ts';

const step = (seq: number, metadata: Record<string, unknown>) =>
  testStep(seq, [seq, seq + 1], { metadata });
const span = (span_id: string, parent_span_id?: string) => ({ otel: { span_id, parent_span_id } });
const shape = (nodes: readonly StepNode[]): unknown[] =>
  nodes.map((node) => [node.step.seq, shape(node.children)]);

describe('nested steps', () => {
  it('lie below the span that began them, in their order', () => {
    const steps = [
      step(0, span('a')),
      step(1, span('b', 'a')),
      step(2, span('c', 'b')),
      step(3, span('d', 'a')),
      step(4, { parent_step_id: 'step-3' }),
    ];
    const nodes = nestSteps(steps);
    expect(shape(nodes)).toEqual([
      [
        0,
        [
          [1, [[2, []]]],
          [3, [[4, []]]],
        ],
      ],
    ]);
    expect(stepDepths(nodes).get('step-2')).toBe(2);
  });

  it('stand at the top when their parent is unknown', () => {
    expect(shape(nestSteps([step(0, span('a', 'gone')), step(1, {})]))).toEqual([
      [0, []],
      [1, []],
    ]);
  });

  it('all stay when parents form a circle', () => {
    const nodes = nestSteps([
      step(0, span('a', 'b')),
      step(1, span('b', 'a')),
      step(2, span('c', 'c')),
    ]);
    expect(stepDepths(nodes).size).toBe(3);
  });

  it('do not outgrow the page when thousands lie in each other', () => {
    const steps = Array.from({ length: 5_000 }, (_, seq) =>
      step(seq, span(`${seq}`, `${seq - 1}`)),
    );
    const depths = stepDepths(nestSteps(steps));
    expect(depths.size).toBe(5_000);
    expect(Math.max(...depths.values())).toBeLessThan(300);
  });
});
