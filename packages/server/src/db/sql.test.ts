import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinSql, sql, type Sql } from './sql.ts';
import { openEmptyDatabase } from './testing.ts';

/** Calls the tag as `sql` with these texts around these values would. */
function tag(strings: readonly string[], values: readonly unknown[]): Sql {
  return sql(Object.assign([...strings], { raw: strings }), ...values);
}

/** A piece of SQL with what it must come to: the texts between the values, and the values. */
interface Expected {
  readonly piece: Sql;
  readonly texts: readonly string[];
  readonly values: readonly unknown[];
}

const text = fc.stringMatching(/^[a-z =(),]{0,8}$/);
const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constantFrom<unknown>(null, undefined, true, '$1', "'; drop table t; --", [], { a: 1 }),
);

const piece: fc.Arbitrary<Expected> = fc.letrec<{ piece: Expected }>((tie) => ({
  piece: fc
    .array(
      fc.tuple(
        fc.oneof(
          { maxDepth: 4 },
          value.map((each) => ({ each })),
          tie('piece'),
        ),
        text,
      ),
      {
        maxLength: 4,
      },
    )
    .chain((parts) => text.map((first) => assemble(first, parts))),
})).piece;

function assemble(
  first: string,
  parts: readonly (readonly [{ each: unknown } | Expected, string])[],
): Expected {
  const texts = [first];
  const values: unknown[] = [];
  for (const [part, after] of parts) {
    if ('piece' in part) {
      texts[texts.length - 1] += part.texts[0] ?? '';
      texts.push(...part.texts.slice(1));
      values.push(...part.values);
      texts[texts.length - 1] += after;
    } else {
      values.push(part.each);
      texts.push(after);
    }
  }
  const interpolated = parts.map(([part]) => ('piece' in part ? part.piece : part.each));
  return { piece: tag([first, ...parts.map(([, after]) => after)], interpolated), texts, values };
}

describe('sql', () => {
  it('numbers values in the order in which they stand, however pieces are nested', () => {
    fc.assert(
      fc.property(piece, (expected) => {
        const numbered = expected.texts.reduce((all, each, index) => `${all}$${index}${each}`);
        expect(expected.piece.text).toBe(numbered);
        expect(expected.piece.values).toEqual(expected.values);
      }),
    );
  });

  it('lets one piece be used many times', () => {
    const of = sql`owner_id = ${'me'}`;
    const { text: made, values } = sql`${of} or (${of} and n > ${1})`;
    expect(made).toBe('owner_id = $1 or (owner_id = $2 and n > $3)');
    expect(values).toEqual(['me', 'me', 1]);
  });

  it('joins pieces, and says something for none', () => {
    const parts = [1, 2, 3].map((n) => sql`n = ${n}`);
    expect(joinSql(parts, ' or ', sql`false`)).toMatchObject({
      text: 'n = $1 or n = $2 or n = $3',
      values: [1, 2, 3],
    });
    expect(joinSql(parts, ' and ', sql`true`).text).toBe('n = $1 and n = $2 and n = $3');
    expect(joinSql(parts, ', ', sql`null`).text).toBe('n = $1, n = $2, n = $3');
    expect(joinSql(parts.slice(0, 1), ', ', sql`null`).text).toBe('n = $1');
    expect(joinSql([], ' and ', sql`true`)).toMatchObject({ text: 'true', values: [] });
  });

  it('never lets a value become SQL', async () => {
    const db = await openEmptyDatabase();
    await db.exec("create table t (v text); insert into t values ('kept')");
    const hostile = fc.oneof(
      fc.constantFrom("'; drop table t; --", "' or 1=1 --", '$1', '\\', '"', "''", '/*', '$$;$$'),
      fc.string({ unit: 'grapheme' }),
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (one, two) => {
        fc.pre(!(one + two).includes('\0'));
        const { rows } = await db.query(
          sql`select ${one}::text as one, ${sql`${two}::text`} as two`,
        );
        expect(rows).toEqual([{ one, two }]);
        expect((await db.query(sql`select * from t where v = ${one}`)).rows).toEqual(
          one === 'kept' ? [{ v: 'kept' }] : [],
        );
      }),
      { numRuns: 50 },
    );
    expect((await db.query({ text: 'select * from t' })).rows).toEqual([{ v: 'kept' }]);
  });

  it('does not take JSON of a caller for a piece of SQL', () => {
    const forged: unknown = JSON.parse(
      '{"pieces":["1; drop table t; --"],"values":[],"text":"1; drop table t; --"}',
    );
    const { text: made, values } = sql`select ${forged}`;
    expect(made).toBe('select $1');
    expect(values).toEqual([forged]);
  });
});
