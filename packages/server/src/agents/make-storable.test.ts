import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNotStorable } from '../base/index.ts';
import { storableAnswer, whyNotStorableCall } from './make-storable.ts';
import type { ModelAnswer } from './models/index.ts';

const answer = (more: Partial<ModelAnswer>): ModelAnswer => ({
  text: '',
  tool_calls: [],
  finish_reason: 'stop',
  usage: { input_tokens: null, output_tokens: null },
  model: 'm',
  ...more,
});

describe('an answer made storable', () => {
  it('is the same when it was storable', () => {
    const good = answer({
      text: 'Hello 😀',
      tool_calls: [{ id: '1', name: 'echo', input: { a: [1, null] } }],
      provider_turn: { model: 'm', messages: [{ role: 'assistant' }] },
    });
    expect(storableAnswer(good)).toEqual(good);
    expect(whyNotStorableCall({ id: '1', name: 'echo', input: { a: 1 } })).toBeNull();
  });

  it('keeps a call whose arguments cannot be stored, with the reason in their place', () => {
    const deep = JSON.parse('['.repeat(100) + ']'.repeat(100));
    for (const input of [{ a: '\0' }, { a: '\u{D800}' }, deep, { a: Infinity }]) {
      const [call] = storableAnswer(
        answer({ tool_calls: [{ id: '1', name: 'x', input }] }),
      ).tool_calls;
      expect(call && whyNotStorableCall(call)).toMatch(/^the arguments cannot be used: /);
    }
  });

  it('takes no arguments for an empty object', () => {
    const calls = [undefined, null].map((input) => ({ id: '1', name: 'x', input }));
    const { tool_calls } = storableAnswer(answer({ tool_calls: calls }));
    expect(tool_calls.map(({ input }) => input)).toEqual([{}, {}]);
  });

  it('is storable whatever the model said', () => {
    const text = fc.string({ unit: 'binary' });
    const any = fc.record({
      text,
      model: text,
      tool_calls: fc.array(
        fc.record({ id: text, name: text, input: fc.anything({ maxDepth: 2 }) }),
        {
          maxLength: 3,
        },
      ),
    });
    fc.assert(
      fc.property(any, (said) => {
        const { text: words, model, tool_calls } = storableAnswer(answer(said));
        expect(
          whyNotStorable([words, model, tool_calls.map(({ id, name }) => [id, name])]),
        ).toBeNull();
        expect(tool_calls.map(({ input }) => whyNotStorable(input))).toEqual(
          tool_calls.map(() => null),
        );
      }),
    );
  });
});
