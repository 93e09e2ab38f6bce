import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step, ToolCallRecord } from './contract.ts';
import { detectRepetition } from './detect-repetition.ts';

interface Done {
  readonly tool: string;
  readonly input: unknown;
  readonly output: unknown;
}

const done = (tool: string, input: unknown = {}, output: unknown = 'same'): Done => ({
  tool,
  input,
  output,
});

/** A run whose steps each made these calls side by side. */
function record(each: readonly (readonly Done[])[]): [Step[], ToolCallRecord[]] {
  const steps = each.map((calls, seq): Step => ({
    seq,
    answer: {
      text: '',
      tool_calls: calls.map(({ tool, input }, n) => ({ id: `${n}`, name: tool, input })),
      finish_reason: 'tool_calls',
      usage: { input_tokens: null, output_tokens: null },
      model: 'm',
    },
  }));
  const calls = each.flatMap((own, step_seq) =>
    own.map(({ tool, output }, place): ToolCallRecord => ({
      step_seq,
      place,
      tool,
      output,
      request_id: `${step_seq}-${place}`,
      call_id: `${place}`,
      request_breadcrumb_id: null,
      response_breadcrumb_id: null,
      is_error: false,
    })),
  );
  return [steps, calls];
}

const timesOf = (each: readonly (readonly Done[])[]) => detectRepetition(...record(each))?.times;
const [a, b, c, d] = [done('a'), done('b'), done('c'), done('d')] as const;

describe('detectRepetition', () => {
  it('counts the same call with the same output, and nothing below three', () => {
    expect(timesOf([[a], [a]])).toBeUndefined();
    expect(timesOf([[a], [a], [a]])).toBe(3);
    expect(timesOf([[b], [a], [a], [a], [a], [a]])).toBe(5);
  });

  it('does not mind the order of keys, and minds everything else', () => {
    const keys = [done('a', { x: 1, y: 2 }), done('a', { y: 2, x: 1 }), done('a', { x: 1, y: 2 })];
    expect(timesOf(keys.map((each) => [each]))).toBe(3);
    expect(timesOf([[a], [a], [done('a', { n: 1 })]])).toBeUndefined();
    expect(timesOf([[a], [a], [done('a', {}, 'new')]])).toBeUndefined();
    expect(timesOf([[a], [a], [done('z')]])).toBeUndefined();
  });

  it('finds cycles of two and three, and of steps with many calls side by side', () => {
    expect(timesOf([[a], [b], [a], [b], [a], [b]])).toBe(3);
    expect(timesOf([[d], [a], [b], [c], [a], [b], [c], [a], [b], [c]])).toBe(3);
    expect(
      timesOf([
        [a, b, c, d],
        [a, b, c, d],
        [a, b, c, d],
      ]),
    ).toBe(3);
    expect(timesOf([[a, a, a]])).toBe(3);
    expect(timesOf([[a], [b], [c], [d], [a], [b], [c], [d], [a], [b], [c], [d]])).toBeUndefined();
  });

  it('is over as soon as something new comes of a call', () => {
    expect(timesOf([[a], [a], [a], [a], [b]])).toBeUndefined();
  });

  it('says where it began and which tools it is about', () => {
    const found = detectRepetition(...record([[d], [a], [b], [a], [b], [a], [b]]));
    expect(found).toEqual({ times: 3, since_seq: 1, tools: ['a', 'b'] });
  });

  it('never finds one where every output is new', () => {
    const names = fc.array(fc.constantFrom('a', 'b'), { maxLength: 40 });
    fc.assert(
      fc.property(names, (tools) => {
        expect(timesOf(tools.map((tool, n) => [done(tool, {}, n)]))).toBeUndefined();
      }),
    );
  });

  it('finds every block of up to three that was done three times or more', () => {
    const block = fc.array(fc.constantFrom(a, b, c), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(block, fc.integer({ min: 3, max: 5 }), (own, times) => {
        const all = Array.from({ length: times }, () => own).flat();
        expect(timesOf(all.map((each) => [each]))).toBeGreaterThanOrEqual(times);
      }),
    );
  });
});
