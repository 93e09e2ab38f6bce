import { describe, expect, it } from 'vitest';
import { answerToolSearch, namesFound, narrowTools, searchTools } from './search-tools.ts';

const tool = (name: string, description = 'Does something.') => ({ name, description });
const TOOLS = [
  tool('github__create_issue', 'Opens a new issue in a repository.'),
  tool('github__list_issues', 'Lists the issues of a repository.'),
  tool('mail__send', 'Sends a message to somebody.'),
  tool('calendar__createEvent', 'Puts an appointment into a calendar.'),
  ...Array.from({ length: 60 }, (_, n) => tool(`other__t${n}`)),
];
const names = (tools: readonly { name: string }[]) => tools.map(({ name }) => name);

describe('a search for tools', () => {
  it('puts first what shares most and rare words with the query, names before descriptions', () => {
    expect(names(searchTools(TOOLS, 'create an issue'))).toEqual([
      'github__create_issue',
      'calendar__createEvent',
      'github__list_issues',
    ]);
    expect(names(searchTools(TOOLS, 'event'))).toEqual(['calendar__createEvent']);
    expect(names(searchTools(TOOLS, 'repositories'))).toEqual([]);
    expect(names(searchTools(TOOLS, 'SENDING mail'))[0]).toBe('mail__send');
  });

  it('finds a tool by its whole name before all others', () => {
    expect(names(searchTools(TOOLS, 'other__t7'))[0]).toBe('other__t7');
  });

  it('finds nothing for words that nothing has, and for none', () => {
    expect(searchTools(TOOLS, 'zebra')).toEqual([]);
    expect(searchTools(TOOLS, ' ,; ')).toEqual([]);
  });
});

describe('the tools that an agent is offered', () => {
  const few = { found: [], always: new Set<string>(), offered_max: 100 };

  it('are all while they are few', () => {
    expect(narrowTools(TOOLS, few)).toEqual({ tools: TOOLS, is_searched: false });
  });

  it('are those that searches of the run found, the newest first, and no more than the limit', () => {
    const outputs = [
      answerToolSearch(TOOLS, { query: 'send mail' }),
      answerToolSearch(TOOLS, { query: 'create issue' }),
    ];
    const found = namesFound(JSON.parse(JSON.stringify(outputs)));
    const offered = narrowTools(TOOLS, { found, always: new Set(['other__t1']), offered_max: 4 });
    expect(offered.is_searched).toBe(true);
    expect(names(offered.tools)).toHaveLength(4);
    expect(names(offered.tools)).toContain('github__create_issue');
    const roomy = narrowTools(TOOLS, { found, always: new Set(['other__t1']), offered_max: 20 });
    expect(names(roomy.tools)).toEqual(expect.arrayContaining(['mail__send', 'other__t1']));
  });

  it('leave out what is not there any more, and survive answers that are none', () => {
    const found = namesFound([
      null,
      'x',
      { tools: 7 },
      { tools: [null, { name: 1 }, { name: 'gone' }] },
    ]);
    expect(found).toEqual(['gone']);
    expect(narrowTools(TOOLS, { ...few, found, offered_max: 3 }).tools).toEqual([]);
    expect(answerToolSearch(TOOLS, null).tools).toEqual([]);
  });
});
