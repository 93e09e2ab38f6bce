import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelMessage, ModelTool } from '../contract.ts';
import { createModelGateway } from '../model-gateway.ts';
import { callOf, emptyConfig } from '../testing/test-config.ts';
import { decideDemoStep, NOT_AN_AI } from './decide-demo-step.ts';
import { createDemoModel } from './demo-model.ts';
import { DEMO_RULES } from './demo-rules.ts';

const gateway = createModelGateway(emptyConfig());
const tools: ModelTool[] = DEMO_RULES.map(({ tool }) => ({
  name: tool,
  description: tool,
  input_schema: { type: 'object' },
}));
const user = (content: string): ModelMessage => ({ role: 'user', content });
const ask = (messages: ModelMessage[], offered = tools, on_text?: (text: string) => void) =>
  gateway.call(
    callOf({ model: 'demo', messages, tools: offered, ...(on_text ? { on_text } : {}) }),
  );

describe('the demo model', () => {
  it('asks for a tool, and answers with its result word by word', async () => {
    const question = user('what is 17% of 2340?');
    const first = await ask([question]);
    expect(first).toMatchObject({
      text: '',
      finish_reason: 'tool_calls',
      tool_calls: [{ name: 'calculator', input: { expression: '(17 / 100) * 2340' } }],
      model: 'demo',
      usage: { input_tokens: null, output_tokens: null },
    });
    const pieces: string[] = [];
    const second = await ask(
      [
        user('what is 1 + 1?'),
        { role: 'assistant', content: 'It is 2.' },
        question,
        { role: 'assistant', content: '', tool_calls: first.tool_calls },
        {
          role: 'tool',
          tool_call_id: first.tool_calls[0]?.id ?? '',
          tool: 'calculator',
          output: { result: 397.8 },
          is_error: false,
        },
      ],
      tools,
      (text) => pieces.push(text),
    );
    expect(second).toMatchObject({
      text: `17% of 2340 is 397.8. ${NOT_AN_AI}`,
      finish_reason: 'stop',
      tool_calls: [],
    });
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join('')).toBe(second.text);
  });

  it('says that a tool failed, and why', async () => {
    const messages: ModelMessage[] = [
      user('what is 1/0?'),
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'a', name: 'calculator', input: { expression: '1/0' } }],
      },
      {
        role: 'tool',
        tool_call_id: 'a',
        tool: 'calculator',
        output: 'Division by zero has no result.',
        is_error: true,
      },
    ];
    const { text } = await ask(messages);
    expect(text).toBe(`The tool "calculator" failed: Division by zero has no result. ${NOT_AN_AI}`);
  });

  it('never asks for a tool that was not offered', async () => {
    const { text, tool_calls } = await ask([user('what is 2 + 2?')], []);
    expect(tool_calls).toEqual([]);
    expect(text).toContain('calculator');
    expect(text).toContain(NOT_AN_AI);
  });

  it('sends only fields that the tool knows', async () => {
    const input_schema = { type: 'object', properties: { title: { type: 'string' } } };
    const { tool_calls } = await ask(
      [user('note milk')],
      [{ name: 'breadcrumb_create', description: 'x', input_schema }],
    );
    expect(tool_calls).toMatchObject([{ input: { title: 'milk' } }]);
    expect(Object.keys(tool_calls[0]?.input ?? {})).toEqual(['title']);
  });

  it('says what it can do and how to get a real model', async () => {
    const { text } = await ask([user('hello')]);
    for (const name of [
      'OPENROUTER_API_KEY',
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'GOOGLE_GENERATIVE_AI_API_KEY',
      'OPENAI_COMPATIBLE_BASE_URL',
      'roll a die',
    ]) {
      expect(text).toContain(name);
    }
  });

  it('stops between two words', async () => {
    const stop = new AbortController();
    const call = callOf({ model: 'demo', signal: stop.signal, on_text: () => stop.abort() });
    await expect(gateway.call(call)).rejects.toMatchObject({ error_class: 'cancelled' });
  });

  it('never throws, and always says that it is not an AI, whatever it is told', async () => {
    const words = fc.constantFrom(
      'what',
      'is',
      '17%',
      'of',
      'echo',
      'remember',
      'time',
      'in',
      'roll',
      'random number',
      '(',
      '*',
      '12',
      'sqrt',
      '!',
      '\0',
      '\u{1F600}',
    );
    const sentence = fc.array(words, { maxLength: 12 }).map((each) => each.join(' '));
    const text = fc.oneof(sentence, fc.string({ unit: 'binary', maxLength: 300 }), fc.string());
    await fc.assert(
      fc.asyncProperty(text, fc.subarray(tools), async (content, offered) => {
        const answer = await ask([user(content)], offered);
        const called = answer.tool_calls.map((call) => call.name);
        expect(offered.map((tool) => tool.name)).toEqual(expect.arrayContaining(called));
        // Without a tool call this is the end of the turn.
        expect(called.length > 0 || answer.text.endsWith(NOT_AN_AI)).toBe(true);
        const [call] = answer.tool_calls;
        if (!call) return;
        const output = {
          role: 'tool',
          tool_call_id: call.id,
          tool: call.name,
          output: content,
          is_error: content.length % 2 === 0,
        } as const;
        const end = await ask(
          [user(content), { role: 'assistant', content: '', tool_calls: [call] }, output],
          offered,
        );
        expect(end.tool_calls).toEqual([]);
        expect(end.text.endsWith(NOT_AN_AI)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('decides about any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const step = decideDemoStep([{ role: 'user', content: [{ type: 'text', text }] }]);
        expect(step).toMatchObject({ kind: 'say', text: expect.stringContaining(NOT_AN_AI) });
      }),
      { numRuns: 1_000 },
    );
  });

  it('is quick with a very long message', async () => {
    const { text } = await ask([user('roll '.repeat(100_000))]);
    expect(text).toContain(NOT_AN_AI);
  });

  it('gives the same answer when asked for it whole', async () => {
    const result = await createDemoModel().doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
    });
    expect(result.content).toMatchObject([{ type: 'text' }]);
    expect(JSON.stringify(result.content)).toContain(NOT_AN_AI);
  });
});
