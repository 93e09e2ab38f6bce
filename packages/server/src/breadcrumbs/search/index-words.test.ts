import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openEmptyDatabase } from '../../db/testing.ts';
import { indexWords, queryWords } from './index-words.ts';

const record = (given: object) => ({
  id: '',
  version: 1,
  title: '',
  description: null,
  tags: [],
  context: {},
  sensitivity: 'low',
  ...given,
});

describe('the words of a record', () => {
  it('say where they stand: in the title, in description or tags, or in the context', () => {
    const words = indexWords(
      record({
        title: 'Roof repair',
        description: 'urgent',
        tags: ['workspace:north'],
        context: { text: 'the roof leaks' },
      }),
    );
    expect(words).toBe(
      "'roof':1A,7 'repair':2A 'urgent':3B 'workspac':4B 'north':5B 'the':6 'leak':8",
    );
  });

  it('are the same for cases, accents, plurals, and spellings of names in code', () => {
    const of = (title: string) => indexWords(record({ title }));
    expect(of('Invoices')).toBe(of('invoice'));
    expect(of('RÉSUMÉ')).toBe(of('resume'));
    expect(of('taskScheduler')).toBe(of('task_scheduler'));
  });

  it('are pairs of signs where words have no spaces', () => {
    expect(indexWords(record({ title: '天気予報' }))).toBe("'天気':1A '気予':2A '予報':3A");
    expect(queryWords('天気')).toEqual(["'天気'"]);
  });

  it('are taken by PostgreSQL, whatever the text', async () => {
    const db = await openEmptyDatabase();
    const text = fc.array(fc.oneof(fc.nat(0x2ff), fc.nat(0x10ffff)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, async (points) => {
        const title = String.fromCodePoint(...points);
        const words = queryWords(title);
        const { rows } = await db.query<{ is_found: boolean | null }>({
          text: 'select $1::tsvector @@ $2::tsquery as is_found',
          values: [indexWords(record({ title })), words.join(' & ')],
        });
        expect(rows).toEqual([{ is_found: words.length > 0 }]);
      }),
      { numRuns: 100 },
    );
    const long = indexWords(record({ title: 'a b '.repeat(20_000) }));
    expect((await db.query({ text: 'select $1::tsvector', values: [long] })).count).toBe(1);
  });
});

describe('the words of a query', () => {
  it('leave out what every record has, unless there is nothing else', () => {
    expect(queryWords('How do I reset the password?')).toEqual(["'reset'", "'password'"]);
    expect(queryWords('to be or not to be')).toEqual(["'to'", "'be'", "'or'", "'not'"]);
  });

  it('take signs that mean something to a database for nothing', () => {
    expect(queryWords("AT&T & 'x' | !(y) <-> b:*")).toEqual(["'t'", "'x'", "'b'"]);
  });

  it('are at most 24', () => {
    const text = Array.from({ length: 100 }, (_, n) => `word${n}`).join(' ');
    expect(queryWords(text)).toHaveLength(24);
  });
});
