import type { BreadcrumbContext, BreadcrumbFull } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleMessages, conversationOf, textOf } from './assemble-conversation.ts';
import type { Step, ToolCallRecord } from './contract.ts';

/** The id of the nth breadcrumb: later ones sort later, as real ones do. */
const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

function record(n: number, schema_name: string, context: unknown): BreadcrumbContext {
  return {
    id: id(n),
    title: 'x',
    tags: [],
    schema_name,
    description: null,
    semantic_version: null,
    context,
    llm_hints: null,
    version: 1,
    // Edited long after everything else: the order of a conversation is not that of its edits.
    updated_at: '2030-01-01T00:00:00.000Z',
  };
}

const said = (n: number, content: string) => record(n, 'user.message.v1', { content });
const answer = (n: number, to: number, content: string, status = 'completed') =>
  record(n, 'agent.response.v1', { content, status, caused_by: { trigger_id: id(to) } });

const trigger = (n: number, context: unknown = { content: `question ${n}` }) =>
  record(n, 'user.message.v1', context) as BreadcrumbFull;

function assemble(
  history: BreadcrumbContext[],
  question: BreadcrumbFull,
  steps: Step[] = [],
  calls: ToolCallRecord[] = [],
) {
  return assembleMessages({ system_prompt: 'Be kind.', history, trigger: question, steps, calls });
}

const contents = (messages: ReturnType<typeof assemble>) =>
  messages.map((each) => `${each.role}: ${each.role === 'tool' ? each.tool : each.content}`);

function step(seq: number, text: string, tools: string[]): Step {
  return {
    seq,
    answer: {
      text,
      tool_calls: tools.map((name, place) => ({ id: `${seq}.${place}`, name, input: { place } })),
      finish_reason: 'tool_calls',
      usage: { input_tokens: null, output_tokens: null },
      model: 'm',
    },
  };
}

function call(step_seq: number, place: number, output: unknown, is_error: boolean | null = false) {
  return {
    request_id: id(1000 + step_seq * 10 + place),
    step_seq,
    place,
    call_id: `${step_seq}.${place}`,
    tool: `tool${place}`,
    request_breadcrumb_id: null,
    response_breadcrumb_id: null,
    output,
    is_error,
  } satisfies ToolCallRecord;
}

describe('the messages of a step', () => {
  it('are the prompt, what was said before, the question, and the steps so far with what tools said', () => {
    const messages = assemble(
      [answer(2, 1, 'Hello.'), said(1, 'Hi.')],
      trigger(3),
      [step(0, 'Let me see.', ['tool0', 'tool1']), step(1, '', ['tool0'])],
      [call(0, 0, 4), call(0, 1, 'no', true), call(1, 0, null)],
    );
    expect(contents(messages)).toEqual([
      'system: Be kind.',
      'user: Hi.',
      'assistant: Hello.',
      'user: question 3',
      'assistant: Let me see.',
      'tool: tool0',
      'tool: tool1',
      'assistant: ',
      'tool: tool0',
    ]);
    expect(messages[4]).toMatchObject({ tool_calls: [{ id: '0.0' }, { id: '0.1' }] });
    expect(messages[5]).toEqual({
      role: 'tool',
      tool_call_id: '0.0',
      tool: 'tool0',
      output: 4,
      is_error: false,
    });
    expect(messages[6]).toMatchObject({ output: 'no', is_error: true });
  });

  it('put an answer behind its question, although other messages came while it was written', () => {
    const history = [
      said(1, 'one'),
      said(2, 'two'),
      answer(4, 1, 'to one'),
      answer(5, 2, 'to two'),
    ];
    expect(contents(assemble(history, trigger(3)))).toEqual([
      'system: Be kind.',
      'user: one',
      'assistant: to one',
      'user: two',
      'assistant: to two',
      'user: question 3',
    ]);
  });

  it('leave out what came after the question, and what others answered to it', () => {
    const history = [said(1, 'one'), said(4, 'later'), answer(5, 3, 'mine'), answer(6, 4, 'x')];
    expect(contents(assemble(history, trigger(3)))).toEqual([
      'system: Be kind.',
      'user: one',
      'user: question 3',
    ]);
  });

  it('leave out failed answers and what has no words', () => {
    const history = [
      said(1, 'one'),
      answer(2, 1, 'I could not answer: it is down.', 'failed'),
      record(3, 'user.message.v1', null),
      record(4, 'user.message.v1', { content: ' ' }),
      record(5, 'user.message.v1', 'text'),
    ];
    expect(contents(assemble(history, trigger(9)))).toEqual([
      'system: Be kind.',
      'user: one',
      'user: question 9',
    ]);
  });

  it('keep an answer without a cause, or with a made-up one, where it was written', () => {
    const odd = [
      null,
      'x',
      { trigger_id: 7 },
      { trigger_id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
    ];
    const history = odd.map((caused_by, n) =>
      record(n + 1, 'agent.response.v1', { content: `${n}`, caused_by }),
    );
    expect(contents(assemble(history, trigger(9))).slice(1, -1)).toEqual([
      'assistant: 0',
      'assistant: 1',
      'assistant: 2',
      'assistant: 3',
    ]);
  });

  it.each([
    [{ task: 'x' }, '{"task":"x"}'],
    [null, 'null'],
    ['words', '"words"'],
    [{ message: 'm' }, 'm'],
  ])('show a trigger without words as JSON: %j', (context, expected) => {
    expect(contents(assemble([], trigger(1, context))).at(-1)).toBe(`user: ${expected}`);
  });

  it('shorten the long answer of a tool and say so, without half a character', () => {
    const output = { text: '😀'.repeat(60_000) };
    const last = assemble([], trigger(1), [step(0, '', ['tool0'])], [call(0, 0, output)]).at(-1);
    const shown = String(last?.role === 'tool' && last.output);
    expect(shown.length).toBeLessThan(50_100);
    expect(shown).toMatch(/shortened: the answer has 120011 characters\)$/);
    expect(shown.isWellFormed()).toBe(true);
    const short = assemble([], trigger(1), [step(0, '', ['tool0'])], [call(0, 0, [1])]).at(-1);
    expect(short).toMatchObject({ output: [1] });
  });

  it('for any history: in order, no failed answer, nothing later, and the question last before the steps', () => {
    const entry = fc.record({
      is_answer: fc.boolean(),
      to: fc.integer({ min: 1, max: 30 }),
      is_failed: fc.boolean(),
      shuffle: fc.nat(),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 30 }),
        fc.integer({ min: 1, max: 31 }),
        (entries, at) => {
          const history = entries.map(({ is_answer, to, is_failed }, n) =>
            is_answer
              ? answer(n + 1, Math.min(to, n + 1), `${n + 1}`, is_failed ? 'failed' : 'completed')
              : said(n + 1, `${n + 1}`),
          );
          const shuffleOf = (each: BreadcrumbContext) =>
            entries[history.indexOf(each)]?.shuffle ?? 0;
          const messages = assemble(
            // The order in which the store gives them does not matter.
            history.toSorted((a, b) => shuffleOf(a) - shuffleOf(b)),
            trigger(at),
            [step(0, 's', [])],
          );
          expect(messages[0]?.role).toBe('system');
          expect(contents(messages).slice(-2)).toEqual([`user: question ${at}`, 'assistant: s']);
          const between = messages.slice(1, -2);
          const numbers = between.map((each) => Number(each.role === 'tool' ? 0 : each.content));
          const questions = numbers.filter((_, index) => between[index]?.role === 'user');
          expect(questions).toEqual(questions.toSorted((a, b) => a - b));
          for (const [index, number] of numbers.entries()) {
            const { is_answer, to, is_failed } = entries[number - 1] ?? {
              is_answer: false,
              to: 0,
              is_failed: false,
            };
            expect(is_answer && is_failed).toBe(false);
            // What is answered stands somewhere before its answer, or is not shown at all.
            const has_question = is_answer && to < number && numbers.includes(to);
            expect(has_question ? numbers.indexOf(to) : -1).toBeLessThan(index);
            expect(is_answer ? 0 : number).toBeLessThan(at);
          }
          const expected = history.filter(({ id: own, context }) => {
            const { status, caused_by } = context as {
              status?: string;
              caused_by?: { trigger_id: string };
            };
            const place = caused_by && caused_by.trigger_id < own ? caused_by.trigger_id : own;
            return status !== 'failed' && place < id(at);
          });
          expect(numbers.toSorted((a, b) => a - b)).toEqual(
            expected
              .map(({ context }) => Number((context as { content: string }).content))
              .toSorted((a, b) => a - b),
          );
        },
      ),
    );
  });
});

describe('the conversation of a message', () => {
  it.each([
    ['its tag', ['a', 'session:c1'], { conversation_id: 'c2' }, 'c1'],
    ['the first of several tags', ['session:c1', 'session:c2'], null, 'c1'],
    ['its context', ['a'], { conversation_id: 'c2' }, 'c2'],
    ['its context where the tag is empty', ['session:'], { conversation_id: 'c2' }, 'c2'],
    ['its own id', ['a'], { conversation_id: '' }, 'own'],
    ['its own id where the context is no text', ['a'], { conversation_id: 7 }, 'own'],
    ['its own id where there is no object', [], 'text', 'own'],
    ['its own id where there is null', [], null, 'own'],
    ['the longest name that fits a tag', [], { conversation_id: 'x'.repeat(247) }, 'x'.repeat(247)],
    ['its own id where the name fits no tag', [], { conversation_id: 'x'.repeat(248) }, 'own'],
  ])('is named by %s', (_name, tags, context, expected) => {
    expect(conversationOf('own', tags, context)).toBe(expected);
  });
});

describe('the words of a message', () => {
  it.each([
    [{ content: 'a', message: 'b' }, 'a'],
    [{ content: ' ', message: 'b' }, 'b'],
    [{ content: 7, text: 'c' }, 'c'],
    [{ content: '' }, null],
    [['a'], null],
    ['a', null],
    [null, null],
    [undefined, null],
  ])('of %j are %j', (context, expected) => {
    expect(textOf(context)).toBe(expected);
  });
});
