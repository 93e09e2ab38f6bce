import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEMO_RULES } from './demo-rules.ts';

const read = (text: string) => {
  const rule = DEMO_RULES.find((each) => each.read(text) !== null);
  return rule ? { tool: rule.tool, input: rule.read(text) } : null;
};
const ruleFor = (tool: string) => {
  const rule = DEMO_RULES.find((each) => each.tool === tool);
  if (!rule) throw new Error(`no rule for ${tool}`);
  return rule;
};

describe('what the stand-in understands', () => {
  it.each([
    ['what is 17% of 2340?', 'calculator', { expression: '(17 / 100) * 2340' }],
    ['what time is it', 'current_time', {}],
    ['What time is it in Tokyo?', 'current_time', { timezone: 'Asia/Tokyo' }],
    ["what's the time in New York right now?", 'current_time', { timezone: 'America/New_York' }],
    ['what is the date in utc', 'current_time', { timezone: 'UTC' }],
    ['what time is it in Atlantis', 'current_time', {}],
    ['roll a die', 'random', { min: 1, max: 6 }],
    ['Roll two dice', 'random', { min: 1, max: 6, count: 2 }],
    ['roll a d20!', 'random', { min: 1, max: 20 }],
    ['a random number between 10 and 1', 'random', { min: 1, max: 10 }],
    ['give me a random number', 'random', { min: 1, max: 100 }],
    ['echo hello there', 'echo', { message: 'hello there' }],
    ['echo what is 2 + 2?', 'echo', { message: 'what is 2 + 2?' }],
    [
      'remember that 2 + 2 is 4',
      'breadcrumb_create',
      {
        title: '2 + 2 is 4',
        context: { content: '2 + 2 is 4' },
        tags: ['note'],
        schema_name: 'note.v1',
      },
    ],
    [
      'Note: milk',
      'breadcrumb_create',
      { title: 'milk', context: { content: 'milk' }, tags: ['note'], schema_name: 'note.v1' },
    ],
    ['search for invoices', 'breadcrumb_search', { query: 'invoices' }],
    ['find my notes about the demo.', 'breadcrumb_search', { query: 'the demo' }],
    ['search', 'breadcrumb_search', {}],
  ])('reads %j', (text, tool, input) => {
    expect(read(text)).toEqual({ tool, input });
  });

  it.each([
    'hello',
    'who are you?',
    'notable people',
    'searching',
    'how much time does it take',
    '',
  ])('leaves %j alone', (text) => {
    expect(read(text)).toBeNull();
  });

  it('reads the example that it gives of each rule', () => {
    for (const rule of DEMO_RULES) expect(read(rule.example)?.tool).toBe(rule.tool);
  });
});

describe('how the stand-in puts results', () => {
  it.each([
    [
      'calculator',
      'what is 17% of 2340?',
      { expression: '(17 / 100) * 2340' },
      { result: 397.8, expression: '' },
      '17% of 2340 is 397.8.',
    ],
    [
      'calculator',
      'square root of 2',
      { expression: 'sqrt(2)' },
      { result: Math.SQRT2 },
      'Square root of 2 is 1.41421356237.',
    ],
    [
      'calculator',
      'other',
      { expression: '2 ^ 60' },
      { result: '1152921504606846976' },
      '2 ^ 60 is 1152921504606846976.',
    ],
    [
      'current_time',
      '',
      { timezone: 'Asia/Tokyo' },
      { local: 'Monday, 09:00', iso: 'x' },
      'In Asia/Tokyo it is Monday, 09:00.',
    ],
    [
      'current_time',
      '',
      {},
      { local: 'Monday, 00:00 (UTC+00:00)', timezone: 'UTC' },
      'It is Monday, 00:00 (UTC+00:00).',
    ],
    ['random', 'roll two dice', { min: 1, max: 6 }, { values: [4, 1] }, 'You rolled 4, 1.'],
    [
      'random',
      'random number',
      { min: 1, max: 9 },
      { values: [7] },
      'A random number between 1 and 9: 7.',
    ],
    ['echo', 'echo hi', { message: 'hi' }, { message: 'hi' }, 'The echo came back: hi'],
    [
      'breadcrumb_create',
      '',
      { title: 'milk' },
      { id: 'abc', version: 1 },
      'Noted: milk. It is breadcrumb abc.',
    ],
    ['breadcrumb_search', '', { query: 'x' }, { breadcrumbs: [] }, 'I found nothing for "x".'],
    [
      'breadcrumb_search',
      '',
      {},
      { breadcrumbs: [{ title: 'One' }, { title: 'Two' }] },
      'I found 2 breadcrumbs: One, Two.',
    ],
  ])('%s on %j', (tool, text, input, output, said) => {
    expect(ruleFor(tool).say({ text, input, output })).toBe(said);
  });

  it('never throws, whatever a tool gives back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DEMO_RULES),
        fc.string(),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        (rule, text, input, output) => {
          expect(rule.say({ text, input, output })).toMatch(/\S/);
        },
      ),
    );
  });
});
