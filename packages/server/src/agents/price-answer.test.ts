import { describe, expect, it } from 'vitest';
import type { ModelAnswer } from './models/index.ts';
import { costOf, readPrices, withCost } from './price-answer.ts';

const answer = (usage: object): ModelAnswer => ({
  text: '',
  tool_calls: [],
  finish_reason: 'stop',
  model: 'x-2026',
  usage: { input_tokens: 1_000, output_tokens: 100, ...usage },
});
const prices = readPrices('openai/x=2/10@2026-01-01, openai/x=1/5@2026-06-01,openai/y=0/0');
const cost = (usage: object, model = 'openai/x', day = '2026-03-01') =>
  costOf(withCost(answer(usage), { model, at_ms: Date.parse(day), prices }));

describe('what an answer cost', () => {
  it('is what the provider told, before any price', () => {
    expect(cost({ cost_usd: 0.5 })).toBe(0.5);
    expect(cost({ cost_usd: 0 })).toBe(0);
  });

  it('is by the price that held on the day', () => {
    expect(cost({})).toBeCloseTo(0.003);
    expect(cost({}, 'openai/x', '2026-06-01')).toBeCloseTo(0.0015);
    expect(cost({}, 'openai/x', '2025-12-31')).toBeNull();
    expect(cost({}, 'openai/y')).toBe(0);
  });

  it('is not known without a price, or without the tokens', () => {
    expect(cost({}, 'openai/z')).toBeNull();
    expect(cost({ input_tokens: null })).toBeNull();
    expect(cost({ cost_usd: Number.NaN }, 'openai/z')).toBeNull();
  });
});

describe('prices', () => {
  it.each(['x', 'openai/x=1', 'openai/x=1/a', 'openai/x=1/2@soon', 'openai/x=-1/2'])(
    'are refused when they are %j',
    (text) => {
      expect(() => readPrices(text)).toThrow('expected provider/model=input/output@date');
    },
  );

  it('may be none', () => {
    expect(readPrices('')).toEqual([]);
  });
});
