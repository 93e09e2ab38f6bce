import { whyNotStorable } from '../../base/index.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Open } from '../database.conformance.ts';

/** The first row of a statement without a table. */
async function selectRow(
  open: Open,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown> | undefined> {
  const db = await open();
  return (await db.query({ text: `select ${text}`, values })).rows[0];
}

/** JSON as clients send it, with the values that like to go wrong. */
const json = fc.oneof(
  fc.jsonValue(),
  fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 }),
  fc.constantFrom<unknown>(
    null,
    '',
    'null',
    '{}',
    '\\u0000',
    '\u2028',
    '😀',
    [],
    {},
    [null],
    { __proto__: 1 },
    { '': '' },
    1e308,
    5e-324,
    Number.MAX_SAFE_INTEGER,
    0.1 + 0.2,
  ),
);

/** The shapes in which values go in and come back. */
export function describeValues(open: Open): void {
  describe('values', () => {
    it('gives a timestamptz as RFC 3339 in UTC with milliseconds', async () => {
      const row = await selectRow(
        open,
        `timestamptz '2026-03-01 12:00:00.5+02' as a, timestamptz '2026-03-01 12:00:00+05:30' as b,
         timestamptz '1969-12-31 23:59:59.999999+00' as c, timestamptz '0001-01-01 00:00:00+00' as d,
         (timestamptz '9999-12-31 23:59:59.9999+00')::timestamptz(3) as e, timestamptz '0044-03-15 12:00:00+00 BC' as f,
         timestamptz 'infinity' as g, timestamptz '-infinity' as h, null::timestamptz as i`,
      );
      expect(row).toEqual({
        a: '2026-03-01T10:00:00.500Z',
        b: '2026-03-01T06:30:00.000Z',
        c: '1969-12-31T23:59:59.999Z',
        d: '0001-01-01T00:00:00.000Z',
        e: '+010000-01-01T00:00:00.000Z',
        f: '-000043-03-15T12:00:00.000Z',
        g: 'infinity',
        h: '-infinity',
        i: null,
      });
    });

    it('brings any time back as it went in', async () => {
      const db = await open();
      const dates = fc.date({
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      });
      await fc.assert(
        fc.asyncProperty(dates, async (date) => {
          const text = date.toISOString();
          const { rows } = await db.query({ text: 'select $1::timestamptz as t', values: [text] });
          expect(rows).toEqual([{ t: text }]);
        }),
        { numRuns: 50 },
      );
    });

    it('gives numbers for integers and floats, and text for numerics', async () => {
      const row = await selectRow(
        open,
        `1::smallint as a, -2::integer as b, 9007199254740991::bigint as c, 0.5::real as d, 1e-300::float8 as e,
         12.50::numeric as f, count(*) as g, null::bigint as h`,
      );
      expect(row).toEqual({
        a: 1,
        b: -2,
        c: 9_007_199_254_740_991,
        d: 0.5,
        e: 1e-300,
        f: '12.50',
        g: 1,
        h: null,
      });
    });

    it('gives booleans, uuids and texts as they are', async () => {
      const id = '0192f3a4-0000-7000-8000-00000000000a';
      const row = await selectRow(
        open,
        '$1::boolean as a, false as b, $2::uuid as c, $3::text as d',
        [true, id, 'é\n😀\'";--$1'],
      );
      expect(row).toEqual({ a: true, b: false, c: id, d: 'é\n😀\'";--$1' });
    });

    it('tells an empty text from null', async () => {
      const row = await selectRow(open, "$1::text as a, $2::text as b, '' as c", ['', null]);
      expect(row).toEqual({ a: '', b: null, c: '' });
    });

    it('gives parsed jsonb: null, strings, numbers, unicode', async () => {
      const row = await selectRow(
        open,
        `'null'::jsonb as a, '"null"'::jsonb as b, '"x"'::jsonb as c, '1.50'::jsonb as d,
         '{"é":["😀",{"":null}]}'::jsonb as e, null::jsonb as f, '{"a":1}'::jsonb -> 'a' as g`,
      );
      expect(row).toEqual({
        a: null,
        b: 'null',
        c: 'x',
        d: 1.5,
        e: { é: ['😀', { '': null }] },
        f: null,
        g: 1,
      });
    });

    it('brings back any JSON that is accepted', async () => {
      const db = await open();
      await db.exec('create table t (n bigint generated always as identity, j jsonb not null)');
      await fc.assert(
        fc.asyncProperty(json, async (value) => {
          fc.pre(whyNotStorable(value) === null);
          const { rows } = await db.query({
            text: 'insert into t (j) values ($1) returning j',
            values: [JSON.stringify(value)],
          });
          expect(rows).toEqual([{ j: JSON.parse(JSON.stringify(value)) as unknown }]);
        }),
        { numRuns: 200 },
      );
    });

    it('brings back a large and a deep jsonb', async () => {
      const db = await open();
      let deep: unknown = 'bottom';
      for (let level = 0; level < 64; level++) deep = level % 2 === 0 ? [deep] : { deep };
      const large = {
        list: Array.from({ length: 20_000 }, (_, n) => ({ n, text: `é${n}`.repeat(4) })),
      };
      for (const value of [deep, large, 'é'.repeat(500_000)]) {
        expect(whyNotStorable(value)).toBeNull();
        const values = [JSON.stringify(value)];
        const { rows } = await db.query({ text: 'select $1::jsonb as j', values });
        expect(rows).toEqual([{ j: value }]);
      }
    });

    it('brings back any list of texts', async () => {
      const db = await open();
      const special = fc.constantFrom(
        '',
        'null',
        'NULL',
        '{}',
        '"',
        '\\',
        ',',
        ' a ',
        'a,b',
        '\n',
        '😀',
      );
      const list = fc.array(fc.oneof(special, fc.string({ unit: 'grapheme' })));
      await fc.assert(
        fc.asyncProperty(list, async (texts) => {
          const values = [texts];
          const { rows } = await db.query({ text: 'select $1::text[] as a', values });
          expect(rows).toEqual([{ a: texts }]);
        }),
        { numRuns: 100, examples: [[[]], [['', 'null', 'a"b\\c,{d}']]] },
      );
    });

    it('brings back a null in a list', async () => {
      expect(
        await selectRow(open, "array['a', null, 'b'] as a, $1::text[] as b", [[null, 'x']]),
      ).toEqual({
        a: ['a', null, 'b'],
        b: [null, 'x'],
      });
    });

    it('runs a named statement many times with other values', async () => {
      const db = await open();
      const statement = { text: 'select $1::integer * 2 as twice', name: 'twice' };
      for (let n = 0; n < 5; n++) {
        const { rows } = await db.query({ ...statement, values: [n] });
        expect(rows).toEqual([{ twice: n * 2 }]);
      }
    });

    it('counts the rows it gave or touched', async () => {
      const db = await open();
      await db.exec('create table t (n integer)');
      const count = async (text: string) => (await db.query({ text })).count;
      expect(await count('insert into t select * from generate_series(1, 5)')).toBe(5);
      expect(await count('update t set n = n + 1 where n > 2')).toBe(3);
      expect(await count('update t set n = n where n = 1 returning n')).toBe(1);
      expect(await count('update t set n = n where n = 99 returning n')).toBe(0);
      expect(await count('select * from t')).toBe(5);
      expect(await count('select * from t where n = 99')).toBe(0);
      expect(await count('delete from t')).toBe(5);
    });

    it('runs a text of several statements, all or none', async () => {
      const db = await open();
      await db.exec(
        'create table t (n integer); insert into t values (1); insert into t values (2);',
      );
      await expect(db.exec('insert into t values (3); select 1/0;')).rejects.toThrow(
        'division by zero',
      );
      expect((await db.query({ text: 'select n from t order by n' })).rows).toEqual([
        { n: 1 },
        { n: 2 },
      ]);
    });
  });
}
